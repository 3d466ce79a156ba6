"""A write nobody saves is told first, with the line that drops it."""

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.finding import Confidence
from tests.support.triage_facts import diagnosed, only, problem, rule

WARNING = problem(
    "coroutine-never-awaited",
    "/app/shop/wishes.py",
    14,
    "keep",
    message="coroutine 'AsyncSession.commit' was never awaited",
)


def test_log_and_source_name_the_same_line():
    told = only(diagnosed(logs=[WARNING], lint=[rule("unawaited-session-call", "shop/wishes.py", 14, "keep")]))
    assert (told.cause, told.verdict, told.urgency) == ("lost-write", Verdict.CONFIRMED, Urgency.DATA_LOSS)
    assert str(told.place) == "shop/wishes.py:14 keep"


def test_the_warning_alone():
    told = only(diagnosed(logs=[WARNING]))
    assert (told.verdict, str(told.place)) == (Verdict.LIKELY, "shop/wishes.py:14 keep")


def test_it_stands_before_an_outage():
    log = [WARNING, problem("missing-greenlet", "/app/shop/api.py", 70, "show")]
    assert [one.cause for one in diagnosed(logs=log).diagnoses] == ["lost-write", "lazy-load"]


def test_another_coroutine_is_no_write():
    other = problem(
        "coroutine-never-awaited", "/app/shop/mail.py", 3, "send", message="coroutine 'notify' was never awaited"
    )
    joined = diagnosed(logs=[other])
    assert not joined.diagnoses
    assert [one.check for one in joined.unexplained] == ["coroutine-never-awaited"]


def test_what_the_source_says_for_sure_is_told_as_a_risk():
    told = only(diagnosed(lint=[rule("write-never-committed", "shop/wishes.py", 14, "keep")]))
    assert (told.verdict, told.urgency, str(told.place)) == (Verdict.LIKELY, Urgency.RISK, "shop/wishes.py:14 keep")
    doubtful = rule("write-never-committed", "shop/wishes.py", 14, "keep", confidence=Confidence.MEDIUM)
    assert not diagnosed(lint=[doubtful]).diagnoses
