"""For each row of a list its related rows are fetched by one statement each: N + 1 queries.

Why:
    A relationship that is loaded when it is touched sends a statement for each object. Each is fast, so that no list of slow
    statements shows them; but each is a round trip, and a request waits for all of them, one after the other. Two hundred
    lazy loads are a tenth of a second of the server's time and several seconds of the user's.

Measures (calls, ratio):
    The server's counts: a SELECT by one column is called 5 times as often as another SELECT or more, about as often as that
    one gives rows; and its text is that of a lazy load, or a foreign key leads from the one to the other, or the samples caught
    a session sending it twice in one transaction, at `repeated_calls` looks or more. The mean is below 5 ms.

Wrong when:
    A statement that every request sends once (who is logged in) has counts like it: without a foreign key or the text of a
    lazy load it is told only where it was caught repeating in one transaction, and with medium confidence where nothing
    was caught. Where the parent also runs without touching the relationship the ratio is smaller than its rows.

Source:
    SQLAlchemy documentation, "Relationship Loading Techniques", "What Kind of Loading to Use?".
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import Limits, check
from forge_doctor.finding import Confidence, Finding, NotRun, Severity
from forge_doctor.slow.inference.repeats import repeats
from forge_doctor.slow.repeat_findings import repeat_finding
from forge_doctor.slow.situation import Situation


@check(severity=Severity.WARNING, limits={"repeated_calls": 3})
def examine(situation: Situation, limits: Limits) -> Iterator[Finding | NotRun]:
    """One finding for each statement that is repeated for a relationship."""
    for one in repeats(situation):
        if not (one.lazy or (one.linked and not one.by_key)):
            continue
        caught = one.seen_twice >= limits["repeated_calls"]
        sure = Confidence.HIGH if caught or (one.lazy and one.exact) else Confidence.MEDIUM
        yield repeat_finding(situation, one, sure, caught=caught)
