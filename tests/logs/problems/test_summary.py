"""Summaries are sums: whatever the order in which they are added, and whatever they travelled through."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.logs.problems.histogram import MOST_BUCKETS, Histogram
from forge_doctor.logs.problems.summary import MOST_GROUPS, Summary, merge_all
from forge_doctor.logs.records.event import Culprit, Event, Sighting

PLACES = [None, Culprit(file="/app/a.py", line=1, function="f"), Culprit(file="/app/b.py", line=2, function="g")]
EVENTS = st.builds(
    Event,
    signature=st.sampled_from(["pool-timeout", "deadlock", ""]),
    exception=st.sampled_from(["KeyError", "shop.Oops"]),
    message=st.sampled_from(["one", "two"]),
    culprit=st.sampled_from(PLACES),
    detail=st.sampled_from(["", "orders"]),
    numbers=st.sampled_from([(), (("pool_size", 5.0),), (("pool_size", 10.0), ("overflow", 2.0))]),
)
TIMES = st.none() | st.integers(0, 40_000_000_000).map(lambda tenths: tenths / 10)
SIGHTINGS = st.builds(
    Sighting,
    source=st.sampled_from(["api", "db"]),
    offset=st.integers(0, 10**9),
    at=TIMES,
    worker=st.integers(0, 200).map(str),
    route=st.sampled_from(["", "GET /a", "GET /b"]),
    sqlstate=st.sampled_from(["", "40P01"]),
    origin=st.sampled_from(["app", "postgresql"]),
)
SEEN = st.lists(st.tuples(EVENTS, SIGHTINGS), max_size=30, unique_by=lambda pair: (pair[1].source, pair[1].offset))


def summed(seen: list[tuple[Event, Sighting]]) -> Summary:
    summary = Summary(lines=len(seen), bytes=3 * len(seen))
    for event, sighting in seen:
        summary.add(event, sighting, lambda sighting=sighting: f"example at {sighting.offset}")
        summary.mark("app started", sighting.at)
    return summary


@given(SEEN, st.integers(0, 30), st.integers(0, 30))
@settings(max_examples=120, deadline=None)
def test_any_way_of_splitting_and_adding_gives_the_summary_of_all(seen, first, second):
    cut, end = sorted((min(first, len(seen)), min(second, len(seen))))
    a, b, c = summed(seen[:cut]), summed(seen[cut:end]), summed(seen[end:])
    whole = summed(seen).to_data()
    assert a.merge(b).merge(c).to_data() == whole
    assert a.merge(b.merge(c)).to_data() == whole
    assert merge_all([c, a, b]).to_data() == whole


@given(SEEN)
@settings(max_examples=50, deadline=None)
def test_a_summary_survives_json(seen):
    data = summed(seen).to_data()
    assert Summary.from_data(json.loads(json.dumps(data))).to_data() == data


def test_adding_leaves_both_summands_as_they_were():
    event, sighting = Event(signature="deadlock", exception="", message="m"), Sighting(source="api", at=5.0)
    a, b = summed([(event, sighting)]), summed([(event, sighting)])
    before = a.to_data(), b.to_data()
    assert a.merge(b).groups[("deadlock", "", "", 0, "", "", "app")].count == 2
    assert merge_all([a, b, a]).groups[("deadlock", "", "", 0, "", "", "app")].count == 3
    assert (a.to_data(), b.to_data()) == before


def test_the_sum_of_many_copies_none_of_them(monkeypatch):
    """An archive has ten thousand logs: each copy of the sum so far would take longer than the one before."""
    parts = [
        summed([(Event(signature="", exception=f"E{n}", message="m"), Sighting(source="a", at=5.0))]) for n in (1, 2)
    ]
    monkeypatch.setattr("copy.deepcopy", lambda _whole: pytest.fail("copied"))
    assert len(merge_all(parts).groups) == 2


def test_a_histogram_stays_bounded_and_loses_no_event():
    histogram = Histogram()
    for minute in range(5000):
        histogram.add(60.0 * minute)
    assert len(histogram.counts) <= MOST_BUCKETS
    assert sum(histogram.counts.values()) == 5000


def test_the_sparkline_has_its_peaks_where_the_events_are():
    histogram = Histogram()
    for at in (0.0, 1.0, 2.0, 3.0, 1000.0):
        histogram.add(at)
    bars = histogram.bars(0.0, 1000.0, columns=10)
    assert bars == "█        ▂"


@given(st.integers(1, 400), st.sampled_from([1.0, 3.7, 10.0, 13.0, 60.0]))
@settings(max_examples=60, deadline=None)
def test_an_even_stream_draws_an_even_bar(count, pause_s):
    histogram, last = Histogram(), 0.0
    for n in range(count * 24):
        last = 1000.0 + n * pause_s
        histogram.add(last)
    if last - 1000.0 >= 24 * 10 * max(histogram.width_s, pause_s):
        # The ends may be less full: the first and the last bucket are not whole.
        assert set(histogram.bars(1000.0, last)[1:-1]) <= {"▇", "█"}


def test_one_event_is_one_column():
    histogram = Histogram()
    histogram.add(1003.0)
    assert histogram.bars(1000.0, 1004.0, own=(1003.0, 1003.0)).count("█") == 1


@pytest.mark.slow
def test_two_hundred_thousand_distinct_errors_take_the_room_of_some_and_are_all_counted():
    summary = Summary()
    for number in range(200_000):
        event = Event(signature="", exception=f"shop.Error{number}", message="m" * 200, culprit=PLACES[1])
        summary.add(event, Sighting(source="api", offset=number, at=float(number)), lambda: "x" * 400)
        if number % 50 == 0:
            known = Event(signature="deadlock", exception="", message="m")
            summary.add(known, Sighting(source="api", offset=number, at=float(number)), lambda: "y")
    assert len(summary.groups) <= 2 * MOST_GROUPS
    counts = {key[0]: group.count for key, group in summary.groups.items() if key[0]}
    assert counts == {"deadlock": 4_000}
    assert sum(group.count for key, group in summary.groups.items() if not key[0]) + summary.others == 200_000
