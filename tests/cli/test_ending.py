"""A run ends with a documented code and a line, whatever is wrong: with the command line, with stdout, or with us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

FORGE_DOCTOR = f"{sys.executable} -m forge_doctor"
# A run in which a command raises, as if it were a fault of ours.
BROKEN = """
import sys
import forge_doctor.cli.commands as commands
def broken(*_):
    raise {error}
commands.command = broken
sys.argv = ["forge-doctor", *{arguments!r}]
from forge_doctor.cli import main
main()
"""


def shell(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    line = command.replace("forge-doctor", FORGE_DOCTOR)
    return subprocess.run(["bash", "-c", line], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


def broken(error: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = BROKEN.format(error=error, arguments=("explain", *arguments))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    ("command", "status", "said"),
    [
        (
            "forge-doctor --version >/dev/full",
            3,
            "forge-doctor: stdout cannot be written to: No space left on device\n",
        ),
        ("forge-doctor --version >&-", 3, "forge-doctor: stdout cannot be written to: it is closed\n"),
        ("forge-doctor explain >/dev/full", 3, "forge-doctor: stdout cannot be written to: No space left on device\n"),
        ("forge-doctor explain >&-", 3, "forge-doctor: stdout cannot be written to: it is closed\n"),
        ("forge-doctor explain >&- 2>&-", 3, ""),
        ("mkdir gone; cd gone; rmdir ../gone; forge-doctor lint", 3, "forge-doctor: the current folder is gone"),
        ("forge-doctor explain | true; exit ${PIPESTATUS[0]}", 141, ""),
        ("forge-doctor logs app.log -f json | true; exit ${PIPESTATUS[0]}", 141, ""),
        (
            "forge-doctor pool --dsn postgresql://u@127.0.0.1:1/x --save none/x",
            2,
            "forge-doctor: --save none/x: cannot be written: No such file",
        ),
        (
            "forge-doctor lint . --write-baseline .",
            2,
            "forge-doctor: --write-baseline .: cannot be written: Is a directory",
        ),
        (
            "forge-doctor slow --dsn postgresql://u@127.0.0.1:1/x --connect-timeout nan",
            2,
            "forge-doctor: --connect-timeout: nan is no number of anything",
        ),
        (
            "forge-doctor logs app.log -o none/x",
            2,
            "forge-doctor: --output-file none/x: cannot be written: No such file",
        ),
        (
            "forge-doctor logs app.log -o /dev/full",
            2,
            "forge-doctor: --output-file /dev/full: cannot be written: No space",
        ),
    ],
)
def test_an_output_that_cannot_be_written(command: str, status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("all is well\n")
    ran = shell(command, tmp_path)
    assert (ran.returncode, ran.stderr[: len(said) or None]) == (status, said)


@pytest.mark.parametrize(
    "arguments",
    [
        "logs --no-such-option -f nagios",
        "logs --since yesterday x.log -f nagios",
        "pool --dsn mysql://db/x --output-format=nagios",
        "lint nowhere --output-format nagios",
        "logs --no-such-option -fNagios",
    ],
)
def test_wrong_usage_of_a_monitoring_plugin_is_unknown(arguments: str, tmp_path: Path) -> None:
    ran = shell(f"forge-doctor {arguments}", tmp_path)
    assert (ran.returncode, ran.stderr) == (3, "")
    assert ran.stdout.startswith("FORGE_DOCTOR UNKNOWN: ")
    assert ran.stdout.count("\n") == 1


@pytest.mark.parametrize(
    ("configuration", "variable"),
    [
        ('[tool.forge-doctor]\noutput-format = "nagios"\n', ""),
        ('[tool.forge-doctor.logs]\noutput-format = "nagios"\n', ""),
        ("", "FORGE_DOCTOR_LOGS_OUTPUT_FORMAT=nagios "),
    ],
)
def test_so_it_is_where_the_format_is_configured(configuration: str, variable: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(configuration, encoding="utf-8")
    ran = shell(f"{variable}forge-doctor logs --no-such-option", tmp_path)
    assert (ran.returncode, ran.stderr, ran.stdout[:20]) == (3, "", "FORGE_DOCTOR UNKNOWN"), ran
    asked = shell(f"{variable}forge-doctor logs --no-such-option -f text", tmp_path)
    assert (asked.returncode, asked.stdout) == (2, "")


@pytest.mark.parametrize("option", ["--config monitoring.toml", "--config=monitoring.toml"])
def test_so_it_is_where_the_file_that_is_named_says_it(option: str, tmp_path: Path) -> None:
    (tmp_path / "monitoring.toml").write_text('[tool.forge-doctor]\noutput-format = "nagios"\n', encoding="utf-8")
    ran = shell(f"forge-doctor logs --no-such-option {option}", tmp_path)
    assert (ran.returncode, ran.stderr, ran.stdout[:20]) == (3, "", "FORGE_DOCTOR UNKNOWN"), ran
    asked = shell(f"forge-doctor logs --no-such-option {option} -fText", tmp_path)
    assert (asked.returncode, asked.stdout) == (2, "")


def test_wrong_usage_else_is_2(tmp_path: Path) -> None:
    ran = shell("forge-doctor logs --no-such-option", tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "No such option" in ran.stderr


@pytest.mark.parametrize(
    "error",
    ["ValueError('x')", "RecursionError()", "MemoryError()", "AssertionError()", "OSError(5, 'y')"],
)
def test_what_nobody_caught_is_3_and_one_line(error: str) -> None:
    ran = broken(error)
    assert (ran.returncode, ran.stdout) == (3, "")
    assert ran.stderr.count("\n") == 1


def test_a_fault_of_ours_asks_for_a_report_and_shows_where_only_if_asked() -> None:
    ran = broken("ValueError('of postgresql://u:hunter2@h/d, password=hunter2')")
    assert ran.stderr == (
        "forge-doctor: broke off with ValueError: of postgresql://u:***@h/d, password=***: "
        "a fault of forge-doctor, please report it; what --debug adds tells where\n"
    )
    ran = broken("ValueError('password=hunter2')", "--debug")
    assert ran.returncode == 3
    assert "in broken" in ran.stderr
    assert "hunter2" not in ran.stderr


def test_a_file_that_the_system_refuses_is_named_and_no_fault_of_ours() -> None:
    ran = broken("OSError(36, 'File name too long', 'xxx')")
    assert (ran.returncode, ran.stderr) == (3, "forge-doctor: xxx: File name too long\n")
    assert "in broken" in broken("OSError(13, 'Permission denied', b'/x')", "--debug").stderr


def test_interrupted_is_130() -> None:
    assert broken("KeyboardInterrupt()").returncode == 130


def test_interrupted_while_it_is_loaded_is_130_too() -> None:
    interrupting = (
        "type('', (), {'find_spec': lambda self, name, *_: {'forge_doctor.cli.ending': 1}.get(name) and stop()})"
    )
    code = (
        "import sys\n"
        "def stop(): raise KeyboardInterrupt\n"
        f"sys.meta_path.insert(0, {interrupting}())\n"
        "from forge_doctor.cli import main\nmain()"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (130, "")


@pytest.mark.slow  # eight processes, and paths are compared alike on every Python
def test_a_report_goes_into_no_file_that_is_read(tmp_path: Path) -> None:
    for name in ("app.log", "app.py", "pyproject.toml"):
        (tmp_path / name).write_text("" if name != "app.py" else "x = 1\n")
    (tmp_path / "pyproject.toml").write_text("[tool.forge-doctor]\n")
    (tmp_path / "same.log").hardlink_to(tmp_path / "app.log")
    (tmp_path / "app.log").write_text("all is well\n")
    for command in (
        "logs app.log -o app.log",
        "logs . -o app.log",
        "logs app.log -o same.log",
        "logs app.log -o pyproject.toml",
        "lint . -o app.py",
        "lint . --write-baseline app.py",
        "lint app.py -o pyproject.toml",
        "pool --snapshot app.log -o app.log",
    ):
        ran = shell(f"forge-doctor {command}", tmp_path)
        assert (ran.returncode, "is read in this run" in ran.stderr) == (2, True), command
    assert (tmp_path / "app.log").read_text() == "all is well\n"
    assert (tmp_path / "app.py").read_text() == "x = 1\n"


def test_a_dash_is_stdout(tmp_path: Path) -> None:
    (tmp_path / "app.log").write_text("all is well\n")
    ran = shell("forge-doctor logs app.log -f json -o -", tmp_path)
    assert ran.stdout.startswith("{")
    assert [path.name for path in tmp_path.iterdir()] == ["app.log"]


def test_text_that_stdout_cannot_encode_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "ä.log").write_text("all is well\n")
    ran = shell("PYTHONIOENCODING=ascii forge-doctor logs ä.log", tmp_path)
    assert (ran.returncode, "\\xe4.log" in ran.stdout) == (0, True)
