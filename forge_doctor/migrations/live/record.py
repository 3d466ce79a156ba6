"""Saves a snapshot of the live part as JSON and reads it back; knows nothing of its meaning."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect
from forge_doctor.migrations.live.snapshot import LiveSnapshot
from forge_doctor.typed_json import WrongType, decode
from forge_doctor.whole_file import read_whole

FORMAT = "forge-doctor/migrations-snapshot/1"


def dump(snapshot: LiveSnapshot) -> str:
    """The snapshot as a JSON document; it holds neither passwords nor values of statements."""
    sessions = tuple(replace(one, tags=dict(one.tags)) for one in snapshot.sessions)
    document = {"format": FORMAT, "snapshot": dataclasses.asdict(replace(snapshot, sessions=sessions))}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def load(path: Path) -> LiveSnapshot:
    """The snapshot of a file that `dump` wrote; raises `CannotInspect` naming what is wrong with it."""
    try:
        document = json.loads(read_whole(path).decode("utf-8"))
    except OSError as error:
        raise CannotInspect(f"--snapshot {path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CannotInspect(f"--snapshot {path}: is no snapshot: {error}; write one with --save FILE") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        raise CannotInspect(f"--snapshot {path}: is no snapshot of migrations (format {found!r}, expected {FORMAT!r})")
    try:
        snapshot: LiveSnapshot = decode(LiveSnapshot, document.get("snapshot"), "snapshot")
    except (WrongType, RecursionError) as error:
        raise CannotInspect(f"--snapshot {path}: is damaged: {error}") from error
    return snapshot
