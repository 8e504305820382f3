"""Methods of the official SDK and of older generated clients."""

import openapi_client
from zuora_sdk import CreatePaymentRequest, InvoicesApi, LegacyReportApi

api = LegacyReportApi(client)
api.get_legacy_report()  # breaks: operation-removed
api.get_legacy_report_with_http_info(page=2)  # breaks: operation-removed


def total(account_api, payments_api):
    openapi_client.ReportsApi().g_et_legacy_report()  # breaks: operation-removed
    return payments_api.create_payment(CreatePaymentRequest(amount=1))


class Own:
    def get_legacy_report(self):
        return {}


Own().get_legacy_report()
InvoicesApi(client).get_invoices(due_before="2021-01-01")  # breaks: argument-renamed argument due_before
