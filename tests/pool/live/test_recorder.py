"""Real servers and workers, recorded: an incident nobody saw, and a server that goes away and comes back."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import pytest

from forge_doctor.cli.sessions.pool_record import keep_looking, now
from forge_doctor.pool.collect import Examination, Request
from forge_doctor.pool.recorder.moments import gaps
from forge_doctor.pool.recorder.read import Record, read_record
from forge_doctor.pool.recorder.replay import list_moments, replay_moment
from forge_doctor.pool.recorder.segments import segments
from forge_doctor.pool.recorder.write import Recorder
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.pool.topology import Told
from forge_doctor.probes.postgres.dsn import resolve_targets
from forge_doctor.report import Report
from tests.pool.live.test_lines import line_of, running
from tests.support.examination import judge, until
from tests.support.postgres import FreshDatabase, postgres18_bin, run_postgres, spawn, stop
from tests.support.recordings import text_of


@asynccontextmanager
async def recorded(folder: Path, dsn: str, *, scan: bool = True) -> AsyncIterator[Recorder]:
    """A recorder at work, with less time between looks than it has for users."""
    examination = Examination(Request(target=resolve_targets((dsn,))[0], told=Told(), scan=scan))
    recorder = Recorder(folder, "here", now, run="a")
    looking = asyncio.ensure_future(keep_looking(examination, recorder, None, every_s=0.1))
    try:
        yield recorder
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)
        examination.close()
        recorder.close()


def idle_in_transaction(record: Record) -> list[int]:
    """In each look."""
    return [
        sum(one.idle_in_transaction for one in look.snapshot().sessions) for look in record.looks if not look.failed
    ]


async def test_an_incident_nobody_saw_is_diagnosed_from_the_record_right_to_the_line(
    tmp_path: Path, fresh_database18: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forge_doctor.cli.sessions.pool_record.MOST_CPU", 1.0)
    database, folder = fresh_database18, tmp_path / "record"
    database.server.sql(f"GRANT pg_monitor TO {database.user}")
    (tmp_path / "shop").mkdir()
    async with recorded(folder, database.dsn()):
        with ExitStack() as stack:
            served = running(tmp_path / "shop", database, SHOP_INSTALLS="1")
            shop = await asyncio.to_thread(stack.enter_context, served)
            for path in ("/unpaid?email=geheim42", "/unpaid?email=geheim42"):
                await asyncio.to_thread(shop.get, path)
            await until(lambda: _seen_idle(folder, looks=3, for_s=1.2), 60)
        await until(lambda: idle_in_transaction(read_record(folder))[-1] == 0, 60)
    record = read_record(folder)  # the shop is gone, and nobody looked
    when = max(look.at for look in record.looks if not look.failed and _idle_for(look.snapshot()) > 1.0)
    report = replay_moment(record, when, _judge)
    found = [one for one in report.findings if len(one.sessions) == 2]
    assert found
    held = {
        str(row[0]).rpartition("api.py:")[2] for table in report.tables for row in table.rows if "api.py" in str(row[0])
    }
    assert held == {f"{line_of('order_by')} unpaid"}
    assert [row for table in report.tables if table.title == "Since when" for row in table.rows if row[2] == 2]
    listed = list_moments(record, _judge, lambda done, of: None)
    rows = next(table.rows for table in listed.tables if table.title == "What was found, and when")
    assert [row for row in rows if row[1] != "-" and row[4] == found[0].check]
    assert b"geheim42" not in b"".join(text_of(path) for path in segments(folder))
    assert database.password.encode() not in b"".join(text_of(path) for path in segments(folder))


def _judge(seen: PoolSnapshot) -> Report:
    return judge(seen, {"idle-in-transaction": {"idle_s": 1.0}})


def _idle_for(seen: PoolSnapshot) -> float:
    ages = [one.state_age_s or 0.0 for one in seen.sessions if one.idle_in_transaction]
    return min(ages) if len(ages) == 2 else 0.0


def _seen_idle(folder: Path, looks: int, for_s: float) -> bool:
    return sum(_idle_for(look.snapshot()) > for_s for look in read_record(folder).looks if not look.failed) >= looks


async def test_a_server_that_goes_away_and_comes_back_is_recorded_again(tmp_path: Path) -> None:
    with run_postgres(postgres18_bin()) as server:
        dsn, data = server.dsn(), server.data_dir

        def crash() -> None:
            control = [server.bin_dir / "pg_ctl", "-D", data, "-w"]
            assert spawn([*control, "-m", "immediate", "stop"], data.parent / "ctl.log").wait(timeout=60) == 0

        async with recorded(tmp_path, dsn, scan=False) as recorder:
            await until(lambda: recorder.written >= 3, 60)
            await asyncio.to_thread(crash)
            await until(lambda: read_record(tmp_path).looks[-1].failed, 60)
            options = ["-c", f"port={server.port}", "-c", f"unix_socket_directories={server.socket_dir}"]
            again = spawn([server.bin_dir / "postgres", "-D", data, *options], data.parent / "server.log")
            try:
                seen = recorder.written
                await until(lambda: recorder.written >= seen + 3, 60)
            finally:
                stop(again, signal.SIGINT)
    record = read_record(tmp_path)
    first = next(iter(gaps(record)))
    assert first.ended is not None
    assert str(server.port) in first.why
    assert not record.damage
