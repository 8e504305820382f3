"""The short form of ``python -m tests.long_sandbox``: one operation of each kind, few cases, one seed."""

from __future__ import annotations

import pytest

from tests import long_sandbox

OPERATIONS = [
    *(
        "GET_AllOrders",
        "GET_Account",
        "POST_Account",
        "PUT_Account",
        "Object_DELETEAccount",
        "Action_POSTcreate",
    ),
    *("POST_EventTrigger", "POST_UploadFileForInvoice", "POST_DataQueryJob", "GET_PaymentRuns", "POST_Usage"),
]


@pytest.mark.slow
@pytest.mark.skipif(long_sandbox.program() is None, reason="schemathesis is not installed")
@pytest.mark.parametrize("stand_ins", [False, True], ids=["keys made up", "keys of examples"])
def test_schemathesis_finds_nothing(stand_ins: bool) -> None:
    found = long_sandbox.run(10, 1, OPERATIONS, stand_ins=stand_ins)
    assert (len(found.cases), found.failures) == (len(OPERATIONS), ())
