"""The first answer in a script: from nothing to one operation ready to be sent."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.subjects import Kind, Process, Setting, Subject, Target

REQUESTS = "import requests"
WARM = "dynzuora: client, one GET prepared, warm"
FIRST = "dynzuora: the same, first start from an installed wheel"
OWN_FIRST = "dynzuora: the same on an own JSON document, nothing prepared"
OWN_WARM = "dynzuora: the same on an own JSON document, warm"
YAML_FIRST = "dynzuora: the same on an own YAML document, nothing prepared"
YAML_WARM = "dynzuora: the same on an own YAML document, warm"


def prepared(source: str = "None", then: str = "client.prepare('GET_SequenceSets')") -> str:
    """Return the code of a client that prepares something."""
    client = f"client = dynzuora.Client({source}, 'http://127.0.0.1:9', token='fake-t0ken')"
    return f"import dynzuora; {client}; {then}"


def subjects(setting: Setting) -> Sequence[Subject]:
    own, own_yaml = repr(str(setting.old)), repr(str(setting.old_yaml))
    order = "client.prepare('POST_Order', body={'orderDate': '2026-01-31', 'subscriptions': [{}]})"
    whole = f"import json; document = json.load(open({own}, 'rb'))"
    return (
        Process("bare Python", "fast", "pass"),
        Process(REQUESTS, "fast", "import requests"),
        Process("import urllib3", "libraries", "import urllib3"),
        Process("import httpx", "libraries", "import httpx"),
        Process("import dynzuora", "fast", "import dynzuora"),
        Process(WARM, "fast", prepared()),
        Process(FIRST, "fast", prepared(), fresh=True),
        Process(OWN_FIRST, "fast", prepared(own), fresh=True),
        Process(OWN_WARM, "fast", prepared(own)),
        Process(YAML_FIRST, "fast", prepared(own_yaml), fresh=True),
        Process(YAML_WARM, "fast", prepared(own_yaml)),
        Process("dynzuora: one POST_Order prepared and checked, [fast]", "fast", prepared(then=order)),
        Process("dynzuora: one POST_Order prepared and checked", "plain", prepared(then=order)),
        Process("requests and the whole document read as JSON", "libraries", f"import requests; {whole}"),
        Process(
            "boto3 with its ec2 client",
            "libraries",
            "import boto3; boto3.client('ec2', region_name='us-east-1',"
            " aws_access_key_id='fake', aws_secret_access_key='fake')",
        ),
        Process(
            "zuora-sdk: client, one method",
            "zuora-sdk",
            "from zuora_sdk.zuora_client import ZuoraClient, ZuoraEnvironment\n"
            "client = ZuoraClient('fake-id', 'fake-secret', ZuoraEnvironment.SBX)\n"
            "client.sequence_sets_api().get_sequence_sets",
        ),
    )


KIND = Kind(
    "Start",
    "Whole processes, from the start of Python to its end.",
    subjects,
    (
        Target("`import dynzuora`, client, one operation prepared, warm", WARM, 1.15, (REQUESTS,)),
        Target("the same, peak memory", WARM, 1.25, (REQUESTS,), "peak"),
        Target("the same, first ever start from an installed wheel", FIRST, 1.3, (REQUESTS,)),
        Target("first start on a user's JSON document, nothing prepared", OWN_FIRST, 4, (REQUESTS,)),
        Target("loading a YAML document a second time", YAML_WARM, 1.2, (OWN_WARM,)),
    ),
)
