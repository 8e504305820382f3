"""client.ops.X, client["X"], by tag."""

import dynzuora as dz

zuora = dz.Client.sandbox()
zuora.ops.POST_ObjectDefinition(body={"label": "Truck"})  # breaks: operation-renamed
zuora["GET_Payments"](accountId="1")
zuora["PUT_Account"](account_key="A-1", body={"notes": "-"})  # breaks: argument-required argument effectiveDate
zuora.ops.by_tag.invoices.GET_Invoice(invoiceId="I-1")  # breaks: argument-renamed argument invoiceId
getattr(zuora.ops, "GET_LegacyReport")()  # breaks: operation-removed
zuora.ops.by_tag.payments.GET_Payments(pageSize=1)
