"""The statement beside a complaint in PostgreSQL's own log: told without values, and no fault of the application's where
forge-doctor sent it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from forge_doctor.sql.own import marked
from tests.support.log_reading import groups

COMPLAINTS = {
    "42501": "permission denied for table orders",
    "57014": "canceling statement due to statement timeout",
    "XX000": "something that is in no catalogue",
}
AT = "2026-11-29 01:45:02.012 UTC"


def stderr_log(state: str, statement: str) -> str:
    complaint = f"{AT} [10546] ERROR:  {COMPLAINTS[state]}\n"
    return complaint + f"{AT} [10546] STATEMENT:  " + statement.replace("\n", "\n\t") + "\n"


def json_log(state: str, statement: str) -> str:
    entry = {"timestamp": AT, "pid": 10546, "error_severity": "ERROR", "state_code": state}
    return json.dumps({**entry, "message": COMPLAINTS[state], "statement": statement}) + "\n"


def csv_log(state: str, statement: str) -> str:
    before = f'{AT},"app","shop",10546,"127.0.0.1:43896",692a5b1e.2932,3,"SELECT",{AT},5/23,0,ERROR,{state}'
    return f'{before},"{COMPLAINTS[state]}",,,,,,"{statement}",,,"shop","client backend",,0\n'


@pytest.mark.parametrize("state", COMPLAINTS)
@pytest.mark.parametrize("log", [stderr_log, json_log, csv_log])
@pytest.mark.parametrize(
    "statement",
    ["SELECT total FROM orders WHERE mail = 'ada@example.org'", "SELECT total FROM orders\nWHERE mail = 'ada'"],
)
def test_the_statement_is_told_without_its_values_unless_it_is_our_own(
    state: str, log: Callable[[str, str], str], statement: str
) -> None:
    (group,) = groups(log(state, statement))
    assert all("total FROM orders" in told for told in group.statements)
    assert bool(group.statements) is (state != "XX000")
    assert "ada" not in str(group.statements) + group.example
    assert groups(log(state, marked(statement))) == []
