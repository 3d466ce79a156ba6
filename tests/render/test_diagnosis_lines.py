"""A cause on the page: in less than a screen, the line before its victims, what is to be typed whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.diagnosis import Diagnosis, Holder, Moment, Place, Reason, RuledOut, Symptom, Urgency, Verdict
from forge_doctor.finding import Confidence, Finding, Location, NotRun, Severity
from forge_doctor.picture import Excerpt
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.report import Report
from tests.render.safety import acting_characters

CAUSE = Place(file="shop/receipts.py", line=21, function="send", seen="/app/shop/receipts.py")
VICTIM = Place(file="shop/api.py", line=53, function="show")
STATEMENT = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid IN ({', '.join(map(str, range(60)))});"
WORDS = st.text(st.characters(codec="utf-8"), max_size=300)


def leak(**changed: object) -> Diagnosis:
    told: dict[str, object] = {
        "cause": "leaked-session",
        "verdict": Verdict.CONFIRMED,
        "urgency": Urgency.OUTAGE,
        "title": f"A session is begun and never ended: {CAUSE}",
        "application": "shop.main:app",
        "place": CAUSE,
        "holders": tuple(
            Holder(session=pid, worker=7, name="worker pid 7", place=CAUSE, how="written down", held_s=60.0 + pid)
            for pid in range(8)
        ),
        "symptoms": tuple(
            Symptom(part="logs", check="pool-timeout", text="QueuePool limit", count=9, place=VICTIM) for _ in range(9)
        ),
        "why": tuple(Reason(text=f"fact {number} " * 30, part="pool", source="sockets") for number in range(9)),
        "now": (STATEMENT,),
        "change": ("async with Session() as session:", "    ..."),
        "next": ("forge-doctor pool --duration 30",),
        "ruled_out": tuple(RuledOut(cause=f"cause-{number}", why="not seen") for number in range(9)),
        "timeline": tuple(Moment(at=f"2026-11-22T03:02:{at:02}+00:00", text="x", lane="log") for at in range(20)),
        "sessions": tuple(range(14)),
        "excerpt": Excerpt(
            location=Location(target=CAUSE.file, line=21), first=20, lines=("def f():", "    s = Session()")
        ),
    }
    return Diagnosis(**{**told, **changed})  # type: ignore[arg-type]


def page(*diagnoses: Diagnosis, **more: object) -> list[str]:
    report = Report(command="triage", subject="shop", diagnoses=diagnoses, inspected={"sessions": 14}, **more)  # type: ignore[arg-type]
    return render([report], OutputFormat.TEXT, RenderOptions()).splitlines()


def test_one_cause_fits_a_screen_whatever_there_is_to_tell() -> None:
    not_run = tuple(NotRun(check=f"check-{number}", reason=f"reason {number}") for number in range(30))
    left = tuple(
        Finding(
            check=f"fault-{number}",
            severity=Severity.ERROR,
            confidence=Confidence.HIGH,
            message="more " * 40,
            location=Location(target="db"),
        )
        for number in range(9)
    )
    lines = page(leak(), not_run=not_run, findings=left, verdict=f"Outage now: leak\nDo: {STATEMENT}")
    assert len(lines) <= 40
    assert all(len(line) <= 100 for line in lines if STATEMENT not in line)


def test_the_cause_stands_before_its_victims_and_the_statement_is_whole() -> None:
    lines = page(leak())
    text = "\n".join(lines)
    assert text.index("shop/receipts.py:21") < text.index("shop/api.py:53")
    assert any(line.endswith(STATEMENT) for line in lines)
    assert "14" not in text or "6 more sessions: 8, 9, 10, 11, 12, 13" in text
    assert "and 7 more, in --output-format json" in text


def test_what_no_cause_explains_is_told_as_it_is() -> None:
    own = Finding(
        check="deadlocks",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message="4 deadlocks",
        location=Location(target="db"),
    )
    known = Finding(
        check="leaked-session",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        message="told",
        location=Location(target="x"),
    )
    text = "\n".join(page(leak(), findings=(known, own)))
    assert "4 deadlocks" in text
    assert "told" not in text


def test_an_inconclusive_one_says_what_to_run() -> None:
    text = "\n".join(page(leak(verdict=Verdict.INCONCLUSIVE)))
    assert "to be sure  forge-doctor pool --duration 30" in text
    assert "to be sure" not in "\n".join(page(leak()))


@given(title=WORDS, text=WORDS, now=WORDS, lane=WORDS)
def test_no_text_does_anything_to_a_terminal(title: str, text: str, now: str, lane: str) -> None:
    one = leak(
        title=title,
        why=(Reason(text=text, part="pool"),),
        now=(now,),
        timeline=(Moment(at=text, text=text, lane=lane),),
        holders=(Holder(name=lane, state=text, place=Place(file=title)),),
    )
    assert not acting_characters("\n".join(page(one)))
