"""Another database's trouble is not this case's, unless the slots they share ran out."""

from dataclasses import replace

import pytest

from forge_doctor.probes.postgres.target import Target
from forge_doctor.triage.facts import Facts
from forge_doctor.triage.join import join
from tests.support.snapshots import idle_in_transaction, server, serving, session, snapshot
from tests.support.triage_facts import facts, problem


def foreign(**more: object) -> Facts:
    """A leak in the database `other`, beside a calm `shop`."""
    held = [
        idle_in_transaction(100 + at, 300.0 - 20 * at, database="other", statement="SELECT 1 FROM x") for at in range(5)
    ]
    own = session(900)
    seen = snapshot(own, *held, processes=(serving(4211, own), serving(5000, *held)), server=server())
    known = facts(pool=seen, **more)
    application = replace(
        known.case.applications[0], workers=tuple(one for one in known.case.applications[0].workers if one.pid == 4211)
    )
    target = Target(hosts=(), user="shop", database="shop")
    return replace(known, case=replace(known.case, applications=(application,), target=target))


def test_it_is_left_to_its_own_case() -> None:
    assert not join(foreign()).diagnoses


@pytest.mark.parametrize("refused", ["slots-reserved", "too-many-clients"])
def test_where_slots_ran_out_whoever_holds_them_is_told(refused: str) -> None:
    found = join(foreign(logs=[problem(refused, "/app/shop/api.py", 5, "home")])).diagnoses
    assert [(one.cause, one.sessions) for one in found] == [("leaked-session", (100, 101, 102, 103, 104))]
