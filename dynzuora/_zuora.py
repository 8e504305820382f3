"""Facts about Zuora that no OpenAPI document states: tables, and nothing but tables.

Everything else in the package is OpenAPI, JSON and HTTP. A new environment, header
or custom-field suffix is a row here, under the page that it is from; a table without one
is what the API reference of 2020-12-10 shows in its schemas and examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Environment(NamedTuple):
    """An environment of Zuora. ``production`` guards writes and shows in every repr."""

    key: str
    name: str
    url: str
    production: bool


ENVIRONMENTS = (
    Environment("PROD", "US Cloud 2 production", "https://rest.zuora.com", True),
    Environment("PROD_NA", "US Cloud 1 production", "https://rest.na.zuora.com", True),
    Environment("PROD_EU", "EU production", "https://rest.eu.zuora.com", True),
    Environment("PROD_AP", "APAC production", "https://rest.ap.zuora.com", True),
    Environment("SBX", "US Cloud 2 API sandbox", "https://rest.apisandbox.zuora.com", False),
    Environment("SBX_NA", "US Cloud 1 API sandbox", "https://rest.sandbox.na.zuora.com", False),
    Environment("SBX_EU", "EU API sandbox", "https://rest.sandbox.eu.zuora.com", False),
    Environment("CSBX", "US developer and central sandbox", "https://rest.test.zuora.com", False),
    Environment("CSBX_EU", "EU central sandbox", "https://rest.test.eu.zuora.com", False),
    Environment("CSBX_AP", "APAC central sandbox", "https://rest.test.ap.zuora.com", False),
    Environment("PT1", "US performance test", "https://rest.pt1.zuora.com", False),
)
"""https://docs.zuora.com/basics/environments/zuora-data-centers"""

OPTION_HEADERS = {
    "entity": "Zuora-Entity-Ids",
    "orgs": "Zuora-Org-Ids",
    "track_id": "Zuora-Track-Id",
    "zuora_version": "Zuora-Version",
    "idempotency_key": "Idempotency-Key",
}
"""Options that are a header of every operation, declared or not.

https://developer.zuora.com/v1-api-reference/api/operation/Object_POSTUsage/ has all but the
version: https://developer.zuora.com/v1-api-reference/api-versions
"""

SHARED_HEADERS = (
    *OPTION_HEADERS.values(),
    "X-Zuora-WSDL-Version",
    "Accept-Encoding",
    "Content-Encoding",
)
"""Headers that every operation takes as arguments and no signature lists.

``zuora-version`` (a number) and ``Zuora-Version`` (a date) are one header with two vocabularies.
"""

CUSTOM_FIELD_SUFFIXES = ("__c", "__NS", "__z")
"""Suffixes of fields of a tenant, of a NetSuite connector and of the system: never unknown."""

CUSTOM_FIELD_CONTAINERS = ("CustomFields", "DataAccessControlField")
"""Parts of the names of components that hold such fields."""

OBJECT_NAMES: Mapping[str, str] = {
    "OrdersRatePlan": "RatePlan",
    "OrderActionRatePlanRatePlan": "RatePlan",
    "OrderActionRatePlanRatePlanCharge": "RatePlanCharge",
}
"""What those components call an object → its name, where they differ."""

DESCRIBE = "GET /v1/describe/{object}"
"""The route that describes an object of the tenant."""

FIELD_SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer"},
    "timestamp": {"type": "string", "format": "date-time"},
}
"""Type of a field as its description says it → schema of its values in JSON; the others are text.

https://developer.zuora.com/v1-api-reference/api/operation/GET_Describe/
"""

SQL_SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "bigint": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "decimal": {"type": "number"},
    "double": {"type": "number"},
    "integer": {"type": "integer"},
    "real": {"type": "number"},
    "smallint": {"type": "integer"},
    "timestamp": {"type": "string", "format": "date-time"},
    "varchar": {"type": "string"},
}
"""Type of a column as DESCRIBE says it in a data query, without its length → schema of its values in JSON.

https://trino.io/docs/351/language/types.html
"""

MOVES_MONEY = (
    *("collect", "collectPayment", "invoiceCollect", "processPayment", "processPayments", "autoPay"),
    *(
        "invoice",
        "runBilling",
        "generateInvoice",
        "autoPost",
        "autoEmail",
        "applyCredit",
        "applyCreditBalance",
    ),
    *("autoApplyCreditMemo", "autoApplyToInvoiceUponPosting", "autoApplyUnappliedPayment"),
    *("autoApplyUponPosting", "consolidatedPayment", "processPaymentWithClosedPM"),
)
"""Switches of bodies that collect, bill, apply or send when they are on. A template has them off."""

SECRET_NUMBERS = ("cardNumber", "achAccountNumber", "bankAccountNumber", "bankTransferAccountNumber", "iban")
"""Numbers of cards and bank accounts; like all tables of secrets here, endings of names in any spelling.

A tenant returns their last four characters.
"""

SECRET_CODES = ("securityCode", "cvv", "cvc", "password", "passphrase")
"""Codes that authenticate a payer or a caller. A tenant never returns them."""

SECRET_KEYS = (
    *("accessKey", "accessKeyId", "apiKey", "encryptionKey", "hmacKey", "hmacValue", "preapprovalKey"),
    *("privateKey", "secret", "secretKey", "signature", "signingKey", "token", "tokenId", "credential"),
)
"""Tokens, keys and signatures, with which anyone can call, or charge, as their owner."""

SECRET_WORDS = ("password", "passwd", "secret")
"""Words that make a name secret wherever it contains them."""

SECRET_NAMES = ("certificate", "clientCertificate", "googleAccessId", "sessionId", "sig")
"""Names that are secret only as a whole: ``sig`` signs for Azure, ``sessionId`` logs in to Salesforce."""

BANK_ACCOUNT = "accountNumber"
BANK_ACCOUNT_NEIGHBOURS = (
    "accountMaskNumber",
    "bankCode",
    "branchCode",
    "businessIdentificationCode",
    "iban",
)
"""Beside one of these ``accountNumber`` is a bank account's; elsewhere it names an account of Zuora."""

NOT_SECRET = (
    *("changePassword",),  # whether a directory can change passwords
    *("continuationToken", "nextPageToken", "nextToken", "pageToken", "resumeToken"),  # positions in a list
    *("uniqueToken",),  # the caller's own name for a charge within one order
)
"""Names that end like a secret but are not."""

LONGEST_ANSWER = 120.0
"""Seconds after which Zuora gives up on a request itself."""

EMPTY_JSON_METHODS = frozenset({"POST", "PUT"})
"""Sent with ``{}`` when there is no body: several of Zuora's operations answer 415 without it."""

ACCESS_KEY_HEADERS = ("apiAccessKeyId", "apiSecretAccessKey")
ACCESS_KEY_VARIABLES = ("ZUORA_ACCESS_KEY_ID", "ZUORA_SECRET_ACCESS_KEY")
"""The older login: a key and its secret on every request."""

TOKEN_OPERATION = "createToken"
TOKEN_PATH = "/oauth/token"
"""OAuth client credentials; the one operation that must carry no other credential."""


class Category(NamedTuple):
    """What the last two digits of an eight-digit error code mean, and what to do."""

    error: str
    meaning: str
    advice: str = ""


CATEGORIES = {
    10: Category(
        "PermissionDenied", "permission or feature missing", advice="Ask an administrator for the permission."
    ),
    11: Category("AuthError", "authentication failed", advice="Check the credentials and the environment."),
    20: Category("ValidationFailed", "bad format or value"),
    21: Category("ValidationFailed", "unknown field"),
    22: Category("ValidationFailed", "required field missing"),
    23: Category("ValidationFailed", "required query parameter missing"),
    27: Category("ValidationFailed", "invalid query parameter"),
    30: Category("RuleViolation", "business rule"),
    40: Category("NotFound", "not found", advice="Check the id or number, and the entity."),
    45: Category("MethodNotAllowed", "method not supported"),
    50: Category("LockContention", "lock contention", "Nothing was changed; send it again."),
    60: Category("ServerError", "internal error", advice="Look whether it was done before sending it again."),
    61: Category("TemporaryError", "temporary error", "Send it again."),
    70: Category("RateLimited", "too many requests", "Wait, then send it again; use fewer threads."),
    90: Category("ValidationFailed", "malformed JSON"),
    99: Category(
        "IntegrationError",
        "an external system failed",
        advice="A card may have been charged: look before you send it again.",
    ),
}
"""Category → what it means. Codes from 500000xx to 679999xx, and 71… for custom objects, end in one.

https://developer.zuora.com/docs/guides/error-codes
"""

STATUSES = {
    400: "ValidationFailed",
    401: "AuthError",
    403: "PermissionDenied",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "ValidationFailed",
    408: "TemporaryError",
    409: "RuleViolation",
    412: "RuleViolation",
    415: "ValidationFailed",
    422: "ValidationFailed",
    423: "LockContention",
    425: "TemporaryError",
    429: "RateLimited",
    500: "ServerError",
    502: "TemporaryError",
    503: "TemporaryError",
    504: "ServerError",
}
"""HTTP status → error, unless the body says more. A 504 may have been done, so it is not temporary."""

SYMBOLIC_CODES = {
    "INVALID_VALUE": "ValidationFailed",
    "INVALID_FIELD": "ValidationFailed",
    "MISSING_REQUIRED_VALUE": "ValidationFailed",
    "INVALID_ID": "NotFound",
    "ObjectNotFound": "NotFound",
    "LOCK_COMPETITION": "LockContention",
    "REQUEST_EXCEEDED_LIMIT": "RateLimited",
    "REQUEST_EXCEEDED_RATE": "RateLimited",
    "REQUEST_REJECTED": "RateLimited",
    "SERVER_UNAVAILABLE": "TemporaryError",
    "SystemError": "ServerError",
    "UNKNOWN_ERROR": "ServerError",
    "INVALID_SESSION": "AuthError",
    "API_DISABLED": "PermissionDenied",
    "MissingRequiredField": "ValidationFailed",
    "FieldConstraintViolation": "ValidationFailed",
    "ConstraintViolated": "RuleViolation",
    "1001": "NotFound",
    "1009": "PermissionDenied",
}
"""Codes in words (CRUD, Actions, events) and the data query's small numbers → error.

https://docs.zuora.com/zuora-platform/integration/apis/soap-api/error-handling/errors
"""

CODE_WITH_CATEGORY = r"[0-8][0-9]{5}([0-9]{2})"
"""The form of a code whose last two digits are its category."""

LOGIN_CODE = r"9000[0-9]{4}"
"""The form of the login service's codes, which have no category."""

LOCK_WORDS = "lock competition"
"""CRUD and Actions name a lock only in the message of an ``INVALID_VALUE``."""

RETRYABLE_ERRORS = frozenset({"LockContention", "TemporaryError", "RateLimited"})

IDEMPOTENT_METHODS = frozenset({"POST", "PATCH"})
"""Methods that take an ``Idempotency-Key``, declared or not; Zuora refuses a PUT that carries one
which the document does not declare.

https://developer.zuora.com/docs/guides/idempotent-requests
"""

TRACK_ID_LONGEST = 64
TRACK_ID_FORBIDDEN = frozenset(":;\"'")
"""A ``Zuora-Track-Id`` is US-ASCII without these; an ISO time has colons and will not do.

https://developer.zuora.com/v1-api-reference/api/operation/POST_DecryptRSASignatures/
"""

IDEMPOTENCY_KEY_LONGEST = 255
IDEMPOTENCY_KEY_LIFE = 24 * 3600.0
"""Seconds for which Zuora keeps the result of a key.

https://developer.zuora.com/docs/guides/idempotent-requests
"""

ENTITY_SCOPE = "entity."
"""A token's scope names each entity it reaches as ``entity.<id>``."""

SUCCESS_FLAGS = ("success", "Success")

REASON_LISTS = ("reasons", "errors", "details")
REASON_CODES = ("code", "status")
REASON_MESSAGES = ("message", "title")
PROCESS_IDS = ("processid", "requestid")
"""Where a failure has its reasons, in lower case: the first that is present counts."""


class FailureShape(NamedTuple):
    """One shape of a failure: its test and its reader, both functions of `replies.failures` by name.

    ``fields`` is what the test looks for, ``least`` and ``most`` bound the status.
    """

    test: str
    reader: str
    fields: frozenset[str] = frozenset()
    least: int = 100
    most: int = 999


FAILURE_SHAPES = (
    # {success: false, processId, reasons: [{code, message}]}; {Success: false, Errors: [{Code, Message}]}
    FailureShape("flag", "envelope"),
    # [{Success: false, Errors}, {Success: true, Id}], bare or under "results"
    FailureShape("item", "items"),
    # {status: "Failed", success: true, errors: "…", result: {success: false, reasons}}
    FailureShape("job", "job", frozenset({"result", "errors"})),
    # {responses: [{response: {status: "400 Bad Request", body}}]}
    FailureShape("batch", "batch"),
    # 404 {done: true, records: {}, size: 0}: CRUD's way to report a missing object
    FailureShape("all", "not found", frozenset({"done", "size"}), 404, 404),
    # {reasons: […]} without a flag, {errors: […]} or {Errors: […]}
    FailureShape("any", "envelope", frozenset({"reasons", "errors", "Errors"}), 400),
    # {code, message, details}, {message}
    FailureShape("any", "message", frozenset({"message", "code"}), 400),
    # {error, error_description}
    FailureShape("any", "login", frozenset({"error"}), 400),
)
"""The shapes of a failure's body; the first match wins."""

NOT_ROWS = frozenset({"reasons", "error", "errors", "Errors", "warnings"})
"""Arrays that report faults beside the rows. Taken for rows, they would hide six lists of 2020-12-10."""

ENVELOPE = frozenset({"success", "processId", "requestId", "reasons", "count", "size"})
"""Members beside the rows of a list. With any other it is an object that owns an array."""

REQUEST_ID_HEADER = "Zuora-Request-Id"
TRACK_ID_HEADER = "Zuora-Track-Id"

LIMIT_HEADERS = {
    "rate": "RateLimit-Limit",
    "rate_remaining": "RateLimit-Remaining",
    "rate_reset": "RateLimit-Reset",
    "concurrency": "Concurrency-Limit-Limit",
    "concurrency_remaining": "Concurrency-Limit-Remaining",
}
"""Reply headers with limits: of calls, and of calls at the same time.

https://developer.zuora.com/docs/guides/rate-limits
"""

FIELD_CATEGORIES = frozenset({21, 22})
"""Error categories that a field of another API version causes."""

READ_ONLY_OPERATIONS = frozenset(
    {
        "createToken",
        "Action_POSTquery",
        "Action_POSTqueryMore",
        "POST_BillingPreview",
        "POST_PreviewOrder",
        "POST_PreviewOrderAsynchronously",
        "POST_PreviewSubscription",
        "PUT_PaymentScheduleUpdatePreview",
        "PreviewExistingSubscription",
        "Preview_Adjustment",
        "getProductByKey",
        "queryCommercePlansList",
        "queryCommerceProductRatePlans",
        "queryLegacyProducts",
        "queryProductRatePlanChargeWithDynamicPricing",
        "queryPurchaseOptionsbyPRPID",
        "retrieveMeterSummaryData",
    }
)
"""Operations that change nothing with a method other than GET: allowed on a read-only client, and retried.

A query that leaves a job behind is not among them: ``POST_DataQueryJob``, ``submitEventStoreQuery``.
`Client.query`, whose statements can only read, sends the former on a read-only client all the same.
"""

STATEMENT = "{statement}"


class QueryEngine(NamedTuple):
    """What answers statements: the operation that starts it, its body, and where its rows come from.

    ``poll`` and ``parameter`` are those of a job, whose reply has the statement at ``statement``; without
    them, the reply is the first page of a list.
    """

    start: str
    body: Mapping[str, Any]
    poll: str = ""
    parameter: str = ""
    statement: str = ""


QUERIES = {
    # Lines of JSON keep types, and null apart from empty text.
    "sql": QueryEngine(
        "POST_DataQueryJob",
        {"query": STATEMENT, "outputFormat": "JSON", "compression": "GZIP", "output": {"target": "S3"}},
        "GET_DataQueryJob",
        "job-id",
        "data.query",
    ),
    "zoql": QueryEngine("Action_POSTquery", {"queryString": STATEMENT}),
    # Version 1.0 is stateless, which the vendor recommends: it neither keeps nor needs a session
    # (docs.zuora.com/en/zuora-platform/data/aggregate-query-api-aqua/aqua-stateless-and-stateful-modes).
    "aqua": QueryEngine(
        "POST_BatchQueryJob",
        {
            "format": "csv",
            "version": 1,
            "name": "dynzuora",
            "useQueryLabels": True,
            "dateTimeUtc": True,
            "queries": [{"name": "rows", "query": STATEMENT, "type": "zoqlexport"}],
        },
        "GET_BatchQueryJob",
        "jobid",
        "batches.*.query",
    ),
}
"""Engine of a query → how it is asked."""

COMMA_SEPARATED = frozenset({"fields"})
"""Parameters declared as one text that take a list with commas: ``fields=Id,Name``.

Others repeat their name for each member of a list, as ``ids`` of the custom-object query does.
"""

PREFIXED = frozenset({"fields[]"})
"""Query parameters that may be preceded by an object and a dot where they are declared.

``account.fields[]=id,name&billto.fields[]=city`` names the fields of an object and of one that is
expanded, which no document can declare (developer.zuora.com/docs/guides/expand-filter-fields-sort).
"""

FILES_OPERATION = "GET_Files"
FILES_PARAMETER = "file-id"
FILES_PATH = "/v1/files/"
"""Where files are fetched by id. A link with this path is fetched from the client's own host."""

CHECKSUMS = {"POST_MassUpdater": ("file", "params", "checksum")}
"""Operation → the part that is a file, the part of JSON text, and its field for the file's MD5."""


class Batch(NamedTuple):
    """An operation on many rows: their dotted paths, the maximum per request, and their path in the reply."""

    rows: tuple[str, ...]
    most: int
    results: str = ""


BATCHES = {
    "Action_POSTcreate": Batch(("objects",), 50),
    "Action_POSTupdate": Batch(("objects",), 50),
    "Action_POSTdelete": Batch(("ids",), 50),
    "Action_POSTgenerate": Batch(("objects",), 50),
    "Action_POSTexecute": Batch(("ids",), 50),
    "Action_POSTamend": Batch(("requests",), 10, "results"),
    "Action_POSTsubscribe": Batch(("subscribes",), 50),
    "POST_SequenceSets": Batch(("sequenceSets",), 100, "sequenceSets"),
    "POST_CustomObjectRecords": Batch(("records",), 1000, "records"),
    "POST_CustomObjectRecordsBatchUpdateOrDelete": Batch(("action.ids", "action.records"), 1000),
}
"""Operation → how many rows fit into one request."""

OBJECT_QUERY_PATHS = "/object-query/"
FILTER_PARAMETER = "filter[]"
FILTER_OPERATORS = ("EQ", "NE", "LT", "GT", "LE", "GE", "SW", "IN")
EXPAND_PARAMETER = "expand[]"
OBJECT_QUERY_PAGE_SIZE = 10
"""Object Query: ``filter[]=currency.EQ:CAD``; lists of objects that are expanded end at ``pageSize``,
without a link to the rest (developer.zuora.com/docs/guides/expand-filter-fields-sort)."""
