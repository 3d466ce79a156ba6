"""The `--help` texts in the reference are the real ones: says which differ, or with `--write` puts the real ones in.

A block is `<!-- help: pool -->`, a fenced text, `<!-- /help -->`; `<!-- help: -->` is the command without a subcommand.
"""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / ".github" / "COMMANDS.md"
BLOCK = re.compile(r"<!-- help:(?P<command>[^>]*?)-->\n.*?<!-- /help -->", re.DOTALL)
RUN = "import sys; sys.argv[0] = 'forge-doctor'; from forge_doctor.cli import main; main()"

Help = Callable[[str], str]


def real_help(command: str) -> str:
    """What `forge-doctor COMMAND --help` prints on a plain stream of 100 columns."""
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    run = (sys.executable, "-c", RUN, *command.split(), "--help")
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise SystemExit(f"`forge-doctor {command} --help` exits {done.returncode}: {done.stderr}")
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def block(command: str, text: str) -> str:
    """The block of a command, as the reference has it."""
    typed = " ".join(("forge-doctor", *command.split(), "--help"))
    return f"<!-- help: {command} -->\n```console\n$ {typed}\n{text}\n```\n<!-- /help -->"


def commands_in(text: str) -> list[str]:
    """The commands that have a block."""
    return [found["command"].strip() for found in BLOCK.finditer(text)]


def renewed(text: str, help_of: Help = real_help) -> str:
    """The text with every block as it should be."""
    return BLOCK.sub(lambda found: block(found["command"].strip(), help_of(found["command"].strip())), text)


def difference(text: str, help_of: Help = real_help) -> str:
    """How the text differs from what it should be, as a diff; empty where it does not."""
    should = renewed(text, help_of)
    lines = difflib.unified_diff(text.splitlines(), should.splitlines(), REFERENCE.name, "the real --help", lineterm="")
    return "\n".join(lines)


def main() -> None:
    """Check, or write with `--write`."""
    text = REFERENCE.read_text(encoding="utf-8")
    if "--write" in sys.argv[1:]:
        REFERENCE.write_text(renewed(text), encoding="utf-8")
        return
    if not commands_in(text):
        raise SystemExit(f"{REFERENCE.name} has no `<!-- help: ... -->` block")
    if told := difference(text):
        raise SystemExit(f"{told}\n\n{REFERENCE.name} is out of date: python tests/readme/help_blocks.py --write")


if __name__ == "__main__":
    main()
