from __future__ import annotations

import copy
import pickle

import pytest

from forge_doctor.logs.problems.summary import Summary
from forge_doctor.logs.problems.telling.example import LEFT_OUT, LONGEST_EXAMPLE, LONGEST_UNKNOWN, Example, shortened
from tests.support.log_reading import read_whole
from tests.support.secret_corpus import CANARY, texts


def test_a_short_event_is_whole() -> None:
    assert Example("ERROR a\n  b\n\n").shown == "ERROR a\n  b"
    assert Example("x" * LONGEST_EXAMPLE).shown == "x" * LONGEST_EXAMPLE


@pytest.mark.parametrize("longest", [LONGEST_UNKNOWN, LONGEST_EXAMPLE])
def test_of_a_long_one_beginning_and_end_are_shown_in_whole_lines(longest: int) -> None:
    lines = [f"line {number}" for number in range(longest)]
    shown = shortened("\n".join(lines), longest).split("\n")
    assert longest * 0.9 < len("\n".join(shown)) <= longest
    assert shown.count(LEFT_OUT) == 1
    assert (shown[0], shown[-1]) == (lines[0], lines[-1])
    assert set(shown) - {LEFT_OUT} <= set(lines)


def test_a_line_too_long_to_be_shown_is_cut_on_both_sides() -> None:
    shown = Example("a" * 50_000 + "b" * 50_000).shown
    assert shown.startswith("aaa")
    assert shown.endswith("bbb")
    assert len(shown) <= LONGEST_EXAMPLE
    assert LEFT_OUT in shown


@pytest.mark.parametrize("secret", [text for text in texts() if CANARY in text][::9])
def test_no_secret_is_shown_or_leaves_the_process(secret: str) -> None:
    filler = "\n".join(["a line of the log"] * 4_000)
    for text in (
        secret,
        f"{secret}\n{filler}\n{secret}",
        f"{filler[:15_900]}\n{secret}\n{filler}\n{secret}\n{filler[:15_900]}",
    ):
        example = Example(text)
        sent = pickle.dumps(example)
        assert CANARY.encode() not in sent
        assert CANARY not in example.shown
        assert CANARY not in repr(example)
        assert pickle.loads(sent) == example == copy.deepcopy(example)


def test_whichever_is_asked_for_first_has_no_secret() -> None:
    secret = next(text for text in texts() if CANARY in text)
    for asked in (repr, hash, copy.deepcopy, pickle.dumps, lambda one: one.shown, lambda one: one == Example(secret)):
        example = Example(secret)
        asked(example)
        assert CANARY not in f"{example!r} {example.shown} {pickle.dumps(example)!r}"


def test_what_nobody_is_shown_is_not_read_for_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(
        "forge_doctor.logs.problems.telling.example.redact", lambda text, _limit=None: read.append(text) or text
    )
    summary = read_whole(
        '2026-11-22 08:00:00,000 ERROR app: x\nTraceback (most recent call last):\n  File "/app/x.py", line 3, in g\n    g()\nKeyError: 1\n'
    )
    (group,) = summary.merge(Summary()).groups.values()
    assert read == []
    assert group.example.endswith("KeyError: 1")
    assert len(read) == 1


@pytest.mark.slow
def test_a_traceback_of_three_hundred_thousand_frames_has_its_fault_at_the_end() -> None:
    frames = "".join(f'  File "/app/shop/deep.py", line {at % 900 + 1}, in f\n    f()\n' for at in range(300_000))
    text = (
        f"2026-11-22 08:00:00,000 ERROR app: x\nTraceback (most recent call last):\n{frames}RecursionError: too deep\n"
    )
    after = text.replace(frames, '  File "/app/shop/x.py", line 3, in g\n    g()\n').replace(
        "RecursionError", "KeyError"
    )
    deep, late = sorted(read_whole(text + after).groups.values(), key=lambda one: one.message != "too deep")
    assert (deep.exception, deep.count, deep.culprit and deep.culprit.line) == ("RecursionError", 1, 300_000 % 900)
    assert deep.example.endswith("RecursionError: too deep")
    assert LEFT_OUT in deep.example
    assert (late.count, late.culprit and late.culprit.file) == (1, "/app/shop/x.py")
