"""Every label of the sample logs holds: signatures, counts, lines of code, times; and nothing else is found."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from forge_doctor.logs.problems.group import Group
from forge_doctor.logs.problems.telling.report import TriageOptions, triage
from forge_doctor.streams.times.clock import parse_stamp
from tests.support.log_reading import RULES, SAMPLES, read_scanned, read_whole, sample_cases, wild_cases

CASES = sample_cases()
LABELS = [(case, label) for case in CASES for label in (*case["problems"], *case["db_side"])]


def _read(case: dict[str, Any]) -> list[Group]:
    return _read_file(case["file"])


@functools.cache
def _read_file(name: str) -> list[Group]:
    return list(read_whole((SAMPLES / name).read_bytes(), name).groups.values())


def _is(group: Group, label: dict[str, Any]) -> bool:
    if group.signature not in (label["signature"], *(label.get("accept_signatures") or ())):
        return False
    accepted = [label.get("culprit"), *(label.get("accept_culprits") or ())]
    return any(_same_place(group, place) for place in accepted)


def _same_place(group: Group, place: dict[str, Any] | None) -> bool:
    if place is None or group.culprit is None:
        return place is None and group.culprit is None
    found = group.culprit
    named = found.function in ("", place["function"])  # a warning names no function
    return found.file.endswith("/" + place["file"]) and found.line == place["line"] and named


@pytest.mark.parametrize(
    ("case", "label"), LABELS, ids=[f"{case['case']}-{label['signature']}" for case, label in LABELS]
)
def test_a_labelled_problem_is_found_with_its_count_place_and_times(case, label):
    found = [group for group in _read(case) if _is(group, label)]
    if not found and not label.get("required", True):
        pytest.skip("optional: the log gives it another name")
    found = [group for group in found if group.signature == label["signature"]] or found
    assert len(found) == 1, [group.key for group in _read(case)]
    low, high = label.get("count_accept") or (label["count"], label["count"])
    assert low <= found[0].count <= high
    for stamp, at in ((label["first"], found[0].first), (label["last"], found[0].last)):
        if stamp is not None:
            assert at == pytest.approx(parse_stamp(stamp), abs=case["ts_tolerance_s"])
    if not case["has_timestamps"] and case["server"] != "gunicorn":
        assert found[0].first is None


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_nothing_is_found_that_no_label_knows(case):
    labels = [*case["problems"], *case["db_side"]]
    strangers = [group for group in _read(case) if not any(_is(group, label) for label in labels)]
    assert [group.key for group in strangers if f"builtins.{group.exception}" not in case["unmatched_ok"]] == []


def test_a_healthy_log_gives_no_problem_but_the_error_that_nobody_knows_and_that_fails_no_run():
    summary = read_whole((SAMPLES / "healthy_312.raw.log").read_bytes())
    report = triage(summary, "healthy")
    assert report.data["problems"] == []
    assert [found.check for found in report.findings] == ["unknown-error"]
    assert [(found.severity.label, found.confidence.label) for found in report.findings] == [("warning", "medium")]


@pytest.mark.parametrize("fragment", wild_cases(), ids=lambda fragment: fragment["id"])
def test_a_fragment_of_a_public_issue_gives_what_it_is_about(fragment):
    found = read_whole(fragment["log"]).groups.values()
    known = [group for group in found if group.signature]
    expected = fragment["expected"]
    assert [group.signature for group in known] == [label["signature"] for label in expected]
    for group, label in zip(known, expected, strict=True):
        low, high = label.get("count_accept", (label["count"], label["count"]))
        assert low <= group.count <= high
        assert _same_place(group, label["culprit"])
        if label.get("first"):
            assert (group.first, group.last) == (parse_stamp(label["first"]), parse_stamp(label["last"]))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
@pytest.mark.parametrize("block_bytes", [4 << 20, 4096])
def test_regions_give_the_same_summary_as_the_whole_log(case, block_bytes):
    data = (SAMPLES / case["file"]).read_bytes()
    assert read_scanned(data, block_bytes=block_bytes).to_data() == read_whole(data).to_data()


def test_the_closed_connections_are_explained_by_the_server_s_own_log():
    summary = read_whole((SAMPLES / "idletx_312.compose.log").read_bytes())
    problems = {one["signature"]: one for one in triage(summary, "idletx", TriageOptions()).data["problems"]}
    assert problems["asyncpg-underlying-closed"]["because"] == [{"signature": "idle-in-transaction", "explained": 2}]
    assert problems["idle-in-transaction"]["origin"] == "postgresql"
    assert RULES.reference is not None
