"""What all commands share: help, completion, colours, quiet and verbose runs, and where their settings come from."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from forge_doctor.cli.commands import command
from forge_doctor.cli.output import wants_color
from forge_doctor.cli.shell.program import NAMES
from tests.support.lint_command import completed

ROOT = Path(__file__).resolve().parents[2]
UNUSUAL = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "CLICOLOR")
FORGOTTEN = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    db.commit()\n"
# A finding of low confidence beside the sure one.
GUESSED = "async def save(session):\n    session.commit()\n"


def run(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if name not in UNUSUAL}
    given |= {"XDG_CACHE_HOME": str(cwd / ".cache"), "COLUMNS": "110", **variables}
    return completed(cwd, *arguments, variables=given)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project in a monorepo: each has settings, and only the inner ones are of the code."""
    inner = tmp_path / "services/shop"
    inner.mkdir(parents=True)
    (inner / "save.py").write_text(FORGOTTEN, encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor]\nfail-on = 'never'\n", encoding="utf-8")
    return inner


# -- help


def test_the_help_tells_what_each_command_does_in_whole_sentences() -> None:
    told = run("--help").stdout
    flowing = " ".join(told.split())
    assert "pool Who holds the connections of a PostgreSQL server, why, and what to type now." in flowing
    assert "..." not in flowing.split("Commands:")[1].split("Exit codes")[0]


def test_options_are_listed_under_headings() -> None:
    told = run("lint", "--help").stdout
    own, _, shared = told.partition("\nOutput:\n")
    assert "--fix" in own
    assert "--output-format" not in own
    output, _, checks = shared.partition("\nChecks and configuration:\n")
    assert "--output-format" in output
    assert "--fail-on" in checks


def test_the_help_is_as_wide_as_the_terminal() -> None:
    def widest(columns: int) -> int:
        return max(map(len, run("pool", "--help", COLUMNS=str(columns)).stdout.splitlines()))

    assert 60 <= widest(70) <= 80  # what is broken by hand fits the narrowest usual terminal
    assert 100 < widest(118) <= 118


@pytest.mark.parametrize("name", NAMES)
def test_the_help_of_each_command_fits_the_narrowest_usual_terminal(name: str) -> None:
    context = command(name).make_context(name, ["word"], resilient_parsing=True, terminal_width=80)
    assert max(map(len, command(name).get_help(context).splitlines())) <= 80


def test_help_of_a_command_is_its_help() -> None:
    assert run("help", "pool").stdout == run("pool", "--help").stdout
    assert run("help").stdout == run("--help").stdout
    wrong = run("help", "pol")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "did you mean 'pool'" in wrong.stderr


# -- completion


@pytest.mark.parametrize(
    ("shell", "words"),
    [("bash", "forge-doctor lint --output-format sa"), ("zsh", "forge-doctor lint --output-format sa")],
)
def test_values_are_completed(shell: str, words: str) -> None:
    asked = {"_FORGE_DOCTOR_COMPLETE": f"complete_{shell}", "_TYPER_COMPLETE_ARGS": words}
    asked |= {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    assert "sarif" in run(**asked).stdout


def test_fish_completes_the_ids_of_the_command_at_hand() -> None:
    asked = {"_FORGE_DOCTOR_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    told = run(**asked, _TYPER_COMPLETE_ARGS="forge-doctor lint --select commit").stdout
    assert "commit-in-loop" in told
    assert "idle-in-transaction" not in run(**asked, _TYPER_COMPLETE_ARGS="forge-doctor lint --select idle").stdout
    assert "idle-in-transaction" in run(**asked, _TYPER_COMPLETE_ARGS="forge-doctor explain idle").stdout
    whole = "Find database sessions used wrongly in source code: not awaited, leaked, shared, blocking."
    assert f"lint\t{whole}" in run(**asked, _TYPER_COMPLETE_ARGS="forge-doctor li").stdout


@pytest.mark.parametrize(
    ("shell", "mark"), [("bash", "COMPREPLY"), ("zsh", "#compdef"), ("fish", "complete --command")]
)
def test_the_script_of_any_shell_is_shown_from_any(shell: str, mark: str) -> None:
    done = run("--show-completion", shell, SHELL="/bin/ksh")
    assert done.returncode == 0
    assert mark in done.stdout
    assert "_FORGE_DOCTOR_COMPLETE" in done.stdout


def test_an_unknown_shell_is_refused_by_name() -> None:
    done = run("--show-completion", "fsh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean 'fish'" in done.stderr


def test_completion_is_installed_where_the_shell_looks(tmp_path: Path) -> None:
    done = run("--install-completion", "fish", HOME=str(tmp_path))
    assert done.returncode == 0
    (written,) = (tmp_path / ".config/fish/completions").iterdir()
    assert str(written) in done.stdout


# -- colours


@pytest.mark.parametrize(
    ("wish", "terminal", "environment", "wanted"),
    [
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", False, {"TERM": "xterm"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", True, {"NO_COLOR": ""}, True),
        ("auto", True, {"CLICOLOR": "0"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "1"}, True),
        ("auto", False, {"CLICOLOR_FORCE": "0"}, False),
        ("auto", False, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_the_flag_wins_and_no_color_before_force_color(
    wish: str, terminal: bool, environment: dict[str, str], wanted: bool
) -> None:
    assert wants_color(wish, terminal, environment) is wanted


def test_colours_can_be_had_in_a_pipe(shop: Path) -> None:
    assert "\x1b[" in run("lint", ".", "--color", "always", cwd=shop).stdout
    assert "\x1b[" in run("lint", ".", cwd=shop, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run("lint", ".", cwd=shop).stdout
    wrong = run("lint", ".", "--color", "allways", cwd=shop)
    assert wrong.returncode == 2
    assert "did you mean 'always'" in wrong.stderr


# -- quiet and verbose


def test_a_quiet_run_tells_the_findings_alone(shop: Path) -> None:
    loud, quiet = (run("lint", ".", *flags, cwd=shop).stdout for flags in ((), ("-q",)))
    assert "unawaited-session-call" in quiet
    assert len(quiet) < len(loud)
    (shop / "save.py").write_text("", encoding="utf-8")
    assert run("lint", ".", "-q", cwd=shop).stdout.strip() == ""


def test_a_verbose_run_tells_what_is_only_guessed(shop: Path) -> None:
    (shop / "guess.py").write_text(GUESSED, encoding="utf-8")
    plain, verbose = (run("lint", "guess.py", *flags, cwd=shop).stdout for flags in ((), ("-v",)))
    assert verbose.count("low confidence") > plain.count("low confidence") == 0
    assert run("lint", ".", "-q", "-v", cwd=shop).returncode == 2


# -- settings


def test_the_settings_nearest_to_what_is_linted_count(shop: Path, tmp_path: Path) -> None:
    assert run("lint", "services/shop", cwd=tmp_path).returncode == 0
    (shop / "pyproject.toml").write_text("[tool.forge-doctor]\nfail-on = 'error'\n", encoding="utf-8")
    assert run("lint", "services/shop", cwd=tmp_path).returncode == 1
    assert run("lint", "services/shop/save.py", cwd=tmp_path).returncode == 1


def test_a_file_of_our_own_needs_no_prefix_and_comes_first(shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.forge-doctor]\nfail-on = 'error'\n", encoding="utf-8")
    (shop / "forge-doctor.toml").write_text("fail-on = 'never'\n", encoding="utf-8")
    assert run("lint", ".", cwd=shop).returncode == 0
    (shop / "forge-doctor.toml").write_text("fail-onn = 'never'\n", encoding="utf-8")
    wrong = run("lint", ".", cwd=shop)
    assert wrong.returncode == 2
    assert "forge-doctor.toml" in wrong.stderr
    assert "did you mean 'fail-on'" in wrong.stderr


def test_the_severity_of_a_rule_can_be_set(shop: Path) -> None:
    (shop / "forge-doctor.toml").write_text("[severity]\nunawaited_session_call = 'info'\n", encoding="utf-8")
    done = run("lint", ".", "-f", "json", cwd=shop)
    assert done.returncode == 0
    assert [one["severity"] for one in json.loads(done.stdout)["findings"]] == ["info"]
    (shop / "forge-doctor.toml").write_text("[severity]\nunawaited-sesion-call = 'info'\n", encoding="utf-8")
    wrong = run("lint", ".", cwd=shop)
    assert wrong.returncode == 2
    assert "did you mean 'unawaited-session-call'" in wrong.stderr


def test_every_option_can_come_from_the_environment(shop: Path) -> None:
    (shop / "forge-doctor.toml").write_text("fail-on = 'error'\n", encoding="utf-8")
    assert run("lint", ".", cwd=shop).returncode == 1
    assert run("lint", ".", cwd=shop, FORGE_DOCTOR_LINT_FAIL_ON="never").returncode == 0
    assert run("lint", ".", "--fail-on", "error", cwd=shop, FORGE_DOCTOR_LINT_FAIL_ON="never").returncode == 1
    assert run("lint", ".", cwd=shop, FORGE_DOCTOR_LINT_SELECT="no-such").returncode == 2


# -- explain


def test_a_command_and_a_topic_are_tables_of_what_they_hold() -> None:
    pool = run("explain", "pool").stdout
    assert "idle-in-transaction" in pool
    assert "commit-in-loop" not in pool
    topic = run("explain", "pg_blocking_pids").stdout
    assert "blocking-session" in topic
    assert "commit-in-loop" not in topic
    assert run("explain", "no-such-topic-at-all").returncode == 2


def test_what_can_be_explained_is_data_too() -> None:
    told = json.loads(run("explain", "-f", "json").stdout)
    assert told["schema"] == "forge-doctor/explain/1"
    by_id = {(one["command"], one["id"]): one for one in told["entries"]}
    assert by_id["pool", "idle-in-transaction"]["limits"]["idle_s"] > 0
    assert {one["command"] for one in told["entries"]} >= {"pool", "lint", "logs"}
    assert all(one["summary"] and one["manual"] and one["severity"] for one in told["entries"])
    assert run("explain", "-f", "yaml").returncode == 2
