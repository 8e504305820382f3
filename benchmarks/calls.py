"""One call, everything included: over loopback, to a server in a process of its own.

The server's time is not counted: it is another process. Each subject sends what a program
would send that had one client and many calls to make.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Loop, Setting, Subject, Target

GET = "requests: Session.get(…).json()"
OURS_GET = "dynzuora: client.call of the same"
BODIES = ("POST_Order", "POST_Account")
PATHS = {"POST_Order": "/v1/orders", "POST_Account": "/v1/accounts"}


def post(operation: str) -> str:
    """Return the name of the plain post that is compared with a call of ``operation``."""
    return f"requests: Session.post(…).json() of the body of {operation}"


def ours(operation: str, environment: str) -> str:
    """Return the name of a call of ``operation``."""
    return f"dynzuora: client.call of {operation}{', [fast]' if environment == 'fast' else ''}"


def alone(operation: str) -> str:
    """Return the name of jsonschema's check of that body, with nothing round it."""
    return f"jsonschema alone: the body of {operation}"


def client(setting: Setting) -> str:
    """Return the code that makes a client of the server."""
    return (
        "import dynzuora\n"
        f"client = dynzuora.Client(None, {setting.url!r}, token='fake-t0ken', allow_writes=True)\n"
    )


def jsonschema_alone(operation: str) -> str:
    """Return the code of a jsonschema validator of the schema that dynzuora checks a body with."""
    return (
        "import dynzuora\n"
        "from dynzuora._schema import standard_schema\n"
        f"operation = dynzuora.operations[{operation!r}]\n"
        "part = operation.slice\n"
        "schema = standard_schema(\n"
        "    part['requestBody']['content'][operation.media_type]['schema'], part['components']['schemas'])\n"
        "client = dynzuora.Client.sandbox()\n"
        f"body = client.template({operation!r})\n"
    )


def subjects(setting: Setting) -> Sequence[Subject]:
    address = f"{setting.url}/v1/sequence-sets?pageSize=20"
    session = "import requests\nsession = requests.Session()\nsession.headers['Authorization'] = 'Bearer x'\n"
    called = "client.call('GET_SequenceSets', pageSize=20)"
    found: list[Subject] = [
        Loop(GET, "fast", f"session.get({address!r}).json()", session),
        Loop(OURS_GET, "fast", called, client(setting)),
    ]
    for operation in BODIES:
        body = f"body = client.template({operation!r})\n"
        sent = f"client.call({operation!r}, body=body)"
        address = f"{setting.url}{PATHS[operation]}"
        found += [
            Loop(
                post(operation),
                "fast",
                f"session.post({address!r}, json=body).json()",
                client(setting) + body + session,
            ),
            Loop(ours(operation, "fast"), "fast", sent, client(setting) + body),
            Loop(ours(operation, "plain"), "plain", sent, client(setting) + body),
            Loop(
                alone(operation),
                "plain",
                "validator.is_valid(body)",
                jsonschema_alone(operation)
                + "from jsonschema import Draft7Validator\nvalidator = Draft7Validator(schema)",
            ),
        ]
    sandbox = "import dynzuora\nclient = dynzuora.Client.sandbox()\n"
    return (
        *found,
        Loop("dynzuora: client.call in the sandbox, no socket", "fast", called, sandbox),
        Loop(
            "urllib3: request(…).json()",
            "libraries",
            f"pool.request('GET', {address!r}).json()",
            "import urllib3\npool = urllib3.PoolManager()",
        ),
        Loop(
            "httpx: Client.get(…).json()",
            "libraries",
            f"client.get({address!r}).json()",
            "import httpx\nclient = httpx.Client()",
        ),
    )


KIND = Kind(
    "One call",
    "Everything included, over loopback; the template of the operation as its body.",
    subjects,
    (
        Target("`client.call` of a GET, over loopback", OURS_GET, 0.7, (GET,)),
        *(
            Target(f"`client.call` of {each}, `[fast]`", ours(each, "fast"), 0.8, (post(each),))
            for each in BODIES
        ),
        *(
            Target(f"`client.call` of {each}, without", ours(each, "plain"), 1, (post(each), alone(each)))
            for each in BODIES
        ),
    ),
)
