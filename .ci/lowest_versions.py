"""Prints a pip constraint for each runtime dependency of a pyproject.toml: the lowest version it allows."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(\[[\w,-]+\])?>=(?P<version>[\d.]+)(,[^;]*)?(?P<marker>;.*)?")


def lowest(requirement: str) -> str:
    """`sqlalchemy[asyncio]>=2.0.30` -> `sqlalchemy==2.0.30`; an environment marker stays."""
    parts = REQUIREMENT.fullmatch(requirement)
    if parts is None:
        raise SystemExit(f"{requirement!r} states no lower bound: write name>=version")
    return f"{parts['name']}=={parts['version']}{parts['marker'] or ''}"


if __name__ == "__main__":
    document = tomllib.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.writelines(f"{lowest(requirement)}\n" for requirement in document["project"]["dependencies"])
