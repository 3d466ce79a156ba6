"""What Hyperscan compiled is loaded by the next run where it fits, and compiled again where it does not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.kept_results.store import MOST_DATABASES
from forge_doctor.logs.scan import kept_database
from forge_doctor.logs.scan.kept_database import database_of, keep_in

pytest.importorskip("hyperscan")
LITERALS = (b"ERROR", b"deadlock", b"Traceback")
TEXT = b"10:00 ERROR deadlock detected\n"
FOUND = [(0, 11), (1, 20)]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    keep_in(str(tmp_path / "logs"))
    yield tmp_path / "logs"
    keep_in(None)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, ...]]:
    """What was compiled, in its order."""
    seen: list[tuple[bytes, ...]] = []
    own = kept_database._compiled

    def compile_one(literals: tuple[bytes, ...]) -> Any:
        seen.append(literals)
        return own(literals)

    monkeypatch.setattr(kept_database, "_compiled", compile_one)
    return seen


def found(database: Any) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    database.scan(TEXT, match_event_handler=lambda which, _start, end, *_: places.append((which, end)))
    return sorted(places)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.hs"))


def test_the_next_run_loads_what_the_first_one_compiled(folder: Path, compiled: list[tuple[bytes, ...]]) -> None:
    assert found(database_of(LITERALS)) == found(database_of(LITERALS)) == FOUND
    assert compiled == [LITERALS]
    assert len(kept(folder)) == 1
    assert kept(folder)[0].stat().st_mode & 0o077 == 0


def test_other_literals_are_compiled_for_themselves(folder: Path, compiled: list[tuple[bytes, ...]]) -> None:
    database_of(LITERALS)
    assert found(database_of(LITERALS[::-1])) == [(1, 20), (2, 11)]
    assert compiled == [LITERALS, LITERALS[::-1]]
    assert len(kept(folder)) == 2


@pytest.mark.parametrize(
    "spoil",
    [lambda data: b"", lambda data: data[:-9], lambda data: data[:200] + b"\xff" + data[201:], lambda data: b"\n"],
)
def test_what_somebody_spoiled_is_compiled_again(spoil: Any, folder: Path, compiled: list[tuple[bytes, ...]]) -> None:
    database_of(LITERALS)
    (place,) = kept(folder)
    whole = place.read_bytes()
    place.write_bytes(spoil(whole))
    assert found(database_of(LITERALS)) == FOUND
    assert len(compiled) == 2
    assert kept(folder)[0].read_bytes() == whole


def test_a_database_that_is_none_is_compiled_again(folder: Path, compiled: list[tuple[bytes, ...]]) -> None:
    database_of(LITERALS)
    (place,) = kept(folder)
    data = b"no database" * 20
    place.write_bytes(b"%s\n%s" % (kept_database._digest(data), data))
    assert found(database_of(LITERALS)) == FOUND
    assert len(compiled) == 2


def test_another_version_of_hyperscan_compiles_its_own(
    folder: Path, compiled: list[tuple[bytes, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    database_of(LITERALS)
    monkeypatch.setattr("hyperscan.__version__", "99.0")
    database_of(LITERALS)
    assert len(compiled) == len(kept(folder)) == 2


def test_where_nothing_can_be_kept_it_is_compiled_each_time(tmp_path: Path, compiled: list[tuple[bytes, ...]]) -> None:
    (tmp_path / "file").touch()
    keep_in(str(tmp_path / "file" / "logs"))
    try:
        assert found(database_of(LITERALS)) == found(database_of(LITERALS)) == FOUND
    finally:
        keep_in(None)
    assert len(compiled) == 2


def test_no_more_than_a_few_are_kept(folder: Path) -> None:
    for number in range(MOST_DATABASES + 3):
        database_of((b"ERROR %d" % number,))
        for age, place in enumerate(sorted(kept(folder), key=lambda one: one.stat().st_mtime_ns, reverse=True)):
            os.utime(place, ns=(10**18 - age * 10**9,) * 2)
    assert len(kept(folder)) == MOST_DATABASES
