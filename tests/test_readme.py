"""What the README shows is what the program does: its `--help` blocks, its commands and its picture."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from forge_doctor.cli.commands import app
from tests.readme import help_blocks, picture
from tests.support.docker_engine import LogContainer
from tests.support.git_repository import new_repository
from tests.support.migration_trees import shop, write
from tests.support.postgres import FreshDatabase

ROOT = help_blocks.ROOT
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = help_blocks.REFERENCE.read_text(encoding="utf-8")


def test_every_command_has_its_help_in_the_reference_the_readme_names() -> None:
    assert str(help_blocks.REFERENCE.relative_to(ROOT)) in README
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert sorted(help_blocks.commands_in(REFERENCE)) == sorted(["", *commands])


def test_every_option_shown_in_the_reference_exists() -> None:
    # The exact texts are compared by `make check`: they differ between versions of typer.
    for command in help_blocks.commands_in(REFERENCE):
        (block,) = [found[0] for found in help_blocks.BLOCK.finditer(REFERENCE) if found["command"].strip() == command]
        real = set(re.findall(r"--[a-z][a-z-]+", help_blocks.real_help(command)))
        assert set(re.findall(r"--[a-z][a-z-]+", block)) == real


def test_an_outdated_block_is_seen_and_renewed() -> None:
    readme = "before\n<!-- help: pool -->\n```console\nold\n```\n<!-- /help -->\nafter\n"
    told = help_blocks.difference(readme, lambda command: f"help of {command}")
    assert "-old" in told
    assert "+help of pool" in told
    renewed = help_blocks.renewed(readme, lambda command: f"help of {command}")
    assert "$ forge-doctor pool --help\nhelp of pool\n" in renewed
    assert renewed.startswith("before\n")
    assert renewed.endswith("\nafter\n")
    assert help_blocks.difference(renewed, lambda command: f"help of {command}") == ""


def test_the_check_of_the_blocks_fails_where_one_is_outdated(tmp_path) -> None:  # type: ignore[no-untyped-def]
    readme = tmp_path / "README.md"
    readme.write_text("<!-- help: explain -->\n```console\nold\n```\n<!-- /help -->\n", encoding="utf-8")
    script = f"from pathlib import Path; from tests.readme import help_blocks as h; h.REFERENCE = Path({str(readme)!r}); h.main()"
    failed = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=False, timeout=60)
    assert failed.returncode == 1
    assert "README.md is out of date" in failed.stderr
    subprocess.run((sys.executable, "-c", script, "--write"), check=True, timeout=60)
    assert "Print the manual of a check" in readme.read_text(encoding="utf-8")
    subprocess.run((sys.executable, "-c", script), check=True, timeout=60)


def test_what_the_readme_shows_of_lint_is_what_it_says_of_the_shop() -> None:
    shop = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("forge_doctor/demo/shop/*.py"))
    lint = (sys.executable, "-m", "forge_doctor", "lint", "--no-cache", *shop)
    said = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    shown = re.findall(r"```text\n(CRITICAL    send_receipt.*?)```", README, re.DOTALL)
    assert len(shown) == 1
    assert shown[0] in said.stdout


def test_the_readme_shows_the_picture() -> None:
    assert ".github/pool.svg" in README
    assert picture.PICTURE.is_file()


def test_the_picture_shows_what_the_program_says_of_the_incident() -> None:
    # Write it anew: python -m tests.readme.picture --write
    assert picture.words(picture.PICTURE.read_text(encoding="utf-8")) == picture.words(picture.draw())


def test_the_words_of_a_picture_are_those_of_its_page() -> None:
    told = picture.words(picture.draw())
    assert "forge-doctor pool" in " ".join(told)
    assert picture.words("<svg></svg>") == []


def test_the_picture_loads_nothing_from_elsewhere() -> None:
    drawn = picture.PICTURE.read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\s\"')]+", drawn)) <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


# -- the commands of the README, run


COMMAND = re.compile(r"^\$ (forge-doctor .*?)(?:\s+#.*)?$", re.MULTILINE)
# What a newcomer's machine has and a test gives: its service's engine, source, logs and an incident saved before.
ENGINE = (
    "from sqlalchemy.ext.asyncio import create_async_engine\n\nengine = create_async_engine('postgresql+asyncpg:///')\n"
)
FORGOTTEN = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    db.commit()\n"


def commands() -> list[str]:
    return list(dict.fromkeys(one[1] for one in COMMAND.finditer(README)))


def test_the_readme_has_commands_to_run() -> None:
    assert len(commands()) >= 8
    assert any(one.startswith("forge-doctor logs") for one in commands())


@pytest.mark.docker
def test_every_command_of_the_readme_does_what_it_says(
    tmp_path: Path, fresh_database18: FreshDatabase, log_container: LogContainer
) -> None:
    # Names of the test's own: a container called as the README's may be there already.
    names = {
        word: f"{word}-{secrets.token_hex(4)}"
        for one in commands()
        if one.split()[1] == "logs"
        for word in one.split()[2:]
        if word.startswith("shop-")
    }
    for name in names.values():
        log_container("echo '2026-11-22 08:00:00,000 ERROR [a] deadlock detected'", name=name)
    (tmp_path / "shop").mkdir()
    (tmp_path / "src").mkdir()
    (tmp_path / "shop/db.py").write_text(ENGINE, encoding="utf-8")
    (tmp_path / "src/save.py").write_text(FORGOTTEN, encoding="utf-8")
    write(tmp_path, shop())
    repository = new_repository(tmp_path)
    repository.commit()
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    given = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": fresh_database18.dsn(),
        "XDG_CACHE_HOME": str(tmp_path),
        "FORGE_DOCTOR_SLOW_DURATION": "0.3",
        # Other tests have services of their own here, which are none of this one's.
        "FORGE_DOCTOR_TRIAGE_PID": str(os.getpid()),
    }
    fresh_database18.sql(f"CREATE EXTENSION pg_stat_statements; GRANT pg_monitor TO {fresh_database18.user}")
    fresh_database18.sql("CREATE TABLE t (a int); SELECT a FROM t")
    for command in commands():
        shown = shlex.split(command.replace("--duration 30", "--duration 0.5"))
        line = (sys.executable, "-P", "-m", "forge_doctor", *(names.get(word, word) for word in shown[1:]))
        done = subprocess.run(line, cwd=tmp_path, env=given, capture_output=True, text=True, check=False, timeout=120)
        # A triage where no application runs and no log is written says what it could not look at.
        known = (0, 1, 3) if shown[1] == "triage" else (0, 1)
        assert done.returncode in known, f"{command}: {done.returncode}: {done.stderr}"
        assert done.stdout, command
        assert "Traceback" not in done.stderr, command


# -- the recorder's unit and service


def block(language: str) -> str:
    (found,) = [one for one in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if "--record" in one]
    return str(found)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_recorders_unit_is_one_systemd_takes(tmp_path: Path) -> None:
    """The program it starts is not installed here, so that another stands for it."""
    unit = tmp_path / "forge-doctor.service"
    unit.write_text(block("ini").replace("/usr/local/bin/forge-doctor", sys.executable), encoding="utf-8")
    done = subprocess.run(("systemd-analyze", "verify", "--man=no", unit), capture_output=True, text=True, check=False)
    about = [line for line in done.stderr.splitlines() if "forge-doctor" in line]
    assert about == [], done.stderr


def test_the_recorders_service_has_options_that_exist() -> None:
    compose = yaml.safe_load(block("yaml"))
    service = compose["services"]["recorder"]
    started = re.search(r"ExecStart=\S+ (.*)", block("ini"))
    assert started is not None
    for command in (service["command"], started[1].split()):
        assert command[0] == "pool"
        assert {one for one in command if one.startswith("--")} <= set(
            re.findall(r"--[a-z-]+", help_blocks.real_help("pool"))
        )
    volume, _, place = service["volumes"][0].partition(":")
    assert volume in compose["volumes"]
    assert place == service["command"][-1]
