"""Configuration: what is known counts, what is not is refused by name with the nearest valid one."""

import math
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.check import NO_LIMITS, Check
from forge_doctor.cli.commands import command
from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Severity
from forge_doctor.logs.problems.problem import By
from forge_doctor.logs.scan.engines import MODULES
from forge_doctor.settings import Settings, find_configuration, load_settings, parse_settings
from forge_doctor.settings.keys import BOUNDS, GENERAL_KEYS, SECTION_KEYS, SELECTION_KEYS, WORDS

HEAD = "[tool.forge-doctor]\n"


def settings_of(folder: Path, text: str) -> Settings:
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return load_settings(folder)


def test_without_a_table_of_ours_there_are_no_settings(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "[tool.ruff]\nline-length = 90\n") == Settings()


def test_the_nearest_file_with_our_table_counts(tmp_path: Path) -> None:
    inner = tmp_path / "services" / "api"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'api'\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(HEAD + "fail-on = 'warning'\n", encoding="utf-8")
    assert find_configuration(inner) == tmp_path / "pyproject.toml"
    assert load_settings(inner).get("fail-on", "pool") == "warning"


def test_a_commands_own_table_wins_over_the_general_one(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, HEAD + "fail-on = 'warning'\n[tool.forge-doctor.pool]\nfail-on = 'never'\n")
    assert (settings.get("fail-on", "pool"), settings.get("fail-on", "lint")) == ("never", "warning")


def test_underscores_and_dashes_are_the_same(tmp_path: Path) -> None:
    text = "[tool.forge-doctor.pool]\npool_size = 4\n[tool.forge-doctor.limits.idle_in_transaction]\nidle-s = 7\n"
    settings = settings_of(tmp_path, text)
    assert settings.get("pool-size", "pool") == 4
    assert settings.limits == {"idle-in-transaction": {"idle_s": 7.0}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "fial-on = 'error'", "unknown key 'fial-on' in [tool.forge-doctor]; did you mean 'fail-on'?"),
        ("[tool.forge-doctor.pol]\nworkers = 1", "unknown key 'pol' in [tool.forge-doctor]; did you mean 'pool'?"),
        ("[tool.forge-doctor.pool]\nworker = 1", "did you mean 'workers'?"),
        (HEAD + "select = ['idle']", "unknown key 'select'"),
        ("[tool.forge-doctor.pool]\nworkers = '4'", "'workers' in [tool.forge-doctor.pool] must be a whole number"),
        ("[tool.forge-doctor.pool]\nworkers = true", "must be a whole number"),
        ("[tool.forge-doctor.pool]\nselect = 'idle'", "must be an array of strings"),
        ("[tool.forge-doctor]\npool = 3", "[tool.forge-doctor.pool] must be a table"),
        ("[tool.forge-doctor.limits]\nidle-in-transaction = 3", "must be a table, such as"),
        ("[tool.forge-doctor.limits.deadlocks]\nper_hour = 'many'", "must be a number, not 'many'"),
        ("[tool]\nforge-doctor = 1", "[tool.forge-doctor] must be a table"),
        ("[tool.forge-doctor", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(UsageProblem) as caught:
        settings_of(tmp_path, text)
    assert words in str(caught.value)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)


# A value of each kind that TOML can write, and of the kind that a key takes, those that no option would take.
VALUES = {
    "word": '"?x"',
    "nul": '"a\\u0000b"',
    "whole": "7",
    "below": "-5",
    "fraction": "7.5",
    "nan": "nan",
    "infinite": "inf",
    "beyond a float": "1" + "0" * 400,
    "true": "true",
    "day": "2026-01-02",
    "list": '["a"]',
    "list of numbers": "[1]",
    "table": '{ a = "b" }',
    "table of lists": '{ a = ["b"] }',
}
FITTING: dict[object, tuple[str, ...]] = {
    str: ("word",),
    int: ("whole", "beyond a float"),
    float: ("whole", "fraction"),
    bool: ("true",),
    (str,): ("list",),
}


def wrong_values() -> Iterator[tuple[str, str, str]]:
    for section, own in SECTION_KEYS.items():
        for key, kind in {**GENERAL_KEYS, **SELECTION_KEYS, **own}.items():
            fitting = FITTING[kind] if not isinstance(kind, dict) else ("table of lists",)
            for name, written in VALUES.items():
                words = key in WORDS and name == "word"
                if words or name not in fitting or (name == "beyond a float" and key in BOUNDS):
                    yield section, key, written


def test_no_key_takes_a_value_that_is_none() -> None:
    path = Path("forge-doctor.toml")
    for section, key, written in wrong_values():
        table = tomllib.loads(f"[{section}]\n{key} = {written}\n")
        with pytest.raises(UsageProblem, match=re.escape(f"{path}: '{key}' in [tool.forge-doctor.{section}]")):
            parse_settings(table, path)


@pytest.mark.parametrize("section", SECTION_KEYS)
def test_the_configuration_has_the_bounds_of_the_flags(section: str) -> None:
    options: dict[str, Any] = {one.name.replace("_", "-"): one.type for one in command(section).params}
    for key in SECTION_KEYS[section]:
        kind = options.get(key)
        if key in BOUNDS and kind is not None:
            least, most = BOUNDS.get(f"{section}.{key}", BOUNDS[key])
            assert (kind.min, kind.max) == (least, None if most == math.inf else most), key


def test_the_words_of_the_configuration_are_those_of_the_program() -> None:
    assert WORDS["by"] == tuple(By)
    assert WORDS["engine"] == tuple(sorted(MODULES))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "9" * 5_000,
        "x = " + "[" * 5_000,
        "x = {a." + "b." * 3_000 + "c = 1}",
        "[limits.deadlocks]\nper_hour = 1" + "0" * 400,
        "[limits.deadlocks]\nper_hour = nan",
        'fail-on = "\\ud800"',
    ],
)
def test_a_hostile_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "forge-doctor.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageProblem, match=re.escape(f"{path}: ")):
        load_settings(tmp_path)


def test_a_file_that_is_asked_for_must_have_our_table(tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text("[project]\n", encoding="utf-8")
    with pytest.raises(UsageProblem, match="has no"):
        load_settings(tmp_path, other)


def test_a_users_limit_goes_over_the_checks_own() -> None:
    check = Check(
        id="idle", summary="", manual="", severity=Severity.INFO, run=lambda: (), limits={"idle_s": 5.0, "most": 3.0}
    )
    assert dict(Settings(limits={"idle": {"idle_s": 60.0}}).limits_of(check)) == {"idle_s": 60.0, "most": 3.0}
    assert dict(Settings().limits_of(check)) == {"idle_s": 5.0, "most": 3.0}
    assert dict(NO_LIMITS) == {}
