"""Saves a snapshot as JSON and reads it back; knows the snapshot's types and nothing of its meaning."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from forge_doctor.dataclass import replace
from forge_doctor.errors import CannotInspect
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session
from forge_doctor.typed_json import WrongType, decode
from forge_doctor.whole_file import read_whole

FORMAT = "forge-doctor/pool-snapshot/1"


def dump(snapshots: tuple[PoolSnapshot, ...]) -> str:
    """The snapshots as a JSON document; they hold neither passwords nor the values of statements."""
    document = {"format": FORMAT, "snapshots": [dataclasses.asdict(snapshot) for snapshot in map(_plain, snapshots)]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def load(path: Path, *, show_query: bool = True) -> tuple[PoolSnapshot, ...]:
    """The snapshots of a file that `dump` wrote; raises `CannotInspect` naming what is wrong with it."""
    try:
        document = json.loads(read_whole(path).decode("utf-8"))
    except OSError as error:
        raise CannotInspect(f"--snapshot {path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:  # malformed JSON, or no UTF-8
        raise CannotInspect(f"--snapshot {path}: is no snapshot: {error}; write one with --save FILE") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        raise CannotInspect(
            f"--snapshot {path}: is no snapshot of this version (format {found!r}, expected {FORMAT!r})"
        )
    try:
        snapshots = decode(tuple[PoolSnapshot, ...], document.get("snapshots"), "snapshots")
    except (WrongType, RecursionError) as error:
        raise CannotInspect(f"--snapshot {path}: is damaged: {error}") from error
    if not snapshots:
        raise CannotInspect(f"--snapshot {path}: holds no snapshot")
    return tuple(replace(snapshot, show_query=show_query) for snapshot in snapshots)


def snapshot_of(document: object, where: str) -> PoolSnapshot:
    """The snapshot of one JSON object; raises `CannotInspect` that says `where` it is and what is wrong with it."""
    try:
        snapshot: PoolSnapshot = decode(PoolSnapshot, document, "look")
    except WrongType as error:
        raise CannotInspect(f"{where}: is damaged: {error}") from error
    return snapshot


def _plain(snapshot: PoolSnapshot) -> PoolSnapshot:
    """Whoever replays it asks for the statements anew; mapping proxies become dicts, which can be copied."""
    return replace(
        snapshot,
        show_query=True,
        sessions=tuple(map(_copied, snapshot.sessions)),
        background=tuple(map(_copied, snapshot.background)),
    )


def _copied(session: Session) -> Session:
    return replace(session, tags=dict(session.tags))
