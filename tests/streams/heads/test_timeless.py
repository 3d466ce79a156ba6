"""Records without a time, as services write them whose carrier has one: a name and a level in any order make a head."""

from __future__ import annotations

import pytest

from forge_doctor.streams.heads.line_head import read_head
from tests.support.log_reading import told

FORMS = [
    "app.db - {level} - {message}",
    "app.db:77 - {level} - {message}",
    "app - 561 - {level} - {message}",
    "app.db | {level} | {message}",
    "app.db | {level:8} | {message}",
    "app.db:{level}:{message}",
    "app [{level}] {message}",
    "app.db [{level}]: {message}",
    "app.db {level} {message}",
    "app.db {level}: {message}",
    "{level} app.db {message}",
    "{level} app.db: {message}",
    "{level} <PID 5876:shop> app.db.save: {message}",
    "{level} (worker) {message}",
    "{level} the store says {message}",
    "{level} Failed to save: {message}",
    "{level} - {message}",
    "{level} | {message}",
]
FULL = 'could not extend file "base/16384/2619": No space left on device'


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("carrier", ["", "2026-11-22T08:00:0{n}.000000000Z ", "api-1  | "])
def test_a_line_at_error_counts_and_one_at_info_does_not(form: str, carrier: str) -> None:
    quiet = [form.format(level="INFO", message=f"request {n} took 3 ms") for n in range(6)]
    loud = [form.format(level="ERROR", message=FULL)] * 3
    log = "".join(f"{carrier.format(n=n % 10)}{line}\n" for n, line in enumerate([*quiet, *loud]))
    assert told(log) == [("disk-full", None, 3)]
    assert told(log.replace("ERROR", "INFO")) == []


@pytest.mark.parametrize("form", FORMS)
def test_the_level_is_read(form: str) -> None:
    head = read_head(form.format(level="WARNING", message="slow").encode())
    assert head is not None
    assert (head.level, head.message[-4:]) == (30, b"slow")


@pytest.mark.parametrize(
    "line",
    [
        "psycopg2.OperationalError:FATAL:  the database system is starting up",
        "shop.errors.PaymentError - ERROR - refused",
        "ERROR tests/test_api.py::test_list - sqlalchemy.exc.OperationalError",
        "ERROR tests.test_api.py - ImportError",
        "worker said ERROR and left",
        "ERROR at setup of test_list",
        "ERROR collecting tests/test_api.py",
        "ERROR",
        "ERROR Summary",
        "see app.db for the ERROR",
        "the level is ERROR - read on",
        "app ERROR",
    ],
)
def test_an_exception_a_path_and_a_sentence_are_no_head(line: str) -> None:
    assert read_head(line.encode()) is None
