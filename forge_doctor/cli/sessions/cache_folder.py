"""Where a command keeps results from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(command: str) -> Path | None:
    """By the XDG base directory rules, which ignore a relative path; None where there is no home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        if os.environ.get("HOME") == "":
            return None
        try:
            base = Path.home() / ".cache"
        except RuntimeError:
            return None
    return base / "forge-doctor" / command if base.is_absolute() else None
