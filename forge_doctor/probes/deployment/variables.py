"""The environment a process was started with, and the `.env` files beside it; shows none of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from forge_doctor.held_secrets import hold_environment

LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][\w.]*)\s*=\s*(.*?)\s*")
LARGEST = 1 << 20


def read_variables(pid: int) -> Mapping[str, str] | None:
    """What it was started with; None where we may not read it. What it set itself later is not in there.

    Its secrets are masked from now on in everything we write.
    """
    try:
        text = Path(f"/proc/{pid}/environ").read_text(errors="surrogateescape")
    except OSError:
        return None
    found = dict(entry.partition("=")[::2] for entry in text.split("\0") if "=" in entry)
    hold_environment(found)
    return found


def read_env_file(path: Path) -> Mapping[str, str]:
    """The variables of a `.env` file, as python-dotenv reads its plain lines; none where there is none."""
    try:
        if path.stat().st_size > LARGEST:
            return {}
        text = path.read_text(errors="replace")
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if match:
            found[match[1]] = _value(match[2])
    hold_environment(found)
    return found


def _value(written: str) -> str:
    """Without its quotes; a comment ends one that has none."""
    if written[:1] in ("'", '"') and written.find(written[0], 1) > 0:
        return written[1 : written.find(written[0], 1)]
    return re.split(r"\s#", written, maxsplit=1)[0].strip()
