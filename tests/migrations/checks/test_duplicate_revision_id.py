"""`duplicate-revision-id` compares the files of one tree, and not those of two."""

from __future__ import annotations

from pathlib import Path

from forge_doctor.check import load
from forge_doctor.migrations import checks
from forge_doctor.migrations.judge import read
from forge_doctor.migrations.tree.places import places
from tests.support.migration_cases import judged, report_of, revision_files, write_tree


def test_both_files_are_told(tmp_path: Path) -> None:
    case = "# revision b002 after a001\n# revision b002 after a001\n"
    report = report_of(write_tree(tmp_path, case), "duplicate-revision-id")
    assert sorted((one.location.target.rpartition("/")[2], one.location.line) for one in report.findings) == [
        ("01_b002.py", 4),
        ("02_b002.py", 4),
    ]


def test_one_folder_for_each_dialect_is_no_duplicate(tmp_path: Path) -> None:
    write_tree(tmp_path, "# revision a001\n")
    versions = tmp_path / "migrations" / "versions"
    for dialect in ("postgresql", "sqlite"):
        (versions / dialect).mkdir()
        for name, text in revision_files("# revision b002 after a001\n").items():
            (versions / dialect / name).write_text(text, encoding="utf-8")
    for path in versions.glob("*.py"):
        path.unlink()
    (check,) = (one for one in load(checks) if one.id == "duplicate-revision-id")
    reports = [judged(read(place, tmp_path), (check,)) for place in places(tmp_path)]
    assert [(one.subject, one.findings) for one in reports] == [
        ("migrations/versions/postgresql", ()),
        ("migrations/versions/sqlite", ()),
    ]
