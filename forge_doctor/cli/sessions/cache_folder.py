"""Where commands keep results from one run to the next; loads next to nothing."""

# ruff: noqa: PTH111, PTH117, PTH118 - to load pathlib takes longer than an answer that is told again

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def cache_folder(command: str) -> Path | None:
    """By the XDG base directory rules, which ignore a relative path; None where there is no home."""
    from pathlib import Path

    name = cache_folder_name(command)
    return None if name is None else Path(name)


def cache_folder_name(command: str) -> str | None:
    """Its path."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        if os.environ.get("HOME") == "":
            return None
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "forge-doctor", command) if os.path.isabs(base) else None
