"""Every name in every document that sounds like a secret is one, or is listed here with the reason it is not.

A new document with a new secret fails here until somebody decides.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dynzuora import _zuora
from dynzuora._names import canonical
from dynzuora._redaction import is_secret_field, is_secret_header

SOUNDS_SECRET = re.compile(
    r"secret|passw|passphrase|passcode|token|key|card|iban|cvv|cvc|accountnum|account-num|hmac|signature|"
    r"credential|certificate|session|authorization$|cookie",
    re.IGNORECASE,
)

HARMLESS = {
    "names an object by its id or number": """
        account-key accountKey accountKeys adjustment-key amendment-key associatedObjectKey billRunKey
        blockKey bulk-key bulkKey catalog-group-key charge-key commitmentKey creditMemoKey creditMemoKeys
        debitMemoKey debitMemoKeys destinationAccountKey fileKey invoice-item-adj-key invoiceKey invoiceKeys
        invoiceOwnerAccountKey object-key orderKey payment-key paymentKey paymentRunKey paymentScheduleKey
        product-charge-definition-key product-key product-rate-plan-charge-key product-rateplan-definition-key
        product_rate_plan_key refund-key refundKey scheduleKey segregationKey segregationKeys subscription-key
        subscriptionKey summaryStatementKey hpmCreditCardPaymentMethodId mergedRateCards negotiatedRateCards
        rateCards uniqueKey uniqueToken
    """,
    "is the key of a pair, or a public one": "Key key publicKey",
    "makes a repeat safe, and is useless without a token": "Idempotency-Key",
    "is the number of an account at Zuora or in a ledger": """
        AccountNumber accountNumber destinationAccountNumber destinationInvoiceAccountNumber
        drawdownAdjustmentRevenueGlAccountNumber drawdownRecognizedRevenueGlAccountNumber
        existingAccountNumber glAccountNumber invoiceOwnerAccountNumber ownerAccountNumber
        subscriptionOwnerAccountNumber
    """,
    "is masked by the server": """
        AchAccountNumberMask BankTransferAccountNumberMask CreditCardMaskNumber bankAccountMaskNumber
        cardMaskNumber
    """,
    "says what kind of card it is, or whose": """
        CreditCardAddress1 CreditCardAddress2 CreditCardCity CreditCardCountry CreditCardExpirationMonth
        CreditCardExpirationYear CreditCardHolderName CreditCardPostalCode CreditCardState CreditCardType
        appleCardType cardBinInfo cardBrand cardClass cardHolderInfo cardHolderName cardIssuingBank
        cardIssuingCountry cardProductType cardType googleCardType processMastercard
    """,
    "holds members that are judged by their own names": "creditCard creditCards tokens",
    "is a setting, a verdict or a kind": """
        CVVResponseCode cardinality changePassword clientCertificateType digitalSignatureBoxEnable
        digitalSignatureBoxPosX digitalSignatureBoxPosY digitalSignatureEnable exemptCertificateType
        hmacAlgorithm hmacData hmacOutputFormat signatureType taxExemptCertificateType token_type tokenize
        use_certificate
    """,
    "is the number of a tax certificate": "exemptCertificate exemptCertificateId taxExemptCertificateID",
    "names a browser's visit or a run": "deviceSessionId sessionIds",
    "is the name of a bank account": "bankAccountName",
}

FULL = sorted(Path(os.environ.get("DYNZUORA_FULL_SPECS") or "/nowhere").glob("*.*"))
BUNDLED = sorted((Path(__file__).parents[1] / "specs").glob("*.json"))


def read(path: Path) -> Any:
    if path.suffix == ".json":
        return json.loads(path.read_bytes())
    return yaml.load(path.read_bytes(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def names(node: Any, keyword: str = "") -> Iterator[str]:
    """Every name of a property, a parameter and a header in a document."""
    if isinstance(node, list):
        for item in node:
            yield from names(item)
    elif isinstance(node, dict):
        if keyword in ("properties", "headers"):
            yield from node
        elif isinstance(node.get("in"), str) and isinstance(node.get("name"), str):
            yield node["name"]
        for name, item in node.items():
            yield from names(item, "" if keyword in ("properties", "headers") else name)


@pytest.mark.parametrize(
    "path",
    [*BUNDLED, *(pytest.param(path, marks=pytest.mark.slow) for path in FULL)],
    ids=lambda path: f"{path.parent.name}/{path.stem}",
)
def test_a_name_that_sounds_secret_is_masked_or_has_a_reason_not_to_be(path: Path) -> None:
    harmless = {canonical(name) for listed in HARMLESS.values() for name in listed.split()}
    sounding = {name for name in names(read(path)) if SOUNDS_SECRET.search(name)}
    assert len(sounding) > 50
    undecided = {name for name in sounding if not is_secret_header(name) and canonical(name) not in harmless}
    assert undecided == set()


def test_no_name_is_secret_and_harmless() -> None:
    listed = [name for names in HARMLESS.values() for name in names.split()]
    assert [name for name in listed if is_secret_field(name)] == []


@pytest.mark.parametrize(
    "name",
    [
        *("IBAN", "iBAN", "googlePaymentToken", "amazonPayToken", "paymentToken", "hmacSecret", "secretKey"),
        *("apiKey", "BankTransferAccountNumber", "AchAccountNumber", "cardSecurityCode", "client_secret"),
        *("secondTokenId", "PaypalPreapprovalKey", "clientCertificatePassword", "appleGatewayToken"),
        *("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "X-Goog-Signature", "sig"),
        *("AWSAccessKeyId", "refresh_token", "IBAN__c", "payoutIban__NS", "cvv", "db-passwd", "privateKey"),
    ],
)
def test_a_secret_is_told_by_its_name(name: str) -> None:
    assert is_secret_field(name)


@pytest.mark.parametrize(
    "name",
    [
        *("X-Api-Key", "X-Auth-Token", "Ocp-Apim-Subscription-Key", "Proxy-Authorization", "Set-Cookie"),
        *_zuora.ACCESS_KEY_HEADERS,
    ],
)
def test_headers_that_other_gateways_want_are_secret_too(name: str) -> None:
    assert is_secret_header(name)


@pytest.mark.parametrize("name", ["Idempotency-Key", "ETag", "Content-Type", "Zuora-Track-Id", "Accept"])
def test_a_header_that_opens_nothing_is_shown(name: str) -> None:
    assert not is_secret_header(name)
