"""A pool that waits for itself is told with the second session that does it."""

from forge_doctor.diagnosis import Verdict
from tests.support.snapshots import idle_in_transaction, serving, snapshot
from tests.support.triage_facts import diagnosed, function, only, problem, rule, sent_at

SOURCE = (function("shop/api.py", "order", 10, 20, "audit"), function("shop/audit.py", "audit", 5, 9))


def test_the_second_session_is_named():
    held = [idle_in_transaction(100 + at, 8.0, statement="SELECT total FROM orders") for at in range(10)]
    lines = tuple(sent_at(one.pid, "shop/api.py", 12, "order") for one in held)
    seen = snapshot(
        *held, processes=(serving(4211, *held, requests=25, request_ages_s=(8.5,) * 25),), statement_lines=lines
    )
    second = rule("second-session-inside-first", "shop/audit.py", 6, "audit")
    told = only(
        diagnosed(
            seen, lint=[second], functions=SOURCE, logs=[problem("pool-timeout", "/app/shop/audit.py", 6, "audit")]
        )
    )
    assert (told.cause, told.verdict, str(told.place)) == ("nested-session", Verdict.CONFIRMED, "shop/audit.py:6 audit")
