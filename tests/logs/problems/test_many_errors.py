"""Thousands of errors that differ: each costs what the one before it did, from the log to the report."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from forge_doctor.logs.problems.telling.report import TriageOptions, triage
from forge_doctor.logs.signature import load_signatures
from forge_doctor.report import Report
from tests.support.log_reading import read_scanned, read_whole
from tests.support.questions import questions

WORDS = [first + second for first in "abcdefghijklmnop" for second in ("orders", "users", "carts", "bills")]


def traceback(number: int) -> str:
    module = WORDS[number % len(WORDS)]
    return (
        f"2026-11-22 08:00:{number % 60:02d},000 ERROR    [uvicorn.error] Exception in ASGI application\n"
        "Traceback (most recent call last):\n"
        '  File "/usr/lib/python3.12/site-packages/starlette/routing.py", line 715, in app\n    await route(scope)\n'
        f'  File "/app/{module}.py", line {number + 1}, in handle_{number}\n    return self.thing_{number}\n'
        f"ValueError: {module} of {number} is wrong\n"
    )


def line(number: int) -> str:
    word = WORDS[number % len(WORDS)] + WORDS[number // len(WORDS)]
    said = f"{word}er {word}ed its {word}s {word}ly"
    return f"2026-11-22 08:00:{number % 60:02d},000 ERROR    [shop.orders] {said}\n"


def reported(write: Callable[[int], str], count: int) -> Callable[[], Report]:
    data = "".join(map(write, range(count))).encode()
    return lambda: triage(read_scanned(data), "app.log")


@pytest.mark.slow
@pytest.mark.parametrize("write", [traceback, line])
def test_twice_as_many_errors_ask_twice_as_much(write: Callable[[int], str]) -> None:
    load_signatures()
    few, many = reported(write, 150), reported(write, 300)
    assert len(many().findings) == 300
    # Of those told last, up to 64 are asked whether they are the same failure.
    assert questions(many).total() <= 2.2 * questions(few).total()


def test_no_secrets_are_taken_out_of_texts_that_nobody_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "forge_doctor.logs.problems.telling.example.redact", lambda text, _limit=None: read.append(text) or text
    )
    summary = read_whole("".join(map(traceback, range(3))))
    report = triage(summary, "app.log")
    assert [finding.confidence.name for finding in report.findings] == ["MEDIUM"] * 3
    assert read == []
    triage(summary, "app.log", TriageOptions(example=True))
    assert len(read) == 3
