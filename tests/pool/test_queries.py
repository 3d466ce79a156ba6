"""The SQL files: every one is chosen for some supported version, and none can change anything."""

import re
from importlib import resources

import pytest

from forge_doctor.pool import queries
from forge_doctor.probes.postgres import backends

NAMES = ("server", "sessions", "locks", "progress", "counters", "settings", "prepared", "replication")
FILES = {
    entry.name: entry.read_text(encoding="utf-8")
    for folder in (queries, backends)
    for entry in (resources.files(folder) if folder is queries else resources.files(folder) / "queries").iterdir()
    if entry.name.endswith(".sql")
}


def test_every_file_is_reachable_from_some_version() -> None:
    chosen = {queries.load_query(name, major) for name in NAMES for major in range(queries.OLDEST_MAJOR, 19)}
    assert chosen == set(FILES.values())


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_statement_only_reads(name: str) -> None:
    assert re.match(r"\s*(SELECT|WITH)\b", FILES[name])
    assert ";" not in FILES[name]
    assert not re.search(r"\b(INSERT|UPDATE|DELETE|CREATE|DROP|ALTER|LOCK|NOTIFY|COPY|CALL|DO)\b", FILES[name])


@pytest.mark.parametrize("name", ["sessions", "counters"])
def test_13_is_not_asked_for_what_14_brought(name: str) -> None:
    old = queries.load_query(name, 13)
    assert "waitstart" not in old
    assert not re.search(r"(?<!AS )\bsessions(_abandoned)?\b", old)
    assert queries.load_query(name, 14) != old
