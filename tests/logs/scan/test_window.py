"""What stood before a line is the same however much of the log the window has in its region, and how much before it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.logs.scan.region import BEFORE_BYTES, SEEN_BYTES
from forge_doctor.logs.scan.window import Window, lines_before

LOGS = st.lists(st.sampled_from([0, 1, 40, 700, BEFORE_BYTES - 1, BEFORE_BYTES]), min_size=1, max_size=12)


@given(LOGS, st.data())
def test_the_lines_before_a_place_are_the_whole_ones_within_reach(lengths: list[int], data: st.DataObject) -> None:
    log = b"".join(b"x" * length + b"\n" for length in lengths)
    begins = [0, *(at + 1 for at, byte in enumerate(log) if byte == 10)]
    place = data.draw(st.sampled_from(begins))
    # A region begins at most SEEN_BYTES behind the first byte that comes with it.
    region = data.draw(st.sampled_from([at for at in begins if at <= place]))
    window = Window(log[region:], region, log[max(0, region - SEEN_BYTES) : region], ())
    first = min(at for at in begins if at >= place - BEFORE_BYTES)
    assert window.before(place) == lines_before(bytearray(log), place, 0) == log[first:place]
    since = data.draw(st.sampled_from(begins))
    wanted = [at for at in begins if max(first, since) <= at < place]
    assert list(window.lines_before(place, since)) == [
        (log[at : log.index(b"\n", at) + 1], at) for at in reversed(wanted)
    ]
