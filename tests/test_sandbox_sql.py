"""SQL in the sandbox: answers are computed a second time in plain Python from the tenant's records."""

import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from dynzuora import Client
from dynzuora.document import sources
from dynzuora.errors import JobFailed
from dynzuora.sandbox import zoql

TENANT = json.loads(
    Path(zoql.__file__).with_name("tenant.json").read_text("utf-8"), parse_float=Decimal, parse_int=Decimal
)
HOME = next(iter(TENANT["entities"].values()))
BUNDLED = [document.version for document in sources.bundled(sources.bundled_folder())]
ACCOUNTS, INVOICES = HOME["account"], HOME["invoice"]
NAMES = {account["id"]: account["name"] for account in ACCOUNTS}


def by(rows, name):
    groups = defaultdict(list)
    for row in rows:
        groups[row[name]].append(row)
    return groups


def total(rows, name="balance"):
    return sum(row[name] for row in rows)


@pytest.fixture(scope="module")
def client():
    return Client.sandbox("2020-12-10")


def answer(client, statement, **options):
    body = {"query": statement, "outputFormat": "JSON", "compression": "NONE", "output": {"target": "S3"}}
    return client.submit("POST_DataQueryJob", body={**body, **options}).rows().to_list()


ORDINARY = {
    "values": (
        "select x, n + 1 m from (values (1, 'a'), (2, 'b')) as t(n, x)",
        [{"x": "a", "m": 2}, {"x": "b", "m": 3}],
    ),
    "names of a with query": ("with t(a) as (select 1) select a from t", [{"a": 1}]),
    "count": ("select count(*) from account", [{"_col0": len(ACCOUNTS)}]),
    "sum": (
        "select sum(amount) as billed, sum(balance) as open from invoice",
        [{"billed": total(INVOICES, "amount"), "open": total(INVOICES)}],
    ),
    "group by": (
        "select currency, count(*) n, sum(amount) s from invoice group by currency order by 1",
        [
            {"currency": currency, "n": len(rows), "s": total(rows, "amount")}
            for currency, rows in sorted(by(INVOICES, "currency").items())
        ],
    ),
    "order by": (
        "select invoicenumber from invoice order by amount desc, invoicenumber asc",
        [
            {"invoicenumber": row["key"]}
            for row in sorted(INVOICES, key=lambda row: (-row["amount"], row["key"]))
        ],
    ),
    "in": (
        "select accountnumber from account where currency in ('EUR', 'GBP')",
        [{"accountnumber": row["key"]} for row in ACCOUNTS if row["currency"] in ("EUR", "GBP")],
    ),
    "join": (
        "select i.invoicenumber, a.name from invoice i join account a on a.id = i.accountid order by 1",
        [
            {"invoicenumber": row["key"], "name": NAMES[row["accountId"]]}
            for row in sorted(INVOICES, key=lambda row: row["key"])
        ],
    ),
    "between": (
        "select invoicenumber from invoice where invoicedate between date '2026-01-01' and date '2026-01-31'",
        [{"invoicenumber": row["key"]} for row in INVOICES if row["invoiceDate"][:7] == "2026-01"],
    ),
    "timestamp": (
        "select count(*) n from invoice where invoicedate >= timestamp '2026-02-01 00:00:00'",
        [{"n": sum(row["invoiceDate"] >= "2026-02-01" for row in INVOICES)}],
    ),
    "is not null": (
        "select name from account where parentid is not null or name is not null",
        [{"name": row["name"]} for row in ACCOUNTS],
    ),
    "like": (
        "select name from account where name like '%e_t%' or name like 'B%'",
        [
            {"name": row["name"]}
            for row in ACCOUNTS
            if row["name"].startswith("B") or any(row["name"][i : i + 3 : 2] == "et" for i in range(30))
        ],
    ),
    "limit": ("select id from account limit 2", [{"id": row["id"]} for row in ACCOUNTS[:2]]),
    "alias": ("select id as account_id from account", [{"account_id": row["id"]} for row in ACCOUNTS]),
    "distinct": (
        "select distinct currency from invoice order by currency desc",
        [{"currency": currency} for currency in sorted(by(INVOICES, "currency"), reverse=True)],
    ),
    "case": (
        "select name, case when balance > 100 then 'much' when balance > 0 then 'some' end owes from account",
        [
            {
                "name": row["name"],
                "owes": "much" if row["balance"] > 100 else "some" if row["balance"] else None,
            }
            for row in ACCOUNTS
        ],
    ),
    "union": (
        "select currency c from account union select status from account order by c",
        [{"c": word} for word in sorted({row[n] for row in ACCOUNTS for n in ("currency", "status")})],
    ),
    "subquery": (
        "select name from account where balance = (select max(balance) from account)",
        [{"name": max(ACCOUNTS, key=lambda row: row["balance"])["name"]}],
    ),
    "having": (
        "select accountid, sum(amount) s from invoice group by accountid having sum(amount) > 100 order by s",
        sorted(
            (
                {"accountid": account, "s": total(rows, "amount")}
                for account, rows in by(INVOICES, "accountId").items()
                if total(rows, "amount") > 100
            ),
            key=lambda row: row["s"],
        ),
    ),
    "with": (
        "with owed as (select accountid, sum(balance) due from invoice group by accountid) "
        "select a.name, owed.due from account a left join owed on owed.accountid = a.id order by a.name",
        [
            {"name": name, "due": total(row for row in INVOICES if row["accountId"] == id)}
            for id, name in sorted(NAMES.items(), key=lambda pair: pair[1])
        ],
    ),
    "exists": (
        "select name from account a where not exists "
        "(select 1 from invoice i where i.accountid = a.id and i.balance > 0)",
        [
            {"name": row["name"]}
            for row in ACCOUNTS
            if not any(i["accountId"] == row["id"] and i["balance"] > 0 for i in INVOICES)
        ],
    ),
    "month": (
        "select date_trunc('month', invoicedate) as month, count(distinct accountid) from invoice group by 1",
        [
            {"month": f"{month}-01", "_col1": len(by(rows, "accountId"))}
            for month, rows in by(
                [{**row, "month": row["invoiceDate"][:7]} for row in INVOICES], "month"
            ).items()
        ],
    ),
    "latest": (
        "select number from (select invoicenumber number, row_number() over "
        "(partition by accountid order by invoicedate desc, invoicenumber desc) place from invoice) "
        "where place = 1 order by number",
        sorted(
            (
                {"number": max((row["invoiceDate"], row["key"]) for row in rows)[1]}
                for rows in by(INVOICES, "accountId").values()
            ),
            key=lambda row: row["number"],
        ),
    ),
}


@pytest.mark.parametrize(("statement", "rows"), ORDINARY.values(), ids=ORDINARY)
def test_an_ordinary_statement_is_answered(client, statement, rows):
    assert answer(client, statement) == rows


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0.1 + 0.2", Decimal("0.3")),
        ("1000000.10 - 1000000", Decimal("0.1")),
        ("99999999999999999999.99 + 0.01", Decimal("1E20")),
        ("3 * 19.99", Decimal("59.97")),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 / 2.0", Decimal("3.5")),
        ("1 / 3.0", Decimal("0.333333333")),
        ("7 % 4", 3),
        ("round(2.345, 2)", Decimal("2.35")),
        ("cast('12.345' as decimal(10, 2))", Decimal("12.35")),
        ("try_cast('x' as integer)", None),
        ("cast(19.90 as varchar)", "19.90"),
        ("'a' || 'b' || upper('c')", "abC"),
        ("coalesce(null, 'x')", "x"),
        ("date '2026-01-31' + interval '1' month", "2026-02-28"),
        ("timestamp '2026-01-31 10:30:00' - interval '45' minute", "2026-01-31 09:45:00"),
        ("date_diff('day', date '2026-01-01', date '2026-02-01')", 31),
        ("date_trunc('hour', timestamp '2026-01-31 10:30:00')", "2026-01-31 10:00:00"),
        ("extract(year from date '2026-01-31')", 2026),
        ("date_format(timestamp '2026-01-31 10:30:05', '%Y/%m/%d %H:%i:%s')", "2026/01/31 10:30:05"),
        ("date '2026-01-01' = timestamp '2026-01-01 00:00:00'", True),
        ("10.10 = 10.1", True),
        ("-2 < -1.5 and 9 < 10", True),
        ("'B' like 'b'", False),
        ("'50%' like '50!%' escape '!'", True),
        ("null = null", None),
        ("1 in (1.0, 2)", True),
    ],
)
def test_an_expression_has_its_value_in_trino(client, expression, value):
    assert answer(client, f"select {expression}") == [{"_col0": value}]


REFUSED = {
    "values of two sizes": ("values (1), (1, 2)", "line 1:1: Values rows have mismatched sizes"),
    "more names than columns": (
        "select 1 from (values 1) t(a, b)",
        "Column alias list has 2 entries but relation has 1",
    ),
    "rollup": (
        "select count(*) from account group by rollup(name)",
        "the sandbox groups by expressions only",
    ),
    "grouping sets": (
        "select 1 from account group by grouping sets (())",
        "the sandbox groups by expressions only",
    ),
    "two columns of one name": (
        "select a.name, s.name from account a join subscription s on s.accountid = a.id",
        "Several columns are named 'name', and JSON keeps one of them: add an alias (AS)",
    ),
    "an unknown column": ("select nope from account", "line 1:8: Column 'nope' cannot be resolved"),
    "an unknown custom field": ("select Regoin__c from account", "Column 'Regoin__c' cannot be resolved"),
    "an unknown table": ("select id from nope", "line 1:16: Table 'nope' does not exist"),
    "a column of two tables": (
        "select id from account a join invoice i on a.id = i.accountid",
        "line 1:8: Column 'id' is ambiguous",
    ),
    "a column that is not grouped": (
        "select name, count(*) from account",
        "'name' must be an aggregate expression or appear in GROUP BY clause",
    ),
    "a date beside text": (
        "select id from invoice where invoicedate > '2026-01-01'",
        "line 1:42: Cannot apply operator: date > varchar",
    ),
    "a number beside text": (
        "select id from account where balance = '0'",
        "Cannot apply operator: decimal(22,9) = varchar",
    ),
    "an alias in WHERE": (
        "select id n from account where n = 'x'",
        "line 1:32: Column 'n' cannot be resolved",
    ),
    "an aggregate in WHERE": (
        "select id from account where sum(balance) > 1",
        "WHERE clause cannot contain aggregations",
    ),
    "an unknown function": ("select foo(name) from account", "line 1:8: Function 'foo' not registered"),
    "no statement": ("selec id from account", "line 1:1: mismatched input 'selec'"),
    "more behind the statement": ("select 1; drop table account", "line 1:11: mismatched input 'drop'"),
    "a write": ("delete from account", "line 1:1: mismatched input 'delete'"),
    "a division by zero": ("select balance / 0 from account", "Division by zero"),
    "a cast that fails": ("select cast(name as integer) from account", "Cannot cast 'Amber Orchard Ltd'"),
    "a union of unequal rows": (
        "select 1 union select 1, 2",
        "UNION query has different number of fields",
    ),
}


@pytest.mark.parametrize(("statement", "message"), REFUSED.values(), ids=REFUSED)
def test_what_data_query_refuses_fails_the_job_with_its_message(client, statement, message):
    with pytest.raises(JobFailed) as failure:
        answer(client, statement)
    assert failure.value.state == "failed"
    assert message in str(failure.value)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        pytest.param(
            "select count(*) from " + ", ".join(f"invoice i{number}" for number in range(12)),
            "maximum time limit",
            id="time",
        ),
        pytest.param(f"select {'(' * 9000}1{')' * 9000}", "nested too deeply", id="depth"),
        pytest.param("select 1" + " + 1" * 9000, "too many operators", id="a long sum"),
        pytest.param("select " + "x" * 60_000, "60,007 characters", id="length"),
        pytest.param(
            "select rpad('x', 90000, 'x') || rpad('x', 90000, 'x')",
            "180,000 characters is too long",
            id="text",
        ),
        pytest.param("select rpad('', 999999999, 'x')", "is too long", id="one large text"),
        pytest.param(f"select {'9' * 20} * {'9' * 20}", "Decimal overflow", id="a large number"),
    ],
)
def test_a_statement_cannot_exhaust_the_sandbox(client, statement, message):
    with pytest.raises(JobFailed, match=message):
        answer(client, statement)


def test_a_pattern_is_matched_in_time_that_grows_with_its_length_only(client):
    pattern = "%a" * 60 + "b"
    assert answer(client, f"select rpad('', 200, 'a') like '{pattern}' as fits") == [{"fits": False}]


@pytest.mark.parametrize("statement", ["describe account", "show columns from account"])
def test_the_columns_of_a_table_are_described(client, statement):
    types = {row["Column"]: row["Type"] for row in answer(client, statement)}
    assert {
        name: types[name] for name in ("id", "name", "balance", "autopay", "billcycleday", "createddate")
    } == {
        "id": "varchar",
        "name": "varchar",
        "balance": "decimal(22,9)",
        "autopay": "boolean",
        "billcycleday": "bigint",
        "createddate": "timestamp with time zone",
    }


def test_the_tables_are_shown(client):
    tables = [row["Table"] for row in answer(client, "SHOW TABLES")]
    assert {"account", "invoice", "orders", "subscription"} <= set(tables)
    assert tables == sorted(tables)


def test_csv_has_every_column_of_a_join(client):
    rows = client.submit(
        "POST_DataQueryJob",
        body={
            "query": "select a.id, i.id from account a join invoice i on i.accountid = a.id limit 1",
            "outputFormat": "CSV",
            "compression": "NONE",
            "output": {"target": "S3"},
        },
    )
    path = rows.wait().reply["data"]["dataFile"]
    content = client.request("GET", path.partition("/sandbox/")[1] + path.partition("/sandbox/")[2])
    assert content.splitlines()[0] == "id,id"


@pytest.mark.parametrize("version", BUNDLED)
def test_sql_is_answered_in_every_bundled_version(version):
    rows = answer(Client.sandbox(version), "select sum(balance) s from account where currency = 'USD'")
    assert rows == [{"s": total(row for row in ACCOUNTS if row["currency"] == "USD")}]
