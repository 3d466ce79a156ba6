"""Writes the sources of the site: a page for each check, rule and signature, and the commands; builds nothing.

python .ci/docs.py FOLDER      then: cd FOLDER && zensical build
"""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from forge_doctor import DOCUMENTATION
from forge_doctor.check import Check
from forge_doctor.cli.entries import entries_by_command
from forge_doctor.render.sarif_rules import as_markdown

ROOT = Path(__file__).resolve().parent.parent
# No fonts from elsewhere, no script of anybody: the site is read where the outside cannot be reached.
SETTINGS = """[project]
site_name = "forge-doctor"
site_description = "A command-line doctor for FastAPI, SQLAlchemy asyncio, asyncpg and PostgreSQL"
site_url = "{url}"

[project.theme]
font = false
"""
INTRODUCTION = """# forge-doctor

What it can find, a page each; `forge-doctor explain ID` prints the same.
"""


def write(folder: Path) -> None:
    """The pages and the settings, replacing what an earlier run left."""
    docs = folder / "docs"
    (docs / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "zensical.toml").write_text(
        SETTINGS.format(url=DOCUMENTATION.removesuffix("/rules") + "/"), encoding="utf-8"
    )
    commands = {command: tuple(entries) for command, entries in entries_by_command()}
    pages: dict[str, list[tuple[str, Check[Any]]]] = defaultdict(list)
    for command, entries in commands.items():
        for entry in entries:
            pages[entry.id].append((command, entry))
    for check, told in pages.items():
        (docs / "rules" / f"{check}.md").write_text(page(check, told), encoding="utf-8")
    (docs / "index.md").write_text(index(commands), encoding="utf-8")
    (docs / "commands.md").write_text((ROOT / ".github" / "COMMANDS.md").read_text(encoding="utf-8"), encoding="utf-8")


def page(check: str, told: list[tuple[str, Check[Any]]]) -> str:
    """One fault: what each command that finds it says of it."""
    parts = [f"# {check} {{#{check}}}", ""]
    for command, entry in told:
        facts = [f"`forge-doctor {command}`", f"severity {entry.severity.label}"]
        facts += [f"limit `{name} = {value:g}`" for name, value in entry.limits.items()]
        facts += [] if entry.default else ["off by default"]
        parts += [
            f"## Found by {command}" if len(told) > 1 else "",
            ", ".join(facts),
            "",
            as_markdown(entry.manual),
            "",
        ]
    return "\n".join(parts)


def index(commands: dict[str, tuple[Check[Any], ...]]) -> str:
    """All of them, by command."""
    parts = [INTRODUCTION]
    for command, entries in commands.items():
        parts += [f"## {command}", "", "| | severity | |", "|---|---|---|"]
        parts += [f"| [{one.id}](rules/{one.id}.md) | {one.severity.label} | {_cell(one.summary)} |" for one in entries]
        parts += [""]
    return "\n".join(parts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
