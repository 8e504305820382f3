"""The first answer in a script: from nothing to one operation ready to be sent."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Process, Setting, Subject, Target

REQUESTS = "import requests"
WARM = "dynzuora: client, one GET prepared, warm"
LOADED = "dynzuora: the same and requests loaded"
FIRST = "dynzuora: the same, first start from an installed wheel"
OWN_FIRST = "dynzuora: the same on an own JSON document, nothing prepared"
NEW_FIRST = "dynzuora: the same on the newer one as JSON, nothing prepared"
OWN_WARM = "dynzuora: the same on an own JSON document, warm"
YAML_FIRST = "dynzuora: the same on an own YAML document, nothing prepared"
YAML_WARM = "dynzuora: the same on an own YAML document, warm"
SDK = "zuora-sdk: client, one method"
SLICE = "requests and one pre-cut slice, the limit"
BOTO = "boto3: client of ec2, 830 operations of its own format"
OPENAPI_CORE = "openapi-core, document not checked"
AIOPENAPI3 = "aiopenapi3"
PRANCE = "prance.ResolvingParser"


def prepared(source: str = "None", then: str = "client.prepare('GET_SequenceSets')") -> str:
    """Return the code of a client that prepares something."""
    client = f"client = dynzuora.Client({source}, 'http://127.0.0.1:9', token='fake-t0ken')"
    return f"import dynzuora; {client}; {then}"


def subjects(setting: Setting) -> Sequence[Subject]:
    slice_ = repr(str(setting.bodies["POST_Order"]))
    own, own_yaml, newer = (repr(str(each)) for each in (setting.old, setting.old_yaml, setting.new_json))
    order = "client.prepare('POST_Order', body={'orderDate': '2026-01-31', 'subscriptions': [{}]})"
    return (
        Process("bare Python", "fast", "pass"),
        Process(REQUESTS, "fast", "import requests"),
        Process("import requests, in an environment of its own", "requests", "import requests"),
        Process("import urllib3", "urllib3", "import urllib3"),
        Process("import httpx", "httpx", "import httpx"),
        Process(
            SLICE,
            "requests",
            f"import json, requests; json.load(open({slice_}))",
        ),
        Process("import dynzuora", "fast", "import dynzuora"),
        Process(WARM, "fast", prepared()),
        Process(LOADED, "fast", prepared() + "; import requests"),
        Process(FIRST, "fast", prepared(), fresh=True),
        Process(OWN_FIRST, "fast", prepared(own), fresh=True),
        Process(OWN_WARM, "fast", prepared(own)),
        Process(NEW_FIRST, "fast", prepared(newer), fresh=True),
        Process(YAML_FIRST, "fast", prepared(own_yaml), fresh=True),
        Process(YAML_WARM, "fast", prepared(own_yaml)),
        Process("dynzuora: one POST_Order prepared and checked, [fast]", "fast", prepared(then=order)),
        Process("dynzuora: one POST_Order prepared and checked", "plain", prepared(then=order)),
        Process(
            "requests and the whole document read as JSON",
            "requests",
            f"import json, requests; document = json.load(open({own}, 'rb'))",
        ),
        Process(
            BOTO,
            "boto3",
            "import boto3; boto3.client('ec2', region_name='us-east-1',"
            " aws_access_key_id='fake', aws_secret_access_key='fake')",
        ),
        Process(
            SDK,
            "zuora-sdk",
            "from zuora_sdk import Configuration\n"
            "from zuora_sdk.zuora_client import ZuoraClient\n"
            "client = ZuoraClient('fake-id', 'fake-secret', None, Configuration('http://127.0.0.1:9'))\n"
            "client.sequence_sets_api().get_sequence_sets",
        ),
        Process(
            OPENAPI_CORE,
            "openapi-core",
            "import json\nfrom openapi_core import Config, OpenAPI\n"
            f"OpenAPI.from_dict(json.load(open({own}, 'rb')), config=Config(spec_validator_cls=None))",
        ),
        Process(
            AIOPENAPI3,
            "aiopenapi3",
            "import httpx2\nfrom aiopenapi3 import OpenAPI\n"
            f"api = OpenAPI.loads('http://127.0.0.1:9/', open({own}).read(), session_factory=httpx2.Client)\n"
            "api._.GET_SequenceSets",
        ),
        *_peers("", str(setting.old)),
        *_peers(", tidied for it", str(setting.tidied)),
    )


def _peers(which: str, path: str) -> Sequence[Subject]:
    """Return what reads documents itself, as published or with what it refuses taken out."""
    document = f"json.load(open({path!r}, 'rb'))"
    openapi = f"import json, openapi_core; openapi_core.OpenAPI.from_dict({document})"
    return (
        Process(f"openapi-core{which}", "openapi-core", openapi),
        Process(f"{PRANCE}{which}", "prance", f"import prance; prance.ResolvingParser({path!r})"),
        Process(f"prance.BaseParser{which}", "prance", f"import prance; prance.BaseParser({path!r})"),
    )


KIND = Kind(
    "Start",
    "Whole processes, from the start of Python to its end. dynzuora loads requests at the first call,"
    " so it is measured with requests loaded, too.",
    subjects,
    (
        Target("`import dynzuora`, client, one operation prepared, warm", WARM, 1.15, (REQUESTS,)),
        Target("the same, peak memory", WARM, 1.25, (REQUESTS,), "peak"),
        Target("the same, requests loaded, too", LOADED, 1.15, (REQUESTS,)),
        Target("the same, requests loaded, too: peak memory", LOADED, 1.25, (REQUESTS,), "peak"),
        Target(
            "client and one operation, first ever start from an installed wheel",
            FIRST,
            1.3,
            (REQUESTS,),
        ),
        Target("first start on a user's JSON document, nothing prepared", OWN_FIRST, 4, (REQUESTS,)),
        Target("first start on the newer document as JSON, nothing prepared", NEW_FIRST, 4, (REQUESTS,)),
        Target("loading a YAML document a second time", YAML_WARM, 1.2, (OWN_WARM,)),
    ),
)
