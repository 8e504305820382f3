"""One call, everything included: over loopback, to a server in a process of its own.

The server's time is not counted: it is another process. Each subject sends what a program
would send that had one client and many calls to make.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.checks import alone, validator
from benchmarks.documents import BODIES
from benchmarks.subjects import Kind, Loop, Setting, Subject, Target

GET = "requests: Session.get(…).json()"
OURS_GET = "dynzuora: client.call of the same"
SDK_GET = "zuora-sdk: get_sequence_sets"
URLLIB3_GET = "urllib3: request(…).json()"
HTTPX_GET = "httpx: Client.get(…).json()"
BOTO_CALL = "boto3: one call of a JSON service"
AIOPENAPI3_GET = "aiopenapi3: GET_SequenceSets"
OPENAPI_CORE_GET = "openapi-core over requests: request and reply checked"
PATHS = {"POST_Order": "/v1/orders", "POST_Account": "/v1/accounts"}
_SESSION = "import requests\nsession = requests.Session()\nsession.headers['Authorization'] = 'Bearer x'\n"
_OPENAPI_CORE = """
import json, requests
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
session = requests.Session()
api = OpenAPI.from_dict(json.load(open(path, 'rb')), config=Config(spec_validator_cls=None))
def call():
    request = requests.Request('GET', url, params={'pageSize': 20})
    checked = RequestsOpenAPIRequest(request)
    api.unmarshal_request(checked).raise_for_errors()
    reply = RequestsOpenAPIResponse(session.send(session.prepare_request(request)))
    found = api.unmarshal_response(checked, reply)
    found.raise_for_errors()
    return found.data
"""


def post(operation: str) -> str:
    """Return the name of the plain post that is compared with a call of ``operation``."""
    return f"requests: Session.post(…).json() of the body of {operation}"


def ours(operation: str, environment: str) -> str:
    """Return the name of a call of ``operation``."""
    return f"dynzuora: client.call of {operation}{', [fast]' if environment == 'fast' else ''}"


def client(setting: Setting) -> str:
    """Return the code that makes a client of the server."""
    return (
        "import dynzuora\n"
        f"client = dynzuora.Client(None, {setting.url!r}, token='fake-t0ken', allow_writes=True)\n"
    )


def subjects(setting: Setting) -> Sequence[Subject]:
    called = "client.call('GET_SequenceSets', pageSize=20)"
    sandbox = "import dynzuora\nclient = dynzuora.Client.sandbox()\n"
    posts = [each for operation in BODIES for each in _posts(setting, operation)]
    plain = f"session.get({setting.url + '/v1/sequence-sets'!r}, params={{'pageSize': 20}}).json()"
    return (
        Loop(GET, "fast", plain, _SESSION),
        Loop(OURS_GET, "fast", called, client(setting)),
        *posts,
        Loop("dynzuora: client.call in the sandbox, no socket", "fast", called, sandbox),
        *_peers(setting),
    )


def _posts(setting: Setting, operation: str) -> Sequence[Subject]:
    body = f"import json\nbody = json.load(open({str(setting.bodies[operation])!r}))['body']\n"
    plain = f"session.post({setting.url + PATHS[operation]!r}, json=body).json()"
    sent = f"client.call({operation!r}, body=body)"
    return (
        Loop(post(operation), "fast", plain, body + _SESSION),
        *(Loop(ours(operation, each), each, sent, client(setting) + body) for each in ("fast", "plain")),
        validator("jsonschema", setting, operation),
    )


def _peers(setting: Setting) -> Sequence[Subject]:
    address = f"{setting.url}/v1/sequence-sets?pageSize=20"
    tidied = str(setting.tidied)
    return (
        Loop(
            URLLIB3_GET,
            "urllib3",
            f"pool.request('GET', {address!r}).json()",
            "import urllib3\npool = urllib3.PoolManager()",
        ),
        Loop(HTTPX_GET, "httpx", f"client.get({address!r}).json()", "import httpx\nclient = httpx.Client()"),
        Loop(
            BOTO_CALL,
            "boto3",
            "client.list_tables(Limit=20)",
            "import boto3\nclient = boto3.client('dynamodb', region_name='us-east-1',"
            f" endpoint_url={setting.url!r}, aws_access_key_id='fake', aws_secret_access_key='fake')",
        ),
        Loop(
            SDK_GET,
            "zuora-sdk",
            "api.get_sequence_sets(page_size=20)",
            "from zuora_sdk import Configuration\n"
            "from zuora_sdk.zuora_client import ZuoraClient\n"
            f"client = ZuoraClient('fake-id', 'fake-secret', None, Configuration({setting.url!r}))\n"
            "api = client.sequence_sets_api()",
        ),
        Loop(
            OPENAPI_CORE_GET,
            "openapi-core",
            "call()",
            f"path, url = {tidied!r}, {setting.url + '/v1/sequence-sets'!r}\n{_OPENAPI_CORE}",
        ),
        Loop(
            AIOPENAPI3_GET,
            "aiopenapi3",
            "api._.GET_SequenceSets(parameters={'pageSize': 20})",
            "import httpx2\nfrom aiopenapi3 import OpenAPI\n"
            f"api = OpenAPI.loads({setting.url!r}, open({tidied!r}).read(), session_factory=httpx2.Client)",
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
            Target(
                f"`client.call` of {each}, without",
                ours(each, "plain"),
                1,
                (post(each), alone("jsonschema", each)),
            )
            for each in BODIES
        ),
    ),
)
