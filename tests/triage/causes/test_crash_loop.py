"""A service that never starts explains what its starts leave behind."""

from forge_doctor.diagnosis import Urgency
from tests.support.triage_facts import diagnosed, only, problem


def test_the_starts_are_one_cause():
    log = [problem("crash-loop"), problem("alembic-heads", "/app/migrations/env.py", 40, "run")]
    told = only(diagnosed(logs=log))
    assert (told.cause, told.urgency) == ("crash-loop", Urgency.OUTAGE)
    assert "alembic-heads" in {*told.explains}
