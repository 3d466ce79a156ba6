"""One row after the other is fetched by its key in a loop: as many round trips as rows.

Why:
    A statement in a loop is fast each time, and slow in all: each is a round trip that the request waits for. A single
    statement with all keys (`IN`) is one.

Measures (calls, ratio):
    The server's counts: a SELECT of one row by one column is called 5 times as often as another SELECT or more, about as often
    as that one gives rows, and a foreign key or the names lead from the one to the other; or the samples caught a session
    sending it twice in one transaction, at `repeated_calls` looks or more. The mean is below 5 ms.

Wrong when:
    Every request fetches one row by its key (who is logged in): then no session sends it twice in a transaction, and its calls
    fit no other statement's rows. Where only counts tell, they have to fit within a third, and confidence is medium.

Source:
    SQLAlchemy documentation, "Using IN Expressions"; PostgreSQL documentation, 9.24 Subquery Expressions.
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
    """One finding for each statement that is sent in a loop."""
    for one in repeats(situation):
        if one.lazy or (one.linked and not one.by_key):
            continue
        caught = one.seen_twice >= limits["repeated_calls"]
        if caught or (one.linked and one.exact):
            yield repeat_finding(situation, one, Confidence.HIGH if caught else Confidence.MEDIUM, caught=caught)
        elif one.parent is None:
            yield repeat_finding(situation, one, Confidence.MEDIUM, caught=False)
