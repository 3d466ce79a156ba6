"""A look survives being written down; what stays the same is written once."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from dataclasses import replace

from forge_doctor.finding import Confidence
from forge_doctor.pool.recorder.look_document import look_document, look_snapshot, steadied
from forge_doctor.pool.recorder.merge_patch import difference, patched
from forge_doctor.pool.snapshot import PoolSnapshot, StatementLine
from forge_doctor.probes.processes.workers import CodeLine, HeldConnection
from tests.pool.test_record import EVERYTHING
from tests.support.snapshots import idle_in_transaction, server, session, snapshot, worker


def there_and_back(seen: PoolSnapshot) -> PoolSnapshot:
    document = json.loads(json.dumps(look_document(seen, 10.0, 12.0)))
    return look_snapshot(document, 10.0, 12.0, 1_700_000_000.0, "here")


def test_a_look_is_read_back_whole() -> None:
    held = HeldConnection(backend_pid=1, local_port=40001, lines=(CodeLine(file="a.py", line=3),), held_s=4.0)
    line = StatementLine(pid=1, file="a.py", line=1, function="f", confidence=Confidence.HIGH, why="alone")
    (first,) = EVERYTHING.processes or ()
    seen = replace(
        EVERYTHING,
        processes=(replace(first, held=(held,), request_ages_s=(1.5, None)),),
        statement_lines=(line, replace(line, line=2)),
        looks=None,
    )
    back = there_and_back(seen)
    assert replace(back, taken_at=seen.taken_at, server=None) == replace(seen, server=None)
    assert back.server is not None
    assert replace(back.server, clock="") == seen.server
    assert back.taken_at == "2023-11-14T22:13:30+00:00"
    assert back.server.clock == "2023-11-14T22:13:32.000000+00:00"


def test_a_look_the_server_refused_is_one_too() -> None:
    refused = replace(EVERYTHING, server=None, looks=None, sessions=())
    assert replace(there_and_back(refused), taken_at=refused.taken_at) == refused


def test_nothing_in_a_snapshot_is_null_but_what_is_left_out() -> None:
    """A merge patch deletes with null: a field that may be None is None by default, and then not written."""
    todo, known = [PoolSnapshot], set()
    while todo:
        kind = todo.pop()
        known.add(kind)
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            hint = hints[field.name]
            optional = typing.get_origin(hint) in (typing.Union, types.UnionType)
            assert not optional or field.default is None or (kind.__name__, field.name) == ("Lock", "pid")
            parts = [
                hint,
                *typing.get_args(hint),
                *(one for part in typing.get_args(hint) for one in typing.get_args(part)),
            ]
            todo += [one for one in parts if dataclasses.is_dataclass(one) and one not in known]
    assert len(known) > 12


def aged(seen: PoolSnapshot, seconds: float) -> PoolSnapshot:
    older = tuple(
        replace(
            one,
            backend_age_s=(one.backend_age_s or 0) + seconds,
            xact_age_s=one.xact_age_s + seconds if one.xact_age_s is not None else None,
            query_age_s=(one.query_age_s or 0) + seconds,
            state_age_s=(one.state_age_s or 0) + seconds,
        )
        for one in seen.sessions
    )
    grown = tuple(replace(one, age_s=(one.age_s or 0) + seconds) for one in seen.processes or ())
    return replace(seen, sessions=older, processes=grown)


def test_where_nothing_happens_nothing_changes() -> None:
    seen = snapshot(session(1), idle_in_transaction(2, 4.0))
    before = look_document(seen, 0.0, 0.0)
    assert difference(before, look_document(aged(seen, 2.0), 2.0, 2.01)) == {}
    later = difference(before, look_document(aged(seen, 2.0), 2.0, 2.5))
    assert later["sessions"].keys() == {"1", "2"}, "a clock half a second off is no rounding"


def test_a_patch_makes_the_later_of_the_earlier() -> None:
    before = look_document(EVERYTHING, 0.0, 0.0)
    after = look_document(snapshot(session(2, state="active"), session(9), server=server(role="other")), 2.0, 2.0)
    kept = json.dumps(before)
    assert patched(before, json.loads(json.dumps(difference(before, after)))) == after
    assert json.dumps(before) == kept, "the earlier one is still there to be replayed"


def test_the_servers_clock_is_told_by_sessions_that_were_there_before() -> None:
    sessions = [session(pid, backend_age_s=100.0 + pid) for pid in range(3)]
    starts = {str(pid): {"backend_start": -0.2 - pid} for pid in range(3)}
    assert abs(steadied(100.0, sessions, starts) - 99.8) < 1e-9
    assert steadied(100.0, sessions, {}) == 100.0
    reset = {str(pid): {"backend_start": -900.0} for pid in range(3)}
    assert steadied(100.0, sessions, reset) == 100.0, (
        "that is other sessions of the same numbers, or a clock that was set"
    )


def test_a_worker_by_its_pid_and_twice_the_same_pid_as_a_list() -> None:
    assert look_document(snapshot(), 0.0, 0.0)["processes"].keys() == {"4211", "4212"}
    twice = snapshot(processes=(worker(7), worker(7, container="b")))
    assert isinstance(look_document(twice, 0.0, 0.0)["processes"], list)
    assert there_and_back(twice).processes == twice.processes
