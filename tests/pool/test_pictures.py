from __future__ import annotations

import pytest

from forge_doctor.picture import Capacity, Node, Timeline, Tone, Tree
from forge_doctor.pool.pictures.session_lanes import MOST_BARS, MOST_LANES
from forge_doctor.pool.pictures.wait_tree import DEEPEST, MOST_BEHIND
from forge_doctor.pool.run import run_pool
from forge_doctor.pool.snapshot import PoolSnapshot, Session
from forge_doctor.settings import Settings
from tests.support.snapshots import application, idle_in_transaction, server, session, snapshot, worker

CLOCK = "2026-11-22T03:00:00+00:00"


def drawn(seen: PoolSnapshot) -> tuple[Timeline | None, Tree | None, Capacity | None]:
    pictures = run_pool(seen, Settings()).pictures
    by_kind = {type(one): one for one in pictures}
    return by_kind.get(Timeline), by_kind.get(Tree), by_kind.get(Capacity)  # type: ignore[return-value]


def waiting(pid: int, *blocked_by: int, **overrides: object) -> Session:
    told = {"state": "active", "xact_age_s": 9.0, "query_age_s": 9.0, "state_age_s": 9.0, "blocked_by": blocked_by}
    return session(pid, **{**told, **overrides})


def shape(node: Node) -> tuple[str, list[object]]:
    return node.label.split()[1], [shape(one) for one in node.behind]


def pids(tree: Tree | None) -> list[str]:
    assert tree is not None
    found: list[str] = []
    pending = list(tree.roots)
    while pending:
        node = pending.pop()
        found.append(node.label)
        pending += node.behind
    return found


def test_a_lane_a_worker_and_a_bar_as_long_as_the_transaction() -> None:
    own = (idle_in_transaction(1, 240.0), waiting(2, 1), session(3))
    other = session(4, application_name="metabase", client_addr="10.0.0.9")
    timeline, _, _ = drawn(snapshot(*own, other, processes=(worker(4211, *own),), server=server(clock=CLOCK)))
    assert timeline is not None
    assert [lane.name for lane in timeline.lanes] == ["worker pid 4211", "metabase (shop from 10.0.0.9)"]
    bars = {bar.label: bar for bar in timeline.lanes[0].bars}
    assert {name: (bar.tone, bar.state) for name, bar in bars.items()} == {
        "pid 1": (Tone.HOLDING, "idle in transaction"),
        "pid 2": (Tone.WAITING, "waits for a lock"),
        "pid 3": (Tone.CALM, "idle"),
    }
    assert bars["pid 1"].end == timeline.end
    assert bars["pid 1"].end - bars["pid 1"].start == pytest.approx(241.0)
    assert timeline.start < bars["pid 1"].start < timeline.start + 10


def test_the_axis_is_a_minute_long_where_nothing_lasts() -> None:
    timeline, tree, _ = drawn(snapshot(session(1), server=server(clock=CLOCK)))
    assert timeline is not None
    assert timeline.end - timeline.start == 60.0
    assert tree is None


def test_what_has_no_moment_has_no_timeline() -> None:
    assert drawn(snapshot(session(1), taken_at="yesterday", server=server(clock="")))[0] is None
    assert drawn(snapshot(session(1), taken_at="2026-11-22T03:00:00", server=server(clock="")))[0] is None
    assert drawn(snapshot(server=server(clock=CLOCK)))[0] is None


def test_a_hidden_session_has_no_bar_and_is_counted() -> None:
    timeline, _, _ = drawn(snapshot(session(1), session(2, hidden=True, state=None)))
    assert timeline is not None
    assert [(len(lane.bars), lane.more) for lane in timeline.lanes] == [(1, 1)]


def test_more_than_fits_is_counted() -> None:
    many = [session(pid, state="active", state_age_s=float(pid)) for pid in range(1, MOST_BARS + 8)]
    others = [session(900 + n, client_addr=f"10.0.0.{n}") for n in range(MOST_LANES + 2)]
    timeline, _, _ = drawn(snapshot(*many, *others, processes=(worker(7, *many),)))
    assert timeline is not None
    assert (timeline.lanes[0].more, timeline.note) == (7, "3 more holders are left out.")
    assert timeline.lanes[0].bars[0].label == f"pid {MOST_BARS + 7}"


def test_who_waits_stands_once_behind_the_nearest_to_the_root() -> None:
    seen = snapshot(idle_in_transaction(1, 60.0), waiting(2, 1), waiting(3, 1, 2), waiting(4, 2, 3), waiting(5, 4))
    _, tree, _ = drawn(seen)
    assert tree is not None
    assert [shape(root) for root in tree.roots] == [("1", [("2", [("4", [("5", [])])]), ("3", [])])]


def test_a_circle_and_a_prepared_transaction_have_a_place_too() -> None:
    _, tree, _ = drawn(snapshot(waiting(1, 2), waiting(2, 1), waiting(3, 0)))
    assert sorted(pids(tree)) == ["a prepared transaction", *(f"pid {pid} shop@shop" for pid in (1, 2, 3))]


def test_a_root_that_is_no_session_any_more_is_named_by_its_number() -> None:
    assert "pid 77" in pids(drawn(snapshot(waiting(1, 77)))[1])


def test_a_queue_of_hundreds_is_cut_and_counted() -> None:
    chain = [waiting(pid, pid - 1) for pid in range(2, 400)]
    wide = [waiting(1000 + n, 999) for n in range(MOST_BEHIND + 60)]
    _, tree, _ = drawn(snapshot(idle_in_transaction(1, 60.0), *chain, idle_in_transaction(999, 60.0), *wide))
    assert tree is not None
    told = pids(tree)
    assert len(told) == len(set(told)) == 1 + DEEPEST + 1 + MOST_BEHIND
    more, pending = 0, list(tree.roots)
    while pending:
        node = pending.pop()
        more += node.more
        pending += node.behind
    assert more + len(told) == 2 + len(chain) + len(wide)


def test_statements_are_shown_only_where_they_are_asked_for() -> None:
    own = (idle_in_transaction(1, 60.0), waiting(2, 1, statement="UPDATE secrets SET a = ?"))
    assert "UPDATE secrets" in str(drawn(snapshot(*own)))
    assert "UPDATE secrets" not in str(drawn(snapshot(*own, show_query=False)))


def test_what_is_held_and_may_be_opened_stands_against_the_slots() -> None:
    own = (idle_in_transaction(1, 60.0), session(2), session(3, state="active"))
    other = session(4, user="metabase", client_addr="10.0.0.9", application_name="metabase")
    _, _, capacity = drawn(snapshot(*own, other, processes=(worker(1, *own), worker(2))))
    assert capacity is not None
    held, may_be, advised = capacity.sums
    assert {part.label: part.value for part in held.parts} == {
        "others": 1,
        "working": 1,
        "idle in transaction": 1,
        "idle": 1,
    }
    assert (may_be.value, capacity.limit) == (1 + 2 * (5 + 5), 47)
    assert advised.value <= capacity.limit


def test_an_unlimited_pool_has_no_sum_and_unknown_workers_no_picture() -> None:
    unlimited = application()
    unlimited = application(pool_size=type(unlimited.pool_size)(value=0, source="--pool-size"))
    _, _, capacity = drawn(snapshot(session(1), application=unlimited))
    assert capacity is not None
    assert "may be opened" not in [one.label for one in capacity.sums]
    assert drawn(snapshot(session(1), application=application(workers=None)))[2] is None
