"""The engine is the cause of prepared statements gone astray, not the line that queried."""

from dataclasses import replace

from forge_doctor.diagnosis import Verdict
from forge_doctor.probes.application.app_engine import EngineFacts
from forge_doctor.triage.join import join
from tests.support.triage_facts import diagnosed, facts, only, problem, rule


def test_the_engine_is_named():
    log = [
        problem("prepared-missing", "/app/shop/api.py", 30, "orders"),
        problem("prepared-exists", "/app/shop/jobs.py", 9, "run"),
    ]
    told = only(diagnosed(logs=log, lint=[rule("statement-cache-behind-pgbouncer", "shop/db.py", 6)]))
    assert (told.cause, told.verdict, str(told.place)) == (
        "pooler-prepared-statements",
        Verdict.CONFIRMED,
        "shop/db.py:6",
    )


def test_the_engine_that_discovery_found_is_named_where_no_rule_does():
    known = facts(logs=[problem("prepared-missing", "/app/shop/api.py", 30, "orders")])
    engine = EngineFacts(
        name="shop/db.py:4", dialect="postgresql", driver="asyncpg", pool_class="AsyncAdaptedQueuePool"
    )
    application = replace(known.case.applications[0], engine=engine)
    told = only(join(replace(known, case=replace(known.case, applications=(application,)))))
    assert (told.verdict, str(told.place)) == (Verdict.LIKELY, "shop/db.py:4")


def test_without_the_source_no_line_is_named():
    told = only(diagnosed(logs=[problem("prepared-missing", "/app/shop/api.py", 30, "orders")]))
    assert told.verdict is Verdict.LIKELY
    assert told.place is None
