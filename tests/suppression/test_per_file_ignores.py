"""`per-file-ignores` in `[tool.forge-doctor.lint]`."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.check import load
from forge_doctor.errors import UsageProblem
from forge_doctor.settings import load_settings
from forge_doctor.suppression import ignores
from forge_doctor.suppression.per_file_ignores import PerFileIgnores, parse_per_file_ignores

SOURCE = Path("pyproject.toml")


def parsed(table: dict[str, tuple[str, ...]]) -> PerFileIgnores:
    return parse_per_file_ignores(table, load(ignores), SOURCE)


def test_every_pattern_that_matches_adds_its_rules() -> None:
    per_file = parsed({"tests": ("unused-ignore",), "tests/*_slow.py": ("unexplained",), "*": ("unknown_ignore",)})
    assert per_file.ignored("tests/a_slow.py") == {"unused-ignore", "unexplained-ignore", "unknown-ignore"}
    assert per_file.ignored("app/a.py") == {"unknown-ignore"}
    assert parsed({"tests": ("all",)}).ignored("tests/deep/a.py") == {check.id for check in load(ignores)}
    assert parsed({}).ignored("tests/a.py") == frozenset()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"tests": ("unused-ignor3",)}, "per-file-ignores 'tests': unknown check 'unused-ignor3'; did you mean"),
        ({"!tests": ("unused-ignore",)}, "per-file-ignores '!tests': a pattern cannot begin with !"),
    ],
)
def test_what_is_wrong_in_it_is_named(table: dict[str, tuple[str, ...]], message: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        parsed(table)
    assert str(caught.value).startswith("pyproject.toml: ")
    assert message in str(caught.value)


def test_the_configuration_keeps_patterns_as_written(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(
        '[tool.forge-doctor.lint]\nexclude = ["a_b"]\nper-file-ignores = { "a_b/c_d.py" = ["unused-ignore"] }\n'
    )
    settings = load_settings(tmp_path)
    assert settings.get("exclude", "lint") == ("a_b",)
    assert settings.get("per-file-ignores", "lint") == {"a_b/c_d.py": ("unused-ignore",)}


@pytest.mark.parametrize("value", ['["a"]', '{ a = "b" }', "{ a = [1] }", "1"])
def test_a_value_of_another_type_is_told_what_it_must_be(tmp_path: Path, value: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.forge-doctor.lint]\nper-file-ignores = {value}\n")
    with pytest.raises(UsageProblem, match="must be a table whose values are each an array of strings"):
        load_settings(tmp_path)
