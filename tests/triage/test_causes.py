"""All causes at once: what they name exists, and none can explain another in a circle."""

from __future__ import annotations

import pytest

from forge_doctor.check import load
from forge_doctor.diagnosis import Verdict
from forge_doctor.lint import rules
from forge_doctor.logs.signature import load_signatures
from forge_doctor.migrations.live import checks as live_checks
from forge_doctor.pool import checks as pool_checks
from forge_doctor.slow import checks as slow_checks
from forge_doctor.triage.cause import Cause, load_causes
from forge_doctor.triage.graph.words import REFINED, VICTIMS

KNOWN = {
    "pool": {check.id for check in load(pool_checks)},
    "slow": {check.id for check in load(slow_checks)},
    "migrations": {check.id for check in load(live_checks)},
    "lint": {check.id for check in load(rules)},
    "logs": {*load_signatures()},
}
CAUSES = list(load_causes().values())
EVERY = pytest.mark.parametrize("cause", CAUSES, ids=lambda one: one.id)


@EVERY
def test_the_ids_it_names_are_those_of_their_part(cause: Cause) -> None:
    for part, ids in (*cause.shows.items(), *cause.fits.items()):
        assert {one for one in ids if one not in REFINED} <= KNOWN[part], part
    every = set().union(*KNOWN.values()) | REFINED
    assert cause.explains - every == set()
    assert cause.against - every == set()


@EVERY
def test_no_log_of_a_victim_shows_it(cause: Cause) -> None:
    """Those who ask in vain say that something holds, never what: only the cause that knows no holder begins there."""
    if cause.most is Verdict.INCONCLUSIVE or cause.held is False:
        return
    assert cause.shows.get("logs", frozenset()) & VICTIMS <= {"idle-in-transaction", "transaction-timeout"}


@EVERY
def test_it_says_what_to_change_and_what_to_run_next(cause: Cause) -> None:
    assert cause.change
    assert cause.title[0].isupper()
    assert not cause.title.endswith(".")
    assert all(line.partition("   # ")[0].strip() for line in cause.next)


def test_of_two_causes_that_explain_each_other_one_lies_deeper() -> None:
    for one in CAUSES:
        for other in CAUSES:
            shown = frozenset().union(*other.shows.values())
            back = frozenset().union(*one.shows.values())
            if one.id < other.id and shown <= one.explains and back <= other.explains:
                assert one.depth != other.depth, (one.id, other.id)
