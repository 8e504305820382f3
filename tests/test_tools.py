"""The tools that people use for tables take the rows of a client as they are, and keep the cents."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import polars
import pytest

from dynzuora import Client
from tests.pages import blocks, text

ACCOUNT = {"account_key": "A00000001"}


@pytest.fixture
def client():
    return Client.sandbox()


@pytest.fixture
def total(client):
    """What the invoices of the account come to."""
    return sum(row["amount"] for row in client.items("GET_TransactionInvoice", **ACCOUNT))


def test_duckdb_and_polars_sum_a_table_to_the_cent(client, total):
    table = client.items("GET_TransactionInvoice", **ACCOUNT).to_arrow()
    connection = duckdb.connect()
    connection.register("invoices", table)
    assert connection.sql("select sum(amount) from invoices").fetchall() == [(total,)]
    assert polars.from_arrow(table)["amount"].sum() == total


@pytest.mark.slow
def test_dlt_loads_the_rows_as_the_page_shows(tmp_path: Path, total):
    pytest.importorskip("dlt")
    [code] = [block for block in blocks(text("docs/tools.md"), "python skip") if "import dlt" in block]
    settings = {
        "DLT_DATA_DIR": str(tmp_path / "dlt"),
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "ERROR",
    }
    begin = f"""
import os
os.environ.update({settings!r})
from dynzuora import Client
client = Client.sandbox()
"""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", begin + code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    loaded = duckdb.connect(str(tmp_path / "zuora.duckdb")).sql("select sum(amount) from billing.invoices")
    assert loaded.fetchall() == [(total,)]
    assert isinstance(total, Decimal)
