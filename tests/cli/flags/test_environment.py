"""Every option of every command can come from the environment, and a complaint about it names the variable."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from forge_doctor.cli.commands import command
from forge_doctor.cli.ending import run
from forge_doctor.cli.flags.environment import values
from forge_doctor.cli.shell.program import NAMES

# A value for any option that takes one: the first that it accepts and does not have anyway.
SAMPLES = ("3", "0.5", "60", "warning", "10:00", "word", str(Path(__file__)), str(Path(__file__).parent))


def parsed(name: str, *words: str) -> Any:
    """What the parameters come to; a required argument is there."""
    needed = ["word" for one in command(name).params if one.param_type_name == "argument" and one.required]
    prefix = f"FORGE_DOCTOR_{name}".upper()
    return command(name).make_context(name, [*words, *needed], auto_envvar_prefix=prefix).params


def typed(name: str, option: Any) -> tuple[list[str], str]:
    """Words that set an option to what it is not by default, and the same for a variable."""
    if option.is_flag:
        return [(option.secondary_opts or option.opts)[0] if option.default else option.opts[0]], str(
            not option.default
        )
    default = parsed(name)[option.name]
    for sample in SAMPLES:
        try:
            if parsed(name, option.opts[0], sample)[option.name] != default:
                return [option.opts[0], sample], sample
        except Exception:
            continue
    raise AssertionError(f"no sample suits {option.opts[0]}")


@pytest.mark.parametrize("name", NAMES)
def test_the_variable_says_what_the_option_says(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options = [one for one in command(name).params if one.param_type_name == "option" and one.name != "help"]
    for option in options:
        words, text = typed(name, option)
        wanted = parsed(name, *words)
        assert wanted != parsed(name)
        variable = f"FORGE_DOCTOR_{name}_{option.name}".upper()
        monkeypatch.setenv(variable, text)
        assert parsed(name) == wanted, option.name
        monkeypatch.delenv(variable)


@pytest.mark.parametrize(
    ("name", "text", "wanted"),
    [
        ("select", "commit-in-loop,n-plus-one", ["commit-in-loop", "n-plus-one"]),
        ("select", " commit-in-loop  n-plus-one ", ["commit-in-loop", "n-plus-one"]),
        ("exclude", "build/\n*_pb2.py\n", ["build/", "*_pb2.py"]),
        ("exclude", r"a\*b", [r"a\*b"]),
        ("only_user", "'the app' cron", ["the app", "cron"]),
        ("exclude_app", "Bob's shell", ["Bob's", "shell"]),
        ("dsn", "host=db.example user=app password='a b'", ["host=db.example user=app password='a b'"]),
        ("dsn", "postgresql://a@b,c/d postgresql://e/f", ["postgresql://a@b,c/d", "postgresql://e/f"]),
        ("log", "s3://logs/a,b.log", ["s3://logs/a,b.log"]),
    ],
)
def test_one_variable_holds_several_values(name: str, text: str, wanted: list[str]) -> None:
    assert values(name, text) == wanted


def test_paths_stand_as_in_path_or_with_blanks_between() -> None:
    assert values("paths", os.pathsep.join(("src", "my tests")), paths=True) == ["src", "my tests"]
    assert values("paths", "src tests", paths=True) == ["src", "tests"]


@pytest.mark.parametrize(
    ("variable", "text", "words"),
    [
        ("FORGE_DOCTOR_LINT_FAIL_ON", "wrning", "--fail-on: unknown value 'wrning'"),
        ("FORGE_DOCTOR_LINT_SELECT", "commit-in-lop", "unknown check 'commit-in-lop'"),
        ("FORGE_DOCTOR_LINT_QUIET", "ja", "'ja' is not a valid boolean"),
        ("FORGE_DOCTOR_LINT_CONFIG", "/no/such", "File '/no/such' does not exist"),
    ],
)
def test_a_complaint_names_the_variable(
    variable: str, text: str, words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, text)
    assert run(["lint", str(Path(__file__))]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert f"({variable} in the environment)" in said


def test_what_was_typed_is_not_blamed_on_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORGE_DOCTOR_LINT_FAIL_ON", "never")
    assert run(["lint", str(Path(__file__)), "--fail-on", "wrning"]) == 2
    assert "environment" not in capsys.readouterr().err


@pytest.mark.parametrize("separator", [",", ", ", " --select "])
def test_ids_may_stand_between_commas(separator: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = f"--select commit-in-loop{separator}no-such-rule".replace(", ", ",").split()
    assert run(["lint", str(Path(__file__)), *words]) == 2
    assert "unknown check 'no-such-rule'" in capsys.readouterr().err
