"""The first line of a report: what was not looked at is said before that nothing was found in the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from forge_doctor.finding import Finding, NotRun
from forge_doctor.triage.facts import Discovery, Part
from forge_doctor.triage.join import join
from forge_doctor.triage.report import report_of
from tests.support.triage_facts import facts, said

SILENT = NotRun(check="pool", reason="127.0.0.1:5432 accepts connections and never answers\nask its host")


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ((), "No cause of an incident was found."),
        ((said("deadlocks"),), "Something is wrong, and no cause is known for it."),
    ],
)
def test_sessions_that_were_not_seen_are_told_first(others: tuple[Finding, ...], told: str) -> None:
    seen = facts(slow=others)
    unseen = replace(seen, parts=(*seen.parts, Part(name="pool", why_not=SILENT)))
    assert report_of(seen, join(seen), Discovery()).headline == told
    assert report_of(unseen, join(unseen), Discovery()).headline == (
        "The database's sessions could not be looked at (127.0.0.1:5432 accepts connections and never answers). "
        f"In the rest: {told}"
    )
