"""A message that has all the words of another one just before it tells the same failure on; two failures told twice stay two."""

from __future__ import annotations

import pytest

from tests.support.log_reading import told

SAID = "(psycopg2.errors.ReadOnlySqlTransaction) cannot execute INSERT in a read-only transaction"
FORMS = [
    "2026-11-22 04:20:{at} ERROR (Recorder) [hub.util] Error executing query: {said}",
    "2026-11-22 04:20:{at} ERROR [hub.util] Error executing query: {said}",
    "2026-11-22 04:20:{at} ERROR hub.util: Error executing query: {said}",
]


def pair(form: str, second: int) -> str:
    near = form.format(at=f"{second:02}.203", said=SAID)
    far = form.replace("hub.util", "hub.core").replace("Error exec", "Commit failed: Error exec")
    return f"{near}\n{far.format(at=f'{second:02}.204', said=SAID)} (retrying in 3 seconds)\n"


@pytest.mark.parametrize("form", FORMS)
def test_it_counts_once(form: str) -> None:
    assert told(pair(form, 10)) == [("read-only-tx", None, 1)]
    assert told(pair(form, 10) + pair(form, 20) + pair(form, 30)) == [("read-only-tx", None, 3)]


def test_two_tasks_that_say_the_same_are_two() -> None:
    line = FORMS[1].format(at="10.203", said=SAID)
    assert told(f"{line}\n{line}\n") == [("read-only-tx", None, 2)]


def test_later_words_are_another_failure() -> None:
    first, second = pair(FORMS[1], 10).splitlines()
    assert told(f"{first}\n{second.replace('10.204', '10.404')}\n") == [("read-only-tx", None, 2)]


def test_an_error_nobody_knows_counts_once_as_well() -> None:
    log = (
        "2026-11-22 04:20:10.203 ERROR [shop.orders] order could not be priced\n"
        "2026-11-22 04:20:10.204 ERROR [shop.web] request failed: order could not be priced\n"
    )
    assert told(log * 2) == [("", None, 2)]


def test_a_warning_that_quotes_the_traceback_below_it_counts_once() -> None:
    log = (
        "[2026-11-22 12:37:34,518: WARNING/Worker-5] /opt/celery/app/trace.py:365: RuntimeWarning: Exception raised outside "
        "body: OperationalError('SSL SYSCALL error: Bad file descriptor\\n',):\n"
        "Traceback (most recent call last):\n"
        '  File "/srv/shop/backend.py", line 29, in store\n    cursor.execute(sql)\n'
        "OperationalError: SSL SYSCALL error: Bad file descriptor\n"
    )
    assert told(log) == [("fork-shared-connection", "/srv/shop/backend.py:29 store", 1)]
