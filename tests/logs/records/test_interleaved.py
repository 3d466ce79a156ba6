"""Tracebacks of several workers with nothing before a line that tells whose it is: told apart, or without a line to blame."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from forge_doctor.logs.problems.telling.report import triage
from tests.support.log_interleaving import alone, interleaved, tracebacks
from tests.support.log_reading import place, read_whole, told

UNSURE = "tracebacks are mixed here; the line cannot be told"
QUIET = "INFO:     nothing happens\n"


def counts(text: str) -> Counter[tuple[str, str | None]]:
    return Counter({(name, culprit): count for name, culprit, count in told(text)})


def mixes(seen: bool) -> tuple[int, int, int, int]:
    """Events of two workers, written entry by entry: named right, named wrong, without a line, in all."""
    right = wrong = unsure = events = 0
    texts = tracebacks()
    for seed in range(6):
        pair = random.Random(seed).sample(texts, 2)
        before = QUIET.join(["", *pair, ""]) if seen else ""
        found = counts(before + interleaved(pair, seed, (1, 5, 20)[seed % 3], entries=True)) - counts(before)
        true = counts(pair[0]) + counts(pair[1])
        right += sum(count for (_, culprit), count in (found & true).items() if culprit)
        wrong += sum(count for (_, culprit), count in (found - true).items() if culprit)
        unsure += sum(count for (_, culprit), count in found.items() if not culprit)
        events += sum(true.values())
    return right, wrong, unsure, events


@pytest.mark.slow
def test_tracebacks_that_also_stand_whole_in_the_log_are_told_apart():
    right, wrong, _, events = mixes(seen=True)
    assert not wrong
    assert right >= 0.75 * events


@pytest.mark.slow
def test_tracebacks_that_never_stand_whole_are_told_where_their_lines_show_it_and_blame_no_wrong_line():
    right, wrong, unsure, events = mixes(seen=False)
    assert not wrong
    assert right >= 0.4 * events
    assert unsure


def test_one_that_was_cut_off_makes_those_behind_it_no_less_sure():
    text = tracebacks()[0]
    cut = "".join(text.splitlines(keepends=True)[:3])
    assert set(told(cut + QUIET + text * 9)) == {(name, culprit, 9) for name, culprit in alone(text)}


def test_what_cannot_be_told_is_said():
    lines = [
        "Traceback (most recent call last):",
        "Traceback (most recent call last):",
        '  File "/app/one.py", line 1, in one',
        '  File "/app/two.py", line 2, in two',
        "    await step()",
        "    await step()",
        "ValueError: bad total",
        "KeyError: 'colour'",
    ]
    summary = read_whole("\n".join(lines) + "\n")
    assert {(group.exception, place(group), group.unsure) for group in summary.groups.values()} == {
        ("ValueError", None, 1),
        ("KeyError", None, 1),
    }
    report = triage(summary, "app.log")
    assert all(UNSURE in finding.message for finding in report.findings)
    assert any(UNSURE in str(one.source) for finding in report.findings for one in finding.evidence)


@pytest.mark.parametrize("seed", range(6))
def test_of_four_at_once_none_blames_another_ones_line(seed: int) -> None:
    texts = random.Random(seed).sample(tracebacks(), 4)
    true = frozenset[tuple[str, str | None]]().union(*map(alone, texts))
    found = counts(interleaved(texts, seed, (1, 3, 5)[seed % 3]))
    assert found
    assert {one for one in found if one[1]} <= true
