"""Every check of every slice is named for its file, documented, limited in units, explained and tested."""

from __future__ import annotations

import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import forge_doctor
from forge_doctor.check import Check
from forge_doctor.logs.signature import load_signatures
from tests.support.conformance import (
    FOLDERS,
    Folder,
    all_checks,
    check_ids,
    duplicates,
    every_module,
    failed_examples,
    limits_without_unit,
    misnamed,
    missing_sections,
    modules_without_one_check,
    modules_without_test,
    summary_faults,
)

EXISTING = [folder for folder in FOLDERS if folder.modules()]
CHECKS = list(all_checks())


def test_the_pool_checks_are_found() -> None:
    assert "idle-in-transaction" in {check.id for _, check in CHECKS}
    assert len(CHECKS) >= 20


@pytest.mark.parametrize("folder", EXISTING, ids=lambda folder: folder.package)
def test_every_module_has_its_sections_and_a_summary(folder: Folder) -> None:
    faults = {
        module.__name__: missing_sections(module.__doc__ or "", folder.sections) + summary_faults(module.__doc__ or "")
        for module in folder.modules()
    }
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("folder", [one for one in EXISTING if one.holds_checks], ids=lambda folder: folder.package)
def test_every_module_holds_one_check_named_for_its_file(folder: Folder) -> None:
    assert modules_without_one_check(folder.modules()) == []
    assert misnamed({check.run.__module__: check for owner, check in CHECKS if owner == folder}) == []


@pytest.mark.parametrize("folder", [one for one in EXISTING if one.own_tests], ids=lambda folder: folder.package)
def test_every_module_has_a_test_file_of_its_own(folder: Folder) -> None:
    assert modules_without_test(folder.tests, [module.__name__ for module in folder.modules()]) == []


# Faults that two commands find by different means: `explain` prints both manuals, the site has one page.
FOUND_TWICE = {"not-the-database", "query-in-loop"}


def test_an_id_means_one_thing_over_all_slices() -> None:
    every = [*check_ids(), *(alias for _, check in CHECKS for alias in check.aliases)]
    assert set(duplicates(every)) <= FOUND_TWICE
    assert duplicates([f"{folder.package} {check.id}" for folder, check in CHECKS]) == []


def test_a_signature_that_shares_its_id_with_a_check_is_about_the_same_fault() -> None:
    signatures = load_signatures()
    for shared in signatures.keys() & set(check_ids()):
        assert shared in (*signatures[shared].checks, *signatures[shared].rules)


def test_the_checks_that_signatures_name_exist() -> None:
    named = {name for one in load_signatures().values() for name in one.checks}
    assert named - set(check_ids()) == set()


def test_every_limit_says_its_unit() -> None:
    assert {check.id: found for _, check in CHECKS if (found := limits_without_unit(check.limits))} == {}


@pytest.mark.parametrize("check", [check for _, check in CHECKS], ids=lambda check: check.id)
def test_explain_prints_the_manual_and_the_limits(check: Check[Any]) -> None:
    from forge_doctor.cli.commands import app

    result = CliRunner().invoke(app, ["explain", check.id])
    assert result.exit_code == 0, result.output
    assert check.manual in result.output
    assert all(f"{name} = {value:g}" in result.output for name, value in check.limits.items())


def test_explain_lists_every_check_with_its_severity_and_summary() -> None:
    from forge_doctor.cli.commands import app

    lines = CliRunner().invoke(app, ["explain"]).output.splitlines()
    for _, check in CHECKS:
        listed = [line for line in lines if line.split()[0] == check.id]
        assert any(line.split()[1] == check.severity.label and line.endswith(check.summary) for line in listed)


@pytest.mark.slow
def test_examples_in_docstrings_give_what_they_say() -> None:
    # The shop of the demo is not importable without its extra, and has no examples.
    _, failures = failed_examples(every_module(forge_doctor, leave_out="forge_doctor.demo"))
    assert failures == []


MANUAL = """Something is wrong.

Why:
    Because.

Measures (s):
    Seconds.

Source: a book.
"""


def test_a_missing_or_empty_section_is_seen() -> None:
    sections = ("Why", "Measures", "Source")
    assert missing_sections(MANUAL, sections) == []
    assert missing_sections(MANUAL.replace("Why:\n    Because.\n", ""), sections) == ["Why"]
    assert missing_sections(MANUAL.replace("    Seconds.\n", ""), sections) == ["Measures"]
    assert missing_sections("", sections) == list(sections)


def test_a_poor_summary_is_seen() -> None:
    assert summary_faults(MANUAL) == []
    assert summary_faults("No full stop\n\nWhy:") != []
    assert summary_faults("Two lines.\nof summary\n") != []
    assert summary_faults("a" * 100 + ".\n") != []


def test_a_limit_without_unit_is_seen() -> None:
    assert limits_without_unit(["idle_s", "used_ratio", "connections", "per_hour"]) == []
    assert limits_without_unit(["idle", "timeout_max", "waiting"]) == ["idle", "timeout_max", "waiting"]


def test_a_module_without_a_check_is_seen() -> None:
    _, check = CHECKS[0]
    empty = types.ModuleType("forge_doctor.pool.checks.empty")
    borrowed = types.ModuleType("forge_doctor.pool.checks.borrowed")
    vars(borrowed)["examine"] = check
    assert modules_without_one_check([empty, borrowed]) == [borrowed.__name__, empty.__name__]


def test_a_misnamed_check_and_a_duplicate_are_seen() -> None:
    _, check = CHECKS[0]
    renamed = replace(check, id="another-name")
    assert misnamed({check.run.__module__: renamed}) == [check.run.__module__]
    assert duplicates(["a", "b", "a"]) == ["a"]


def test_a_test_file_that_is_missing_or_empty_is_seen(tmp_path: Path) -> None:
    (tmp_path / "test_kept.py").write_text("async def test_it() -> None: ...\n", encoding="utf-8")
    (tmp_path / "test_hollow.py").write_text('"""Nothing here."""\n', encoding="utf-8")
    assert modules_without_test(tmp_path, ["x.kept", "x.hollow", "x.gone"]) == ["x.hollow", "x.gone"]


def test_a_wrong_example_is_seen() -> None:
    wrong = types.ModuleType("wrong")
    wrong.__doc__ = ">>> 1 + 1\n3\n"
    assert failed_examples([wrong])[0] == 1
    assert len(failed_examples([wrong])[1]) == 1
