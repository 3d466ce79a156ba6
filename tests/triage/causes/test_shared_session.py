"""Tasks that share a session are named where it is given to them."""

from forge_doctor.diagnosis import Verdict
from tests.support.triage_facts import diagnosed, function, only, problem, rule

SOURCE = (function("shop/home.py", "dashboard", 10, 20, "count"), function("shop/counts.py", "count", 3, 8))


def test_the_gather_is_named_not_the_second_statement():
    log = [problem("asyncpg-another-operation", "/app/shop/counts.py", 6, "count")]
    told = only(
        diagnosed(logs=log, lint=[rule("shared-session-in-tasks", "shop/home.py", 14, "dashboard")], functions=SOURCE)
    )
    assert (told.cause, told.verdict, str(told.place)) == (
        "shared-session",
        Verdict.CONFIRMED,
        "shop/home.py:14 dashboard",
    )
