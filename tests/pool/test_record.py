"""A snapshot survives being saved; a damaged or foreign file is named, never judged."""

import json
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.pool.record import dump, load
from forge_doctor.pool.snapshot import (
    Bouncer,
    BouncerPool,
    DatabaseCounters,
    Looks,
    PreparedTransaction,
    Refusal,
    Setting,
)
from forge_doctor.probes.processes.workers import ListenSocket
from tests.support.snapshots import server, session, snapshot, worker

EVERYTHING = snapshot(
    session(1, blocked_by=(2, 0), tags={"route": "/orders"}, xact_age_s=1.5),
    session(2, hidden=True, state=None, client_addr=None, client_port=None),
    server=server(
        role_limits={"shop": 4},
        settings=(Setting(name="lock_timeout", value="0", unit="ms", source="pg_settings"),),
        counters=DatabaseCounters(deadlocks=2, sessions=9, reset_age_s=4.0),
        prepared=(PreparedTransaction(gid="g", owner="o", database="d", age_s=7.0),),
    ),
    processes=(worker(7, session(1), listen=(ListenSocket(address="::", port=8000, backlog=2048),), container="api"),),
    blind_spots=("pid 9 cannot be read",),
    refusal=Refusal(sqlstate="53300", message="sorry"),
    bouncer=Bouncer(
        pools=(
            BouncerPool(
                database="shop",
                user="shop",
                clients_active=1,
                clients_waiting=0,
                servers_active=1,
                servers_idle=0,
                max_wait_s=0.5,
            ),
        )
    ),
    looks=Looks(window_s=2.0, opened=3, persisting=(1,)),
)


def test_what_is_saved_is_read_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "shop.json"
    path.write_text(dump((EVERYTHING,)), encoding="utf-8")
    assert load(path) == (EVERYTHING,)


def damaged(change: str) -> str:
    document = json.loads(dump((EVERYTHING,)))
    snapshots = document["snapshots"]
    {
        "unknown field": lambda: snapshots[0].update(colour="red"),
        "lacks target": lambda: snapshots[0].pop("target"),
        "must be a number": lambda: snapshots[0]["sessions"][0].update(state_age_s="old"),
        "must be a list": lambda: snapshots[0].update(sessions={}),
        "must be int": lambda: snapshots[0]["sessions"][0].update(pid=True),
        "taken_at must be a moment": lambda: snapshots[0].update(taken_at="99999-01-01T00:00:00+00:00"),
        "clock must be a moment": lambda: snapshots[0]["server"].update(clock="2026-01-01T00:00:00"),
        "text without a NUL": lambda: snapshots[0].update(target="a\0b"),
        "one of": lambda: snapshots[0]["processes"][0].update(role="boss"),
        "holds no snapshot": snapshots.clear,
        "format 'other/1'": lambda: document.update(format="other/1"),
    }[change]()
    return json.dumps(document)


@pytest.mark.parametrize(
    "change",
    [
        "unknown field",
        "lacks target",
        "must be a number",
        "must be a list",
        "must be int",
        "taken_at must be a moment",
        "clock must be a moment",
        "text without a NUL",
        "one of",
        "holds no snapshot",
        "format 'other/1'",
    ],
)
def test_a_damaged_file_says_what_is_wrong_with_it(tmp_path: Path, change: str) -> None:
    path = tmp_path / "shop.json"
    path.write_text(damaged(change), encoding="utf-8")
    with pytest.raises(CannotInspect, match=change) as caught:
        load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not json", b"[1]", b"\xff\xfe", b"{"])
def test_a_foreign_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "shop.json"
    path.write_bytes(content)
    with pytest.raises(CannotInspect, match="is no snapshot"):
        load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CannotInspect, match="No such file"):
        load(tmp_path / "nothing.json")
