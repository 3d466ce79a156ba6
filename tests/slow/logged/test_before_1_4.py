"""Engine logs before SQLAlchemy 1.4: parameters without a bracket, in the layouts that people choose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.engine_logs import read_text

LOGGER = "sqlalchemy.engine.base.Engine"
LAYOUTS = {
    "echo": lambda at, line, text: f"2026-11-22 08:00:{at:02},120 INFO {LOGGER} {text}",
    "bare": lambda at, line, text: text,
    "lines": lambda at, line, text: f"[2026-11-22 08:00:{at:02},120] (4711) base.py:{line} INFO - {text}",
    "JSON": lambda at, line, text: json.dumps({"time": at, "name": LOGGER, "message": text}),
}
PARENT = "SELECT halls.id AS halls_id \nFROM halls \n LIMIT %(param_1)s"
CHILD = "SELECT shelves.id AS shelves_id \nFROM shelves \nWHERE %(param_1)s = shelves.hall_id"
INSERT = "INSERT INTO marks (name) VALUES (%(name)s)"


def log(layout: str, *, hidden: bool = False) -> str:
    """Two requests of six lazy loads each, then rows sent together."""
    said: list[tuple[int, str]] = []

    def ran(statement: str, parameters: str) -> None:
        said.append((1205, statement))
        said.append((1210, "[SQL parameters hidden due to hide_parameters=True]" if hidden else parameters))

    ran("select version()", "{}")
    for _ in range(2):
        said.append((725, "BEGIN (implicit)"))
        ran(PARENT, "{'param_1': 6}")
        for number in range(6):
            ran(CHILD, f"{{'param_1': {number}}}")
        said.append((747, "ROLLBACK"))
    said.append((725, "BEGIN (implicit)"))
    ran(INSERT, "({'name': 'a'}, {'name': 'b'})")
    said.append((765, "COMMIT"))
    return "\n".join(LAYOUTS[layout](at, line, text) for at, (line, text) in enumerate(said)) + "\n"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("hidden", [False, True])
def test_statements_and_repetitions_are_counted(tmp_path: Path, layout: str, hidden: bool) -> None:
    logged = read_text(tmp_path, log(layout, hidden=hidden))
    runs = {one.text.split(" FROM ")[-1].split()[0]: one.runs for one in logged.statements if "FROM" in one.text}
    assert (runs["halls"], runs["shelves"]) == (2, 12)
    assert [(one.transactions, one.usual, one.differing) for one in logged.repetitions] == [
        (2, 6, None if hidden else True)
    ]
    assert logged.transactions == 3
    assert not logged.unread
