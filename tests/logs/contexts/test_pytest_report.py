"""Tests that went as they should are no fault, whatever they show; those that failed are."""

from __future__ import annotations

import pytest

from tests.support.log_reading import read_scanned, told

LINES = ".....\n" * 400
SHOWN = """_______________________________ test_pool _______________________________

    def test_pool():
>       engine.connect()

tests/test_pool.py:14:
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

E   sqlalchemy.exc.TimeoutError: QueuePool limit of size 1 overflow 0 reached

/usr/lib/python3.12/site-packages/sqlalchemy/pool/impl.py:166: TimeoutError
"""
LOGGED = """---------------------------- live log call ----------------------------
ERROR    shop.api:api.py:41 refused
Traceback (most recent call last):
  File "/builds/shop/api.py", line 39, in create
    await session.commit()
sqlalchemy.exc.TimeoutError: QueuePool limit of size 1 overflow 0 reached
ERROR    shop.api:api.py:44 refused again
Traceback (most recent call last):
  File "/builds/shop/api.py", line 43, in create
    await session.commit()
sqlalchemy.exc.TimeoutError: QueuePool limit of size 1 overflow 0 reached
"""


FAILED = (
    "FAILED tests/test_pool.py::test_pool - sqlalchemy.exc.TimeoutError: QueuePool limit of size 1 overflow 0 reached\n"
)


def title(text: str) -> str:
    return f"=================================== {text} ===================================\n"


@pytest.mark.parametrize("filler", ["", LINES])
def test_expected_failures_are_silent_and_others_are_told(filler: str) -> None:
    assert told(title("XFAILURES") + filler + SHOWN) == []
    assert told(title("PASSES") + filler + SHOWN) == []
    assert [name for name, _, _ in told(title("FAILURES") + filler + SHOWN)] == ["pool-timeout"]
    both = title("FAILURES") + filler + SHOWN + title("XFAILURES") + filler + SHOWN * 2
    assert [count for _, _, count in told(both)] == [1]
    assert [group.count for group in read_scanned(both.encode()).groups.values()] == [1]


@pytest.mark.parametrize(
    "outcome", ["PASSED", "tests/test_api.py::test_no PASSED", "XFAIL (pool of one)", "SKIPPED (no server)"]
)
def test_what_a_test_logs_that_passes_is_its_own(outcome: str) -> None:
    assert told(LOGGED + f"{outcome}                              [ 33%]\n") == []


@pytest.mark.parametrize("end", ["FAILED                                    [ 33%]\n", "ERROR            [  3%]\n", ""])
def test_what_a_test_logs_that_fails_or_never_ends_is_told(end: str) -> None:
    assert sum(count for _, _, count in told(LOGGED + end)) == 2


def test_one_that_passes_says_nothing_of_the_next() -> None:
    text = (
        LOGGED
        + "PASSED      [ 33%]\ntests/test_api.py::test_next\n"
        + LOGGED
        + "FAILED      [ 66%]\n"
        + LOGGED
        + "PASSED    [100%]\n"
    )
    assert sum(count for _, _, count in told(text)) == 2


def test_the_summary_says_nothing_new() -> None:
    summary = title("short test summary info") + FAILED
    text = title("FAILURES") + SHOWN + title("XFAILURES") + SHOWN + summary
    assert [count for _, _, count in told(text)] == [1]
    assert [count for _, _, count in told(title("warnings summary") + summary)] == [1]


@pytest.mark.parametrize("between", ["", LINES])
def test_the_summary_behind_one_line_a_failure_says_nothing_new_and_alone_it_says_all(between: str) -> None:
    failures = "".join(f"/builds/tests/test_pool.py:{at}: RuntimeError: Event loop is closed\n" for at in (14, 31))
    summary = "".join(f"ERROR tests/test_pool.py::test_{at} - RuntimeError: Event loop is closed\n" for at in (14, 31))
    summary = title("short test summary info") + summary
    assert sum(count for *_, count in told(f"{title('FAILURES')}{failures}{between}{summary}")) == 2
    assert sum(count for *_, count in told(f"{between}{summary}")) == 2
