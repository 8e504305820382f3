"""Jobs: what starts, shows and ends them is data; a strange state is never taken for success."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

import dynzuora
from dynzuora import errors, jobs
from dynzuora.calls import Options
from dynzuora.http import Request
from dynzuora.jobs import Job, Kind, judge
from dynzuora.jobs.inferring import WORDS, Outline, infer
from dynzuora.jobs.job import fitted, inferred
from dynzuora.jobs.kinds import form, values
from dynzuora.model import shape_of
from tests.job_kinds import CURRENT, KINDS


class Tenant:
    """A caller that gets the next reply for each call, then always the last; time passes by sleeping."""

    options = Options()

    def __init__(self, *replies: Any) -> None:
        self.replies = list(replies)
        self.calls: list[tuple[str, Any]] = []
        self.waits: list[float] = []
        self.saved: list[tuple[Any, Any, Any]] = []
        self.now = 0.0
        self.operations: Any = {}

    def call(self, operation: str, /, *, body: Any = None, params: Any = None) -> Any:
        self.calls.append((operation, params))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now

    def with_options(self, **options: Any) -> Tenant:
        return self

    def addressed(self, request: Request) -> Request:
        return request

    def send(self, request: Request) -> Any:
        return self.call(request.url)

    def save(self, reference: Any, to: Any, **options: Any) -> Path:
        self.saved.append((reference, to, options))
        return Path(to)

    def rows(self, references: list[Any], *, signed: bool) -> list[Any]:
        return [{"file": reference} for reference in references]

    def job(self, kind: Kind, identifier: Any = "1", **more: Any) -> Job:
        kind = kind._replace(cancel_parameter=kind.parameter)
        return Job(kind, self, (identifier,), **more)  # type: ignore[arg-type]  # what a job needs of a caller


def reply_of(kind: Kind, state: Any) -> Any:
    """A poll's reply in which the job is in ``state``."""
    reply: Any = state
    for name in reversed(kind.status[0].split(".")):
        reply = {name: reply}
    return {kind.match: "1", **reply} if kind.match else reply


QUERY = KINDS["data query"]
RUN = KINDS["bill run"]


def query(*states: str) -> Tenant:
    return Tenant(*(reply_of(QUERY, state) for state in states))


# What a state means

SPELLED = [
    (kind.name, state, meaning)
    for kind in KINDS.values()
    for meaning in ("running", "good", "bad")
    for state in getattr(kind, meaning)
    if state != "*"
]


@pytest.mark.parametrize(("name", "state", "meaning"), SPELLED)
def test_each_state_of_the_table_means_what_it_says(name: str, state: str, meaning: str) -> None:
    kind = KINDS[name]
    spellings = {
        state,
        state.upper(),
        state.replace("Canceled", "Cancelled").replace("cancelled", "canceled"),
    }
    assert {judge(kind, reply_of(kind, each)).meaning for each in spellings} == {meaning}


@pytest.mark.parametrize(("name", "state", "meaning"), SPELLED)
def test_each_job_reaches_each_end(name: str, state: str, meaning: str) -> None:
    kind = KINDS[name]
    id = "1" if kind.poll else "/1"  # a path
    if meaning == "running":
        tenant = Tenant(reply_of(kind, state))
        with pytest.raises(errors.WaitTimeout):
            tenant.job(kind, id).wait(timeout=10)
        return
    running = kind.running[0] if kind.running != ("*",) else "Whatever"
    tenant = Tenant(*[reply_of(kind, running)] * 3, reply_of(kind, state))
    job = tenant.job(kind, id)
    if meaning == "bad":
        with pytest.raises(errors.JobFailed, match=f"^{name} {id} ended as {state}") as caught:
            job.wait()
        assert (caught.value.state, caught.value.reply) == (state, reply_of(kind, state))
    else:
        assert job.wait() is job
    assert (job.status, tenant.waits) == (state, [1.0, 1.5, 2.25])


GONE = [kind.name for kind in KINDS.values() if kind.gone]
CHANGED = [kind.name for kind in KINDS.values() if kind.changed]


@pytest.mark.parametrize("name", GONE)
def test_a_deletion_ends_when_nothing_is_there_any_more(name: str) -> None:
    kind = KINDS[name]
    tenant = Tenant(reply_of(kind, "Completed"), errors.NotFound("no such object"))
    assert tenant.job(kind).wait().status == "gone"


def test_an_object_that_vanishes_from_another_job_is_an_error() -> None:
    with pytest.raises(errors.NotFound):
        Tenant(errors.NotFound("no such object")).job(RUN).wait()


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("before", [None, "old"])
def test_a_pdf_is_ready_when_its_id_is_another(name: str, before: str | None) -> None:
    kind = KINDS[name]
    tenant = Tenant(reply_of(kind, before), reply_of(kind, before), reply_of(kind, "new"))
    job = tenant.job(kind, before=before)
    assert [job.status, job.status, job.status] == ["waiting", "waiting", "ready"]


@pytest.mark.parametrize("state", ["Cancelled", "CANCELED", "canceled", "Can-celed"])
def test_both_spellings_of_cancelled_are_one(state: str) -> None:
    assert [
        judge(KINDS[name], reply_of(KINDS[name], state)).meaning for name in ("data query", "export")
    ] == [
        "bad",
        "bad",
    ]


def test_an_unknown_state_is_told_once_and_looked_at_again() -> None:
    tenant = query("submitted", "exploded", "exploded", "EXPLODED", "completed")
    with pytest.warns(errors.RequestWarning, match="unknown state, 'exploded'") as told:
        assert tenant.job(QUERY).wait().status == "completed"
    assert len(told) == 1


def test_a_reply_without_a_state_is_no_success() -> None:
    tenant = Tenant({"data": {}}, {"unexpected": 1}, reply_of(QUERY, "completed"))
    with pytest.warns(errors.RequestWarning, match="unknown state, ''"):
        assert tenant.job(QUERY).wait().status == "completed"


def test_a_state_left_from_before_the_start_is_no_end_yet() -> None:
    kind = KINDS["bill run post"]
    tenant = Tenant(*(reply_of(kind, each) for each in ("Completed", "PostInProgress", "Posted")))
    assert tenant.job(kind).wait().status == "Posted"


def test_completed_again_after_posting_is_a_failure() -> None:
    kind = KINDS["bill run post"]
    tenant = Tenant(*(reply_of(kind, each) for each in ("PostInProgress", "PostInProgress", "Completed")))
    with pytest.raises(errors.JobFailed, match="ended as Completed"):
        tenant.job(kind).wait()


@pytest.mark.parametrize("count", [3, "3"])
def test_completed_with_an_error_count_is_a_failure_with_the_rows(count: Any) -> None:
    kind = KINDS["mass updater"]
    done = {"status": "Completed", "errorCount": count, "outputURL": "/v1/files/f1"}
    job = Tenant({"status": "Processing"}, done).job(kind)
    with pytest.raises(errors.JobFailed, match="ended as Completed, but 3 rows failed") as caught:
        job.wait()
    assert (caught.value.rows, caught.value.state) == (({"file": "/v1/files/f1"},), "Completed")
    assert job.download("here") == Path("here")


@pytest.mark.parametrize("count", [0, "0", None, ""])
def test_completed_without_errors_is_good(count: Any) -> None:
    done = {"status": "Completed", "errorCount": count, "outputURL": "/v1/files/f1"}
    assert Tenant(done).job(KINDS["mass updater"]).wait().status == "Completed"


def test_a_failed_job_says_what_the_server_says() -> None:
    told = {"Status": "Failed", "StatusReason": "no such field"}
    with pytest.raises(errors.JobFailed, match=r"export 1 ended as Failed\. no such field") as caught:
        Tenant(told).job(KINDS["export"]).wait()
    assert [each.message for each in caught.value.reasons] == ["no such field"]


def test_a_reply_that_is_itself_an_error_is_the_bad_end() -> None:
    reasons = (errors.Reason("58730020", "no such account"),)
    failed = errors.JobFailed("…", state="Failed", reasons=reasons)
    with pytest.raises(errors.JobFailed, match=r"order 1 ended as Failed\. no such account") as caught:
        Tenant({"status": "Processing"}, failed).job(KINDS["order"]).wait()
    assert caught.value.reasons == reasons


# Waiting


def test_the_delay_grows_from_one_second_to_thirty() -> None:
    tenant = query(*["in_progress"] * 12, "completed")
    tenant.job(QUERY).wait()
    assert tenant.waits[:4] == [1.0, 1.5, 2.25, 3.375]
    assert tenant.waits[-2:] == [30.0, 30.0]
    assert max(tenant.waits) == 30.0


def test_a_job_that_does_not_end_in_time_says_how_to_take_it_up_again() -> None:
    tenant = query("in_progress")
    with pytest.raises(errors.WaitTimeout) as caught:
        tenant.job(QUERY).wait(timeout=20)
    assert tenant.now == 20
    assert str(caught.value) == (
        "data query 1 has not ended within 20 s: in_progress. "
        "Resume with client.submit('GET_DataQueryJob', params={'job-id': '1'})."
    )
    assert caught.value.state == "in_progress"


def test_without_a_timeout_it_waits_as_long_as_it_takes() -> None:
    tenant = query(*["in_progress"] * 500, "completed")
    tenant.job(QUERY).wait(timeout=None)
    assert tenant.now > 3600


def test_ctrl_c_leaves_the_job_running_and_says_how_to_take_it_up_again() -> None:
    tenant = Tenant(reply_of(RUN, "Processing"), KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt) as caught:
        tenant.job(RUN).wait()
    assert str(caught.value) == (
        "bill run 1 is still running. Resume with "
        "client.submit('Object_GETBillRun', params={'id': '1'}, job='bill run')."
    )
    assert {operation for operation, _ in tenant.calls} == {"Object_GETBillRun"}


def test_a_look_that_fails_for_a_while_is_repeated() -> None:
    outage = [errors.TransportError("lost"), errors.ServerError("broken", status=502)]
    tenant = Tenant(reply_of(QUERY, "accepted"), *outage, reply_of(QUERY, "completed"))
    assert tenant.job(QUERY).wait().status == "completed"


def test_a_server_that_stays_away_is_an_error_that_says_how_to_go_on() -> None:
    with pytest.raises(errors.TransportError) as caught:
        Tenant(errors.TransportError("lost")).job(QUERY).wait()
    assert caught.value.__notes__[0].startswith("Resume with client.submit('GET_DataQueryJob'")


def test_a_refused_look_is_raised_at_once() -> None:
    tenant = Tenant(errors.PermissionDenied("no", status=403))
    with pytest.raises(errors.PermissionDenied):
        tenant.job(QUERY).wait()
    assert tenant.waits == []


def test_a_job_that_ended_is_not_looked_at_again() -> None:
    tenant = query("completed")
    job = tenant.job(QUERY)
    assert [job.wait().status, job.status, job.result()] == [
        "completed",
        "completed",
        reply_of(QUERY, "completed"),
    ]
    assert len(tenant.calls) == 1


def test_a_job_shows_what_it_is_without_asking() -> None:
    tenant = query("completed")
    assert (repr(tenant.job(QUERY)), tenant.calls) == ("<Job data query 1: started>", [])


def test_a_job_shows_no_escape_of_the_server() -> None:
    job = Tenant(reply_of(QUERY, "\x1b[2Jin\u202eprogress")).job(QUERY, "\x1b]0;x\x07")
    with pytest.warns(errors.RequestWarning, match="is in an unknown state"):
        _ = job.status
    assert (repr(job), str(job)) == (
        "<Job data query \\x1b]0;x\\x07: \\x1b[2Jin\\u202eprogress>",
        "data query \\x1b]0;x\\x07",
    )


# Results


def test_the_result_is_the_value_the_table_names() -> None:
    done = {"status": "Completed", "success": True, "result": {"orderNumber": "O-1"}}
    assert Tenant(done).job(KINDS["order"]).result() == {"orderNumber": "O-1"}


def test_the_result_may_be_another_operation_s_reply() -> None:
    tenant = Tenant({"status": "Completed"}, {"numberOfPayments": 3})
    assert tenant.job(KINDS["payment run"]).result() == {"numberOfPayments": 3}
    assert tenant.calls[-1] == ("GET_PaymentRunSummary", {"paymentRunId": "1"})


def test_the_file_a_job_made_is_saved_by_its_reference(tmp_path: Path) -> None:
    tenant = Tenant({"data": {"queryStatus": "completed", "dataFile": "https://s3/x"}})
    assert tenant.job(QUERY).download(tmp_path / "a", unzip=True) == tmp_path / "a"
    assert tenant.saved == [("https://s3/x", tmp_path / "a", {"signed": True, "unzip": True})]


def test_several_files_go_into_a_folder(tmp_path: Path) -> None:
    files = {"aging": "f1", "detail": "f2", "none": None}
    tenant = Tenant({"runTrialBalanceStatus": "Completed", "fileIds": files})
    folder = tmp_path / "all"
    assert tenant.job(KINDS["trial balance"]).download(folder) == folder
    assert [(reference, to, options["prefix"]) for reference, to, options in tenant.saved] == [
        ("f1", folder, "aging-"),
        ("f2", folder, "detail-"),
    ]


def test_a_job_without_a_file_says_so() -> None:
    with pytest.raises(errors.DynzuoraError, match="bill run 1 has no file"):
        Tenant(reply_of(RUN, "Completed")).job(RUN).download("x")


def test_cancel_calls_what_stops_the_job() -> None:
    tenant = Tenant({"success": True})
    tenant.job(QUERY).cancel()
    assert tenant.calls == [("DELETE_DataQueryJob", {"job-id": "1"})]


def test_a_job_that_nothing_stops_says_so() -> None:
    with pytest.raises(errors.DynzuoraError, match="has no operation to cancel it"):
        Tenant({}).job(KINDS["export"]).cancel()


def test_several_objects_are_one_job_that_ends_with_the_last() -> None:
    kind = KINDS["invoice generation"]
    states = ["Draft", "Generating", "Draft", "Draft"]
    tenant = Tenant(*({"Status": each} for each in states))
    job = Job(kind, tenant, ("a", "b"))  # type: ignore[arg-type]
    assert [job.status, job.status] == ["Generating", "Draft"]
    assert [params["id"] for _, params in tenant.calls] == ["a", "b", "a", "b"]


# Starting


OPERATIONS = dynzuora.load("2020-12-10").operations


def submit(name: str, tenant: Tenant, *, body: Any = None, job: str = "", **params: Any) -> Any:
    tenant.operations = OPERATIONS
    return jobs.submit(tenant, OPERATIONS[name], body, params, job)  # type: ignore[arg-type]


def test_the_start_s_reply_or_argument_gives_the_id() -> None:
    assert submit("POST_DataQueryJob", Tenant({"data": {"id": "q1"}})).id == "q1"
    assert submit("PUT_JournalRun", Tenant({"success": True}), jr_number="JR-1").id == "JR-1"
    assert submit("Action_POSTgenerate", Tenant([{"Id": "a"}, {"Id": "b"}]), body={"type": "Invoice"}).id == (
        "a",
        "b",
    )


def test_an_address_is_asked_on_the_own_host_whatever_host_it_names() -> None:
    reply = {"success": True, "checkImportStatus": "https://other.example/v1/usage/7/status"}
    tenant = Tenant(reply, {"importStatus": "Completed"})
    job = submit("POST_Usage", tenant)
    assert (job.id, job.wait().status) == ("/v1/usage/7/status", "Completed")
    assert tenant.calls[-1] == ("/v1/usage/7/status", None)


@pytest.mark.parametrize(
    ("body", "name"),
    [({"Status": "Posted"}, "bill run post"), ({"Status": "Canceled"}, "bill run cancel")],
)
def test_the_body_tells_which_job_one_operation_starts(body: Any, name: str) -> None:
    assert submit("Object_PUTBillRun", Tenant({"Success": True}), body=body, id="1").kind.name == name


def test_a_pdf_remembers_the_one_before_it() -> None:
    tenant = Tenant({"latestPDFFileId": "old"}, {"success": True}, {"latestPDFFileId": "new"})
    job = submit("POST_CreditMemoPDF", tenant, creditMemoId="c1")
    assert job.status == "ready"
    assert [operation for operation, _ in tenant.calls] == [
        "GET_CreditMemo",
        "POST_CreditMemoPDF",
        "GET_CreditMemo",
    ]


@pytest.mark.parametrize("name", ["POST_Account", "GET_SequenceSets", "Object_PUTBillRun"])
def test_what_starts_no_job_is_refused_before_it_is_sent(name: str) -> None:
    tenant = Tenant({})
    with pytest.raises(errors.InvalidRequest, match="starts no job: neither"):
        submit(name, tenant, body={"Status": "Draft"}, id="1")
    assert tenant.calls == []


def test_a_reply_without_an_id_says_that_the_job_may_be_under_way() -> None:
    with pytest.raises(errors.JobFailed, match=r"its reply has no data\.id: the job may be running"):
        submit("POST_DataQueryJob", Tenant({"data": {}}))


def test_what_shows_a_job_takes_it_up_again() -> None:
    tenant = query("in_progress", "completed")
    job = submit("GET_DataQueryJob", tenant, job_id="q1")
    assert (job.id, tenant.calls) == ("q1", [])
    assert job.wait().status == "completed"


def test_what_shows_several_jobs_wants_to_know_which() -> None:
    with pytest.raises(errors.InvalidRequest, match="'bill run', 'bill run post', 'bill run cancel'"):
        submit("Object_GETBillRun", Tenant({}), id="1")
    assert submit("Object_GETBillRun", Tenant({}), id="1", job="bill run post").kind.name == "bill run post"


# A user's own file


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DYNZUORA_HOME", str(tmp_path))
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "jobs.toml"


OWN = """
[[jobs]]
name = "sleep"
start = "POST_Account"
id = "accountId"
poll = "GET_Account"
parameter = "account-key"
status = "basicInfo.status"
running = ["Draft"]
good = ["Active"]
"""


def test_a_user_s_file_adds_a_job(own_file: Path) -> None:
    own_file.write_text(OWN)
    tenant = Tenant({"accountId": "a1"}, {"basicInfo": {"status": "Active"}})
    assert submit("POST_Account", tenant).wait().status == "Active"


def test_a_user_s_job_replaces_one_of_its_name(own_file: Path) -> None:
    own_file.write_text(OWN.replace("sleep", "data query"))
    assert [kind.start for kind in jobs.kinds() if kind.name == "data query"] == [("POST_Account",)]


def test_a_faulty_file_names_everything_that_is_wrong(own_file: Path) -> None:
    own_file.write_text('[[jobs]]\nname = "x"\nstatsu = "a"\ngone = "yes"\npoll = ["a"]\n')
    with pytest.raises(errors.DynzuoraError) as caught:
        jobs.kinds()
    text = str(caught.value)
    for part in (
        str(own_file),
        "unknown key 'statsu' (did you mean status?)",
        "gone must be true or false, not 'yes'",
        "poll must be text, not ['a']",
        "needs start, the operations that start it",
        "needs id or argument or address",
    ):
        assert part in text


def test_a_file_that_is_no_toml_is_named(own_file: Path) -> None:
    own_file.write_text("jobs = [")
    with pytest.raises(errors.DynzuoraError, match=r"jobs\.toml is not valid TOML"):
        jobs.kinds()


# The data itself

UNDECLARED_PATHS = {"data.errorMessage"}
"""Paths that replies have and no document declares."""


@pytest.mark.parametrize("version", ["2020-12-10", "2021-08-20"])
@pytest.mark.parametrize("name", [name for name in KINDS if name not in CURRENT])
def test_the_table_agrees_with_the_document(name: str, version: str) -> None:
    kind = KINDS[name]
    operations = dynzuora.load(version).operations
    named = {*kind.start, kind.poll, kind.cancel, kind.result_operation} - {""}
    assert named <= set(operations)
    start = operations[kind.start[0]]
    for path in {kind.id, kind.address} - {""}:
        assert schema_at(start, path) is not None
    for operation, parameter in (
        (kind.poll, kind.parameter),
        (kind.result_operation, kind.result_parameter),
        (kind.cancel, kind.parameter),
        *((each, kind.argument) for each in kind.start),
    ):
        assert not (operation and parameter) or parameter in {
            p.name for p in operations[operation].parameters
        }
    if not kind.poll:
        return
    poll = operations[kind.poll]
    paths = {*kind.status, *kind.error, kind.failed_rows, kind.result, *kind.file}
    for path in paths - {"", *UNDECLARED_PATHS}:
        assert schema_at(poll, path) is not None, path
    for path in kind.status:
        states = {form(each) for each in schema_at(poll, path).get("enum", ())}
        told = {form(each) for each in (*kind.running, *kind.good, *kind.bad) if each != "*"}
        assert not states or told - states <= UNDECLARED.get(kind.name, set())


UNDECLARED = {
    "data query": {"aborted"},
    "order": {"pending"},
    "workflow run": {"stopping", "finished", "pending", "error", "success"},
}
"""States that servers send and the enum lacks: seen in examples, or in the start's own enum."""


def schema_at(operation: Any, path: str) -> Any:
    """The schema at a dotted path of an operation's good reply, None where there is none."""
    shape = operation.model.reply.shape
    for name in path.split("."):
        if name == "*":
            shape = shape.items or next(iter(shape.properties.values()), None)
        else:
            shape = shape.properties.get(name)
        if shape is None:
            return None
    return shape.schema


def test_no_start_belongs_to_two_jobs_unless_its_body_tells_them_apart() -> None:
    starts = [(each, json.dumps(kind.when)) for kind in KINDS.values() for each in kind.start]
    assert len(starts) == len(set(starts))


def test_no_state_means_two_things() -> None:
    for kind in KINDS.values():
        states = [form(each) for each in (*kind.running, *kind.good, *kind.bad)]
        assert len(states) == len(set(states)), kind.name


def test_the_head_of_the_file_explains_every_field() -> None:
    text = resources.files("dynzuora.jobs").joinpath("jobs.toml").read_text()
    head = text.partition("[[jobs]]")[0]
    assert [name for name in Kind._fields if name not in head] == []
    assert tomllib.loads(text)["jobs"]


# Jobs that are in no table


def outline(identifier: str, method: str, path: str, **properties: Any) -> Outline:
    return Outline(
        identifier,
        method,
        path,
        {name.replace("__", "."): shape_of(schema) for name, schema in properties.items()},
    )


STATES = {"enum": ["Queued", "Running", "Done", "Failed"]}


def test_a_start_whose_id_fits_a_get_with_a_status_is_a_job() -> None:
    start = outline("POST_Rebuild", "POST", "/v1/rebuilds", success={}, rebuildId={})
    poll = outline("GET_Rebuild", "GET", "/v1/rebuilds/{id}", status=STATES, errorMessage={})
    kind = infer(start, [poll])
    assert kind is not None
    assert (kind.id, kind.poll, kind.parameter, kind.status) == (
        "rebuildId",
        "GET_Rebuild",
        "id",
        ("status",),
    )
    states = [judge(kind, {"status": each}).meaning for each in (*STATES["enum"], "Cancelled", "Odd")]
    assert states == ["running", "running", "good", "bad", "bad", "unknown"]


@pytest.mark.parametrize(
    ("start", "poll"),
    [
        (
            outline("P", "POST", "/a", id={}),
            outline("G", "GET", "/a/{id}", status={"enum": ["Active", "Draft"]}),
        ),
        (outline("P", "POST", "/accounts", id={}), outline("G", "GET", "/accounts/{id}", status={})),
        (
            outline("P", "POST", "/jobs", id={}),
            outline("G", "GET", "/jobs/{id}/rows/{row}", status=STATES),
        ),
        (outline("P", "POST", "/jobs", aId={}, bId={}), outline("G", "GET", "/jobs/{id}", status=STATES)),
        (outline("P", "PUT", "/jobs", id={}), outline("G", "GET", "/jobs/{id}", status=STATES)),
        (outline("P", "POST", "/jobs", id={}), outline("G", "GET", "/jobs/{id}", name={})),
    ],
    ids=["no states of a job", "no collection of jobs", "another path", "two ids", "no POST", "no status"],
)
def test_what_does_not_fit_is_no_job(start: Outline, poll: Outline) -> None:
    assert infer(start, [poll]) is None


def test_the_words_of_inference_mean_one_thing_each() -> None:
    words = [word for each in WORDS.values() for word in each.split()]
    assert len(words) == len(set(words))
    assert [word for word in words if form(word) != word] == []


def test_what_is_inferred_from_the_document_agrees_with_the_table() -> None:
    found = {name: inferred(op, OPERATIONS) for name, op in OPERATIONS.items()}
    kinds = {name: kind for name, kind in found.items() if kind}
    by_start = {start: kind for kind in KINDS.values() for start in kind.start}
    assert sorted(set(kinds) - set(by_start)) == ["Object_POSTPayment", "POST_CreatePayment"]
    assert len(kinds) == 13
    for name, known in by_start.items():
        if name not in kinds:
            continue
        kind = kinds[name]
        assert (kind.id, kind.poll, kind.parameter) == (known.id, known.poll, known.parameter)
        assert kind.status[0] in known.status


NEW_JOBS = {
    "POST_CreateBillRun": "GET_BillRun",
    "POST_CustomObjectBulkJob": "GET_CustomObjectBulkJob",
    "Create_BulkPDFToZIPGeneration": "Get_BulkPDFToZIPGeneration",
    "POST_DataLabelingJob": "GET_DataLabelingJob",
}


def test_jobs_of_a_newer_document_are_found_in_it(full_spec: Callable[[str], Path]) -> None:
    operations = dynzuora.load(full_spec("2026-05-01")).operations
    found = {name: inferred(operations[name], operations) for name in NEW_JOBS}
    assert {name: kind and kind.poll for name, kind in found.items()} == NEW_JOBS


def test_a_parameter_that_a_newer_document_renamed_is_found(full_spec: Callable[[str], Path]) -> None:
    operations = dynzuora.load(full_spec("2026-05-01")).operations
    kind = fitted(KINDS["payment run"], operations["POST_PaymentRun"], operations)
    assert (kind.parameter, kind.result_parameter) == ("paymentRunKey", "paymentRunKey")


@pytest.mark.parametrize(
    ("value", "path", "found"),
    [
        ({"a": {"b": 1}}, "a.b", [1]),
        ([{"Id": 1}, {"Id": 2}], "*.Id", [1, 2]),
        ({"f": {"x": 1, "y": 2}}, "f.*", [1, 2]),
        ({"a": None}, "a.b", []),
        ({}, "a", []),
    ],
)
def test_a_dotted_path_finds_what_is_there(value: Any, path: str, found: list[Any]) -> None:
    assert values(value, path) == found
