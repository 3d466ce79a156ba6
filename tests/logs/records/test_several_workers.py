"""Real tracebacks that several workers write into one pipe, four kilobytes at a time: no problem that none of them has."""

from __future__ import annotations

import functools
import random

import pytest

from tests.support.log_reading import SAMPLES, place, read_with_rest

PIPE_BYTES = 4096
Problems = set[tuple[str, str | None]]


@functools.cache
def tracebacks() -> tuple[str, ...]:
    """The different tracebacks of the samples that are plain text, each with its record's head."""
    found: dict[str, None] = {}
    for path in sorted(SAMPLES.glob("*.raw.log")):
        record: list[str] = []
        for line in path.read_text().splitlines():
            if line.startswith(("ERROR:    Exception", "INFO:     ", "{", "[20", "WARNING")) or line[:2] == "20":
                if any(one.startswith("Traceback") for one in record) and len(record) > 20:
                    found["\n".join(record) + "\n"] = None
                record = []
            record.append(line)
    return tuple(found)


def told(text: str) -> tuple[Problems, str]:
    groups, rest = read_with_rest(text)
    return {(group.signature or group.exception, place(group)) for group in groups}, rest


def interleaved(workers: list[bytes], rng: random.Random) -> str:
    left = [[text[at : at + PIPE_BYTES] for at in range(0, len(text), PIPE_BYTES)] for text in workers]
    log = b""
    while any(left):
        log += rng.choice([pieces for pieces in left if pieces]).pop(0)
    return log.decode("utf-8", "replace")


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("seed", range(8))
def test_workers_that_share_a_pipe_give_the_problems_they_give_apart_or_a_note(seed: int, count: int) -> None:
    rng = random.Random(1000 * count + seed)
    written = [[rng.choice(tracebacks()) for _ in range(rng.randint(1, 2))] for _ in range(count)]
    asked: Problems = set()
    for text in {text for worker in written for text in worker}:
        asked |= told(text)[0]
    found, rest = told(interleaved(["".join(worker).encode() for worker in written], rng))
    assert found <= asked
    assert found == asked or rest
