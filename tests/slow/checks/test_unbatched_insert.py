"""unbatched-insert: from logs, or from samples; never from the statistics alone."""

from __future__ import annotations

from forge_doctor.finding import Confidence, Finding, NotRun
from forge_doctor.slow.server.work import SampledStatement, Samples
from tests.support.slow_snapshots import findings, logged, logged_statement, only, repetition, snapshot, statement, told

ID = "unbatched-insert"
TEXT = "INSERT INTO visits (hall_id) VALUES ($1::INTEGER)"


def test_one_by_one_in_a_log() -> None:
    one = logged_statement(TEXT, 60)
    assert only(ID, logged(one, repetitions=(repetition(one),))).confidence is Confidence.HIGH


def test_a_batch_and_a_few() -> None:
    one = logged_statement(TEXT, 60)
    assert findings(ID, logged(one, repetitions=(repetition(one, batched=1),))) == ()
    assert findings(ID, logged(one, repetitions=(repetition(one, usual=4, least=4, most=4),))) == ()


def test_rows_that_were_together_get_another_mend() -> None:
    one = logged_statement(TEXT, 60)
    found = only(ID, logged(one, repetitions=(repetition(one, refused=60),)))
    assert "insert_sentinel" in found.remedy
    assert "RETURNING" in found.message


def sampled(**seen: int) -> tuple[Finding | NotRun, ...]:
    row = statement(TEXT, 6000)
    samples = Samples(looks=80, statements=(SampledStatement(key=row.key, **seen),) if seen else ())
    return told(ID, snapshot(row, transactions=20, samples=samples))


def test_the_statistics_alone_can_not_tell() -> None:
    (one,) = sampled()
    assert isinstance(one, NotRun)
    assert "can't tell" in one.reason


def test_the_samples_tell() -> None:
    (one,) = sampled(sent=40, running=1, repeated=30)
    assert isinstance(one, Finding)
    assert one.confidence is Confidence.MEDIUM
    assert sampled(sent=40, running=30) == ()


def test_a_batch_between_two_looks_is_none() -> None:
    # Over before anybody looked, and never seen twice in its transaction: three hundred rows one by one would be.
    assert sampled(sent=40, running=1, repeated=2) == ()
    row = statement(TEXT, 600)
    samples = Samples(looks=80, statements=(SampledStatement(key=row.key, sent=40, running=1),))
    (one,) = told(ID, snapshot(row, transactions=20, samples=samples))
    assert isinstance(one, NotRun)


def test_one_a_transaction_is_an_ordinary_insert() -> None:
    assert told(ID, snapshot(statement(TEXT, 6000), transactions=6000)) == ()
