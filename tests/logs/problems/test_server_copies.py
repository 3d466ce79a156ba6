"""What a server's log says of a failure the application tells is no problem beside it; what only the server tells stays one."""

from __future__ import annotations

import pytest

from forge_doctor.logs.problems.problem import TriageOptions, find_problems
from tests.support.log_reading import read_whole

UNIQUE = 'duplicate key value violates unique constraint "ix_user_email"'
CHECK = 'new row for relation "orders" violates check constraint "positive"'
SERVER = "2026-11-22 09:00:{second:02}.001 UTC [77] ERROR:  {words}\n2026-11-22 09:00:{second:02}.001 UTC [77] STATEMENT:  INSERT INTO t\n"
APP = (
    "2026-11-22 09:00:{second:02},004 ERROR [shop] failed\nTraceback (most recent call last):\n"
    '  File "/app/shop/views.py", line 58, in insert\n    await session.commit()\n'
    "sqlalchemy.exc.IntegrityError: (psycopg2.errors.{name}) {words}\n"
)


def problems(log: str) -> list[tuple[str, int]]:
    found = find_problems(read_whole(log), TriageOptions())
    return [(one.group.signature or one.group.exception or "line", one.group.count) for one in found]


@pytest.mark.parametrize(
    ("name", "words", "fault"),
    [("UniqueViolation", UNIQUE, "unique-violation"), ("CheckViolation", CHECK, "sqlalchemy.exc.IntegrityError")],
)
@pytest.mark.parametrize("times", [1, 3])
def test_both_ends_are_one_problem(times: int, name: str, words: str, fault: str) -> None:
    both = SERVER.format(words=words, second=0) + APP.format(words=words, name=name, second=0)
    assert problems("".join(both.replace("09:00:00", f"09:00:{10 * n:02}") for n in range(times))) == [(fault, times)]


def test_more_than_the_application_told_stays_a_problem() -> None:
    app = APP.format(words=UNIQUE, name="UniqueViolation", second=0)
    server = "".join(SERVER.format(words=UNIQUE, second=second) for second in (0, 10, 20))
    assert problems(server + app) == [("unique-violation", 1), ("line", 3)]


def test_other_words_stay_a_problem() -> None:
    log = SERVER.format(words=CHECK, second=0) + APP.format(words=UNIQUE, name="UniqueViolation", second=0)
    assert problems(log) == [("unique-violation", 1), ("line", 1)]
