"""Findings known and accepted: recognised after lines moved, kept in a file that reads well in a diff."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Finding
from forge_doctor.suppression.baseline import Fingerprint, baseline_text, fingerprint, read_baseline, unknown
from tests.lint.examples import finding


def printed(source: str, *findings: Finding, path: str = "app.py") -> list[tuple[Finding, Fingerprint]]:
    lines = source.split("\n")
    return [(one, fingerprint(one, path, lines[(one.location.line or 1) - 1])) for one in findings]


def known(source: str, *findings: Finding) -> dict[Fingerprint, int]:
    counts: dict[Fingerprint, int] = {}
    for _, print_ in printed(source, *findings):
        counts[print_] = counts.get(print_, 0) + 1
    return counts


def test_a_finding_is_known_again_after_lines_moved_and_indentation_changed() -> None:
    before = known("db.commit( )\n", finding("rule-a", 1))
    fresh, gone = unknown(printed("\n\nif x:\n    db.commit()\n", finding("rule-a", 4)), before)
    assert (fresh, gone) == ((), {})


@pytest.mark.parametrize(
    ("source", "check", "path"),
    [("db.flush()", "rule-a", "app.py"), ("db.commit()", "rule-b", "app.py"), ("db.commit()", "rule-a", "b.py")],
)
def test_another_line_rule_or_file_is_new(source: str, check: str, path: str) -> None:
    before = known("db.commit()", finding("rule-a", 1))
    fresh, gone = unknown(printed(source, finding(check, 1), path=path), before)
    assert [one.check for one in fresh] == [check]
    assert list(gone.values()) == [1]


def test_a_second_finding_on_an_equal_line_is_new() -> None:
    before = known("db.commit()", finding("rule-a", 1))
    source = "db.commit()\ndb.commit()"
    fresh, _ = unknown(printed(source, finding("rule-a", 2), finding("rule-a", 1)), before)
    assert [one.location.line for one in fresh] == [2]


def test_the_file_is_sorted_and_one_line_a_finding_so_that_diffs_are_small(tmp_path: Path) -> None:
    source = "b()\na()\nb()\n"
    counts = known(source, finding("rule-b", 1), finding("rule-a", 2), finding("rule-b", 3))
    text = baseline_text(counts)
    assert text == baseline_text(dict(reversed(counts.items())))
    assert json.loads(text)["schema"] == "forge-doctor-baseline/1"
    rows = [line for line in text.splitlines() if '"check"' in line]
    assert ['"rule-a"' in row for row in rows] == [True, False]
    assert '"count": 2' in rows[1]
    (tmp_path / "baseline.json").write_text(text)
    assert read_baseline(tmp_path / "baseline.json") == counts


def test_an_empty_baseline_is_one(tmp_path: Path) -> None:
    (tmp_path / "b.json").write_text(baseline_text({}))
    assert read_baseline(tmp_path / "b.json") == {}


def test_no_source_text_gets_into_the_file() -> None:
    source = "create_async_engine('postgresql://app:hunter2@db/shop')"
    assert "hunter2" not in baseline_text(known(source, finding("rule-a", 1)))


ENTRY = '{"path": "a.py", "check": "x", "code": "1", "count": 1}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no such file"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\udcff", "is not JSON"),
        ("[]", "is no baseline of this version"),
        ('{"schema": "forge-doctor/1", "findings": []}', "is no baseline of this version"),
        ('{"schema": "forge-doctor-baseline/1"}', "has an entry that is none"),
        ('{"schema": "forge-doctor-baseline/1", "findings": 3}', "has an entry that is none"),
        ('{"schema": "forge-doctor-baseline/1", "findings": [3]}', "has an entry that is none"),
        ('{"schema": "forge-doctor-baseline/1", "findings": [{"path": "a.py"}]}', "has an entry that is none"),
        (f'{{"schema": "forge-doctor-baseline/1", "findings": [{ENTRY.replace("1}", "0}")}]}}', "count must be"),
        (f'{{"schema": "forge-doctor-baseline/1", "findings": [{ENTRY.replace("1}", "true}")}]}}', "count must be"),
    ],
)
def test_a_foreign_or_damaged_file_is_named_with_the_mend(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "baseline.json"
    if content is not None:
        path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageProblem) as caught:
        read_baseline(path)
    assert str(caught.value).startswith(f"--baseline {path}: ")
    assert message in str(caught.value)
    assert f"--write-baseline {path}" in str(caught.value)


def test_a_folder_is_no_baseline(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="cannot be read: Is a directory"):
        read_baseline(tmp_path)
