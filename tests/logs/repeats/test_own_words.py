"""A failure that several tell of is one, however often its traceback was seen with other words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logs.repeats.test_repeat import docker, plain, read_every_line
from tests.support.log_reading import read_scanned

STORE = b'  File "/srv/tea/store.py", line 17, in pick\n    found = leaves[name]\n'
API = b'  File "/srv/tea/api.py", line 44, in brew\n    leaves = await pick(session, name)\n' + STORE
SERVER = b'  File "/usr/lib/python3/dist-packages/uvicorn/h11_impl.py", line 403, in run_asgi\n    await app()\n' + API
TOLD = {
    "handler": (b"[tea.api] no tea today", API),
    "server": (b"[uvicorn.error] Exception in ASGI application", SERVER),
    "job": (b"[tea.jobs] a job failed", STORE),
    "quote": (b"[tea.audit] the order was lost: no leaves of kind %d are left in the box", b""),
    "quiet": (b"", b""),
}
WORDS = b"KeyError: 'no leaves of kind %d are left in the box'\n"


def told(at: float, kind: str, number: int) -> bytes:
    """What one of them logs of a failure."""
    clock = b"2026-11-22 08:%02d:%02d,%03d " % (at // 60, at % 60, at % 1 * 1000)
    head, frames = TOLD[kind]
    if not head:
        return (clock + b"INFO [tea] all is well\n") * 40
    line = clock + b"ERROR " + (head % number if b"%d" in head else head) + b"\n"
    return line + (b"Traceback (most recent call last):\n" + frames + WORDS % number if frames else b"")


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(TOLD)), st.integers(0, 2), st.sampled_from([0.0, 0.005, 0.4, 3.0])),
        min_size=2,
        max_size=14,
    ),
    st.sampled_from([plain, docker]),
)
def test_what_several_tell_counts_as_if_every_line_were_read(tellings, written) -> None:
    at, log = 0.0, b""
    for kind, number, later in tellings:
        at += later
        log += told(at, kind, number)
    log = written((log + told(at + 9, "quiet", 0)).splitlines(keepends=True))
    assert read_scanned(log).to_data() == read_every_line(log).to_data()


def test_the_words_that_count_are_those_of_the_last_that_was_told() -> None:
    log = b"".join(told(3.0 * number, "handler", number) for number in range(5)) + told(12.0, "server", 4)
    (group,) = read_scanned(log + told(30.0, "quiet", 0)).groups.values()
    assert group.count == 5
