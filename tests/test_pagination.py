"""Lists in pages: every row once, in order; nothing lost, no loop, no foreign host."""

from __future__ import annotations

import itertools
import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from dynzuora.errors import InvalidRequest, PagingError, RequestWarning, ServerError
from dynzuora.http import Request
from dynzuora.lists import merged, query_strings, walking
from dynzuora.lists.following import STEPS
from dynzuora.paging import LISTS
from tests.lists import row, tenant
from tests.servers import Answer

QUERY = {"body": {"queryString": "select id, amount from Thing"}}
EVERY = {
    "GET_Parts": {"key": "a/b"},
    "GET_Sets": {},
    "GET_Events": {},
    "GET_Flows": {},
    "GET_Records": {},
    "GET_Objects": {},
    "GET_Whole": {},
    "GET_Array": {},
    "Action_POSTquery": QUERY,
}
every_list = pytest.mark.parametrize("name", EVERY)


def asked(server):
    """The query of each request that arrived, decoded."""
    return [dict(parse_qsl(urlsplit(each.path).query)) for each in server.seen]


# Every row


@every_list
@pytest.mark.parametrize("count", [0, 1, 20, 39, 40, 41, 80, 95])
def test_every_row_comes_once_and_in_order(name, count):
    with tenant(count) as (client, _):
        assert client.items(name, **EVERY[name]).to_list() == [row(index) for index in range(count)]


@every_list
def test_pages_are_the_replies_themselves(name):
    with tenant(95) as (client, server):
        pages = client.pages(name, **EVERY[name]).to_list()
        assert len(pages) == len(server.seen)
        assert [each.meta.status for each in pages] == [200] * len(pages)


def test_nothing_is_sent_before_the_first_row_is_asked_for_and_no_page_too_early():
    with tenant(95) as (client, server):
        items = client.items("GET_Parts", key="a")
        assert server.seen == []
        list(itertools.islice(items, 40))
        assert len(server.seen) == 1
        next(items)
        assert len(server.seen) == 2


def test_arguments_are_checked_before_anything_is_sent():
    with tenant(5) as (client, server):
        with pytest.raises(InvalidRequest, match="stauts"):
            client.items("GET_Parts", key="a", stauts="open")
        assert server.seen == []


def test_an_operation_without_rows_says_what_to_use():
    with tenant(5) as (client, _), pytest.raises(InvalidRequest, match=r"GET_One: .* client\.call"):
        client.items("GET_One")


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("GET_Parts", {"pageSize": "40"}),
        ("GET_Events", {"limit": "100"}),
        ("GET_Records", {"pageSize": "1000"}),
        ("GET_Flows", {}),
    ],
)
def test_the_largest_page_size_is_asked_for(name, sent):
    with tenant(1) as (client, server):
        client.items(name, **EVERY[name]).to_list()
        assert asked(server)[0] == sent


def test_a_page_size_of_the_caller_s_own_is_kept_on_every_page():
    with tenant(95) as (client, server):
        assert len(client.items("GET_Parts", key="a", page_size=30).to_list()) == 95
        assert [each["pageSize"] for each in asked(server)] == ["30"] * 4


def test_an_empty_list_is_one_page():
    with tenant(0) as (client, _):
        assert client.pages("GET_Parts", key="a").to_list() == [{"success": True, "parts": []}]


def test_rows_that_are_left_out_are_none():
    with tenant(0, lambda reply, _: {"success": True}) as (client, _):
        assert client.items("GET_Parts", key="a").to_list() == []


# Following links


def test_a_link_s_query_is_merged_into_the_first_query_at_the_same_address():
    def only_the_page(reply, seen):
        if "nextPage" in reply:
            reply["nextPage"] = f"/other/prefix?page={len(reply['parts']) // 40 + 1}&pageSize=7"

    with tenant(60, only_the_page) as (client, server):
        client.items("GET_Parts", key="a/b", status="a b&c").to_list()
        assert {urlsplit(each.path).path for each in server.seen} == {"/v1/things/a%2Fb/parts"}
        first = {"status": "a b&c", "pageSize": "40"}
        assert asked(server) == [first, {**first, "page": "2"}]


@pytest.mark.parametrize(
    ("url", "query", "expected"),
    [
        ("/a?x=1&y=2", "y=3&z=4", "/a?x=1&y=3&z=4"),
        ("/a", "page=2", "/a?page=2"),
        ("/a?x=1", "", "/a?x=1"),
        ("/a?ids=1&ids=2", "ids=3", "/a?ids=3"),
        ("/a?page%2DSize=1", "page-Size=2", "/a?page-Size=2"),
        ("/a", "sort=%2Bname&q=a b\r\nX: y#z", "/a?sort=%2Bname&q=a%20b%0D%0AX:%20y%23z"),
    ],
)
def test_queries_are_merged_by_name(url, query, expected):
    assert query_strings.merge_query(url, query) == expected


@pytest.mark.parametrize(
    "link",
    ["https://evil.invalid/v1/things/a/parts?page=2", "//evil.invalid?page=2", "http://127.0.0.1:9/x?page=2"],
)
def test_a_link_to_another_host_is_an_error_and_nothing_is_sent_there(link):
    with tenant(95, lambda reply, _: {**reply, "nextPage": link}) as (client, server):
        items = client.items("GET_Parts", key="a")
        with pytest.raises(PagingError, match="another host"):
            items.to_list()
        assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("https://[/?page=2", "not a valid URL"),
        ("/v1/things", "has no query"),
        (7, "not a link"),
        ("?pageSize=40", "leads back"),
    ],
    ids=str,
)
def test_a_link_that_leads_nowhere_is_an_error(link, told):
    with (
        tenant(95, lambda reply, _: {**reply, "nextPage": link}) as (client, _),
        pytest.raises(PagingError, match=told),
    ):
        client.items("GET_Parts", key="a").to_list()


def test_links_that_lead_in_a_circle_are_an_error():
    def circle(reply, seen):
        page = int(dict(parse_qsl(urlsplit(seen.path).query)).get("page", 1))
        return {**reply, "nextPage": f"?page={page % 2 + 1}"}

    with tenant(95, circle) as (client, _):
        items = client.items("GET_Parts", key="a")
        taken = []
        with pytest.raises(PagingError, match="earlier page"):
            taken.extend(items)
        assert len(client.items("GET_Parts", key="a", limit=80).to_list()) == 80


@pytest.mark.parametrize("count", [40, 1000])
def test_a_page_of_rows_that_were_read_before_is_an_error_though_its_link_is_new(count):
    links = (f"?page={number}" for number in itertools.count(2))

    def again(reply, seen):
        return {"success": True, "parts": [row(index) for index in range(count)], "nextPage": next(links)}

    with tenant(95, again) as (client, _):
        items = client.items("GET_Parts", key="a")
        with pytest.raises(PagingError, match="has the same rows as an earlier page"):
            items.to_list()


def test_pages_of_rows_that_cannot_be_told_apart_are_no_repetition():
    with tenant([{"currency": "USD"}] * 95) as (client, _):
        assert len(client.items("GET_Parts", key="a").to_list()) == 95
        assert len(client.items("Action_POSTquery", **QUERY).to_list()) == 95


def test_a_server_that_heeds_no_page_number_is_not_asked_for_ever(monkeypatch):
    monkeypatch.setattr(walking, "MOST_EQUAL_PAGES", 5)
    with tenant(95, lambda reply, _: {"sets": [{"currency": "USD"}] * 20}) as (client, server):
        with pytest.raises(PagingError, match="6 pages in a row have the same rows"):
            client.items("GET_Sets").to_list()
        assert len(server.seen) == 6


def test_empty_pages_that_promise_more_are_passed_over_but_not_for_ever(monkeypatch):
    monkeypatch.setattr(walking, "MOST_EMPTY_PAGES", 5)
    links = (f"?page={number}" for number in itertools.count(2))
    with tenant(0, lambda reply, _: {**reply, "nextPage": next(links)}) as (client, server):
        with pytest.raises(PagingError, match="6 pages in a row were empty"):
            client.items("GET_Parts", key="a").to_list()
        assert len(server.seen) == 6


def test_a_write_is_not_repeated_for_its_next_page():
    with tenant(95) as (client, server):
        assert len(client.items("PUT_Flows", body={"data": "x"}).to_list()) == 20
        assert len(server.seen) == 1


# Numbered pages


def test_numbered_pages_end_at_a_short_page_without_asking_again():
    with tenant(95) as (client, server):
        client.items("GET_Sets").to_list()
        assert [each.get("page", "1") for each in asked(server)] == ["1", "2", "3"]


def test_a_size_that_the_server_caps_without_a_word_loses_no_row():
    with tenant(95, cap=20) as (client, _):
        assert len(client.items("GET_Sets").to_list()) == 95
        assert len(client.items("GET_Sets", pageSize=40, page=2).to_list()) == 75


def test_a_server_that_forgets_the_page_number_is_an_error():
    same = {"sets": [row(index) for index in range(40)]}
    with tenant(95, lambda *_: same) as (client, _), pytest.raises(PagingError, match="earlier page"):
        client.items("GET_Sets").to_list()


def test_numbered_pages_may_begin_anywhere():
    with tenant(95) as (client, _):
        assert client.items("GET_Sets", page=3).to_list() == [row(index) for index in range(80, 95)]


# Cursors and locators


def test_a_short_page_is_not_the_end_where_the_reply_counts_more_rows():
    with tenant(95, cap=30) as (client, server):
        assert len(client.items("GET_Records").to_list()) == 95
        assert [each.get("cursor") for each in asked(server)] == [None, "r29", "r59", "r89"]


def test_a_numbered_list_goes_on_while_the_reply_counts_more_rows():
    def counting(reply, _):
        return {**reply, "total": 95}

    with tenant(95, counting, cap=30) as (client, _):
        assert len(client.items("GET_Sets").to_list()) == 95


def test_a_query_that_is_not_done_says_so_as_text_too():
    def as_text(reply, _):
        return {**reply, "done": str(reply["done"]).lower()}

    with tenant(95, as_text) as (client, _):
        assert len(client.items("Action_POSTquery", **QUERY).to_list()) == 95


def test_has_more_and_a_cursor_in_the_reply_are_believed_before_the_last_id():
    told = iter([([row(1)], "x y", True), ([row(2)], "z", False)])

    def telling(*_):
        rows, cursor, more = next(told)
        return {"records": rows, "cursor": cursor, "hasMore": more}

    with tenant(95, telling) as (client, server):
        client.pages("GET_Records").to_list()
        assert [each.get("cursor") for each in asked(server)] == [None, "x y"]


@pytest.mark.parametrize(
    ("name", "reply", "told"),
    [
        ("GET_Records", {"records": [{"name": "a"}], "count": 9}, "has no id"),
        ("GET_Records", {"records": [row(1)], "hasMore": True}, "more rows but has no"),
        ("GET_Objects", {"data": [row(1)], "hasMore": True}, "more rows but has no"),
        ("Action_POSTquery", {"records": [row(1)], "done": False}, "no queryLocator"),
        ("GET_Parts", {"parts": {"id": 1}}, "is not a list"),
    ],
)
def test_a_reply_that_does_not_say_where_to_go_on_is_an_error(name, reply, told):
    with tenant(95, lambda *_: reply) as (client, _), pytest.raises(PagingError, match=told):
        client.items(name, **EVERY[name]).to_list()


def test_a_query_goes_on_with_its_locator():
    with tenant(95) as (client, server):
        assert len(client.items("Action_POSTquery", **QUERY).to_list()) == 95
        assert [(each.path, json.loads(each.body)) for each in server.seen] == [
            ("/v1/action/query", QUERY["body"]),
            ("/v1/action/queryMore", {"queryLocator": "q40"}),
            ("/v1/action/queryMore", {"queryLocator": "q80"}),
        ]


def test_an_idempotency_key_is_for_the_first_request_only():
    with tenant(95) as (client, server):
        client.items("Action_POSTquery", **QUERY, idempotency_key="k").to_list()
        client.items("GET_Parts", key="a", params={"Idempotency-Key": "k"}).to_list()
        keys = [seen.headers.get("Idempotency-Key") for seen in server.seen]
    assert keys == ["k", None, None] * 2


def test_map_reads_every_page_of_each_call_in_order_of_the_calls():
    with tenant(95) as (client, server):
        calls = [{"key": "a"}, {"key": "b", "limit": 50}, {"key": "c", "nope": 1}]
        results = list(client.map("GET_Parts", calls, workers=2, pages=True))
        rows = [row(index) for index in range(95)]
        assert [result.reply for result in results] == [rows, rows[:50], None]
        assert [type(result.error) for result in results] == [type(None), type(None), InvalidRequest]
        assert len(server.seen) == 5


def test_map_of_pages_refuses_a_journal_and_what_has_no_rows(tmp_path):
    with tenant(95) as (client, server):
        with pytest.raises(ValueError, match="map takes pages=True or journal=, not both"):
            client.map("GET_Parts", [{"key": "a"}], pages=True, journal=tmp_path / "j")
        with pytest.raises(InvalidRequest, match="GET_One: does not return a list"):
            client.map("GET_One", [{}], pages=True)
        assert (server.seen, list(tmp_path.iterdir())) == ([], [])


def test_a_map_of_pages_that_is_stopped_requests_no_further_page():
    def stop(reply, seen):
        if "page=2" in seen.path:
            results._workers.stop()

    with tenant(95, stop) as (client, server):
        results = client.map("GET_Parts", [{"key": "a"}, {"key": "b"}], workers=1, pages=True)
        assert (list(results), len(server.seen)) == ([], 2)


def test_a_query_can_be_taken_up_by_its_locator():
    with tenant(95) as (client, _):
        items = client.items("Action_POSTqueryMore", body={"queryLocator": "q80"})
        assert items.to_list() == [row(index) for index in range(80, 95)]


def test_a_list_that_ends_full_and_cannot_go_on_warns():
    with tenant(95, cap=100) as (client, _):
        assert len(client.items("GET_Jobs").to_list()) == 95
    with tenant(300, cap=100) as (client, _), pytest.warns(RequestWarning, match="at most 100 rows"):
        client.items("GET_Jobs").to_list()


# Options


def test_limit_is_the_most_rows_and_no_more_is_asked_for_than_that():
    with tenant(95) as (client, server):
        assert client.items("GET_Parts", key="a", limit=5).to_list() == [row(index) for index in range(5)]
        assert client.items("GET_Parts", key="a", limit=45).to_list() == [row(index) for index in range(45)]
        assert [each["pageSize"] for each in asked(server)] == ["5", "40", "40"]


@pytest.mark.parametrize("limit", [0, 3])
def test_the_limit_of_pages_counts_pages(limit):
    with tenant(400) as (client, server):
        assert len(client.pages("GET_Parts", key="a", limit=limit).to_list()) == limit
        assert [each["pageSize"] for each in asked(server)] == ["40"] * limit


@pytest.mark.parametrize("limit", [-1, "5", 2.0, True])
def test_a_limit_that_cannot_be_counted_to_is_refused(limit):
    with tenant(5) as (client, _), pytest.raises(InvalidRequest, match="must be a non-negative integer"):
        client.items("GET_Parts", key="a", limit=limit)


def test_an_option_that_is_a_parameter_too_must_be_settled():
    with tenant(95) as (client, server):
        with pytest.raises(TypeError, match="limit is a call option and a parameter of GET_Events"):
            client.items("GET_Events", limit=5)
        assert len(client.items("GET_Events", params={"limit": 10}).to_list()) == 95
        assert len(client.items("GET_Events", params={"limit": 10}, limit=15).to_list()) == 15
        assert asked(server)[0] == {"limit": "10"}


def test_call_options_hold_for_every_page():
    with tenant(95) as (client, server):
        client.items("GET_Parts", key="a", track_id="t-1", entity="e").to_list()
        sent = [(each.headers["Zuora-Track-Id"], each.headers["Zuora-Entity-Ids"]) for each in server.seen]
        assert sent == [("t-1", "e")] * 3


def test_a_dry_run_gives_the_first_request_alone():
    with tenant(95) as (client, server):
        assert len(client.pages("GET_Jobs", dry_run=True).to_list()) == 1
        [request] = client.items("GET_Parts", key="a", dry_run=True)
        assert (isinstance(request, Request), request.url.partition("?")[2], server.seen) == (
            True,
            "pageSize=40",
            [],
        )


def test_first_is_looked_at_and_not_taken():
    with tenant(95) as (client, server):
        items = client.items("GET_Parts", key="a")
        assert (items.first(), items.first(), len(items.to_list()), items.first()) == (
            row(0),
            row(0),
            95,
            None,
        )
        assert len(server.seen) == 3


def test_a_run_is_taken_once():
    with tenant(5) as (client, _):
        items = client.items("GET_Whole")
        assert (len(items.to_list()), items.to_list(), list(items)) == (5, [], [])


def test_a_run_shows_where_it_is():
    with tenant(95) as (client, _):
        items = client.items("GET_Parts", key="a")
        states = [repr(items), (next(items), repr(items))[1], (items.to_list(), repr(items))[1]]
    assert states == [
        "<Items of GET_Parts: 0 rows, nothing read yet>",
        "<Items of GET_Parts: 40 rows, more to read>",
        "<Items of GET_Parts: 95 rows, all read>",
    ]


# Interrupted and resumed


@every_list
@pytest.mark.parametrize("taken", [0, 1, 39, 40, 41, 94])
def test_another_run_goes_on_at_the_same_row(name, taken):
    with tenant(95) as (client, _):
        items = client.items(name, **EVERY[name])
        list(itertools.islice(items, taken))
        rest = client.items(name, **EVERY[name], resume=items.resume_token).to_list()
    assert rest == [row(index) for index in range(taken, 95)]


def test_pages_go_on_at_the_next_page():
    with tenant(95) as (client, _):
        pages = client.pages("GET_Parts", key="a")
        next(pages)
        assert len(client.pages("GET_Parts", key="a", resume=pages.resume_token).to_list()) == 2


def test_at_the_end_there_is_no_token():
    with tenant(95) as (client, _):
        items = client.items("GET_Parts", key="a")
        list(itertools.islice(items, 95))
        assert items.resume_token is None


def test_a_limited_run_can_be_gone_on_with():
    with tenant(95) as (client, _):
        items = client.items("GET_Parts", key="a", limit=5)
        items.to_list()
        assert client.items("GET_Parts", key="a", resume=items.resume_token).first() == row(5)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"key": "b"}, "other arguments"),
        ({"key": "a", "status": "x"}, "other arguments"),
        ({"key": "a", "entity": "e2"}, "another entity"),
    ],
    ids=["key", "filter", "entity"],
)
def test_a_token_belongs_to_its_arguments(arguments, told):
    with tenant(95) as (client, _):
        token = client.items("GET_Parts", key="a").resume_token
        with pytest.raises(InvalidRequest, match=told):
            client.items("GET_Parts", **arguments, resume=token)


@pytest.mark.parametrize("token", ["nonsense", "", "é", "W10"], ids=str)
def test_what_is_no_token_is_refused(token):
    with tenant(95) as (client, _):
        if not token:
            assert client.items("GET_Parts", key="a", resume=token).first() == row(0)
            return
        with pytest.raises(InvalidRequest, match="is not a resume token"):
            client.items("GET_Parts", key="a", resume=token)


def test_a_token_of_another_operation_is_refused():
    with tenant(95) as (client, _), pytest.raises(InvalidRequest, match="belongs to GET_Sets"):
        client.items("GET_Parts", key="a", resume=client.items("GET_Sets").resume_token)


def failing_at(number, answer=Answer(500, {"message": "broken"})):  # noqa: B008  # immutable
    """Spoil the reply to the ``number``-th request."""
    count = itertools.count(1)
    return lambda reply, _: answer if next(count) == number else reply


def test_a_failed_run_keeps_what_it_has_and_goes_on():
    with tenant(95, failing_at(3)) as (client, server):
        items = client.items("GET_Parts", key="a")
        with pytest.raises(ServerError) as caught:
            items.to_list()
        assert items.to_list() == [row(index) for index in range(95)]
        assert len(server.seen) == 4
    [note] = caught.value.__notes__
    assert "80 rows were read before this" in note


def test_a_failed_run_tells_how_another_goes_on():
    with tenant(95, failing_at(2)) as (client, _):
        with pytest.raises(ServerError) as caught:
            client.items("GET_Parts", key="a").to_list()
        token = caught.value.__notes__[0].partition("resume='")[2].partition("'")[0]
        assert client.items("GET_Parts", key="a", resume=token).first() == row(40)


def interrupted(*_, **options):
    raise KeyboardInterrupt


def test_an_interrupt_is_like_a_failure():
    with tenant(95) as (client, _):
        items = client.items("GET_Parts", key="a")
        next(items)
        exchange, client._connection.exchange = client._connection.exchange, interrupted
        with pytest.raises(KeyboardInterrupt) as caught:
            items.to_list()
        client._connection.exchange = exchange
        assert (len(items.to_list()), "40 rows were read" in caught.value.__notes__[0]) == (94, True)


def test_rows_before_a_broken_link_are_given_first():
    with tenant(95, lambda reply, _: {**reply, "nextPage": "https://evil.invalid/?page=2"}) as (client, _):
        items = client.items("GET_Parts", key="a")
        rows = list(itertools.islice(items, 40))
        assert rows == [row(index) for index in range(40)]
        token = items.resume_token
        with pytest.raises(PagingError):
            next(items)
        with pytest.raises(PagingError):
            client.items("GET_Parts", key="a", resume=token).first()


# Progress


def test_progress_counts_rows_of_those_wanted(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "dynzuora.display.progress.Meter.advance", lambda self, by, **more: seen.append((by, more))
    )
    with tenant(95) as (client, _):
        client.items("Action_POSTquery", **QUERY).to_list()
    assert seen == [(rows, {"total": 95, "note": f"page {n}"}) for n, rows in enumerate((40, 40, 15), 1)]


# The shell's view


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GET_Parts", {"success": True, "parts": [row(index) for index in range(95)]}),
        ("GET_Flows", {"data": [row(index) for index in range(95)], "pagination": {"page": 1}}),
        ("Action_POSTquery", {"records": [row(index) for index in range(95)], "size": 95, "done": True}),
        ("GET_Array", [row(index) for index in range(95)]),
    ],
)
def test_merged_pages_look_like_one(name, expected):
    with tenant(95) as (client, _):
        assert merged(client.pages(name, **EVERY[name])) == expected


def test_only_lists_of_one_page_have_no_step_to_the_next() -> None:
    assert LISTS - STEPS.keys() == {"unpaged-list", "capped"}
