"""Saves a snapshot as JSON and reads it back; knows the snapshot's types and nothing of its meaning."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from forge_doctor.errors import CannotInspect
from forge_doctor.pool.snapshot import PoolSnapshot
from forge_doctor.probes.postgres.backends.session import Session

FORMAT = "forge-doctor/pool-snapshot/1"


def dump(snapshots: tuple[PoolSnapshot, ...]) -> str:
    """The snapshots as a JSON document; they hold neither passwords nor the values of statements."""
    document = {"format": FORMAT, "snapshots": [dataclasses.asdict(snapshot) for snapshot in map(_plain, snapshots)]}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def load(path: Path, *, show_query: bool = True) -> tuple[PoolSnapshot, ...]:
    """The snapshots of a file that `dump` wrote; raises `CannotInspect` naming what is wrong with it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CannotInspect(f"--snapshot {path}: cannot be read: {error.strerror}") from error
    except ValueError as error:  # malformed JSON, or no UTF-8
        raise CannotInspect(f"--snapshot {path}: is no snapshot: {error}; write one with --save FILE") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        found = document.get("format") if isinstance(document, dict) else None
        raise CannotInspect(
            f"--snapshot {path}: is no snapshot of this version (format {found!r}, expected {FORMAT!r})"
        )
    try:
        snapshots = _decode(tuple[PoolSnapshot, ...], document.get("snapshots"), "snapshots")
    except _WrongTypeError as error:
        raise CannotInspect(f"--snapshot {path}: is damaged: {error}") from error
    if not snapshots:
        raise CannotInspect(f"--snapshot {path}: holds no snapshot")
    return tuple(dataclasses.replace(snapshot, show_query=show_query) for snapshot in snapshots)


def snapshot_of(document: object, where: str) -> PoolSnapshot:
    """The snapshot of one JSON object; raises `CannotInspect` that says `where` it is and what is wrong with it."""
    try:
        snapshot: PoolSnapshot = _decode(PoolSnapshot, document, "look")
    except _WrongTypeError as error:
        raise CannotInspect(f"{where}: is damaged: {error}") from error
    return snapshot


class _WrongTypeError(Exception):
    """A value does not have the type its field has."""


def _plain(snapshot: PoolSnapshot) -> PoolSnapshot:
    """Whoever replays it asks for the statements anew; mapping proxies become dicts, which can be copied."""
    return dataclasses.replace(
        snapshot,
        show_query=True,
        sessions=tuple(map(_copied, snapshot.sessions)),
        background=tuple(map(_copied, snapshot.background)),
    )


def _copied(session: Session) -> Session:
    return dataclasses.replace(session, tags=dict(session.tags))


def _decode(expected: Any, value: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(expected), typing.get_args(expected)
    if origin in (typing.Union, types.UnionType):
        return None if value is None else _decode(next(a for a in arguments if a is not type(None)), value, where)
    if origin is tuple:
        _expect(isinstance(value, list), where, "a list")
        return tuple(_decode(arguments[0], item, f"{where}[{index}]") for index, item in enumerate(value))
    if origin is not None:  # Mapping[str, X]
        _expect(isinstance(value, dict), where, "an object")
        return {key: _decode(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(expected):
        return _decode_fields(expected, value, where)
    return _decode_scalar(expected, value, where)


def _decode_fields(expected: Any, value: Any, where: str) -> Any:
    _expect(isinstance(value, dict), where, "an object")
    hints = _hints(expected)
    for key in value.keys() - hints.keys():
        raise _WrongTypeError(f"{where} has an unknown field {key!r}")
    decoded = {key: _decode(hints[key], item, f"{where}.{key}") for key, item in value.items()}
    try:
        return expected(**decoded)
    except TypeError as error:
        missing = sorted(
            field.name
            for field in dataclasses.fields(expected)
            if field.name not in value and field.default is field.default_factory is dataclasses.MISSING
        )
        raise _WrongTypeError(f"{where} lacks {', '.join(missing)}") from error


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _decode_scalar(expected: Any, value: Any, where: str) -> Any:
    if issubclass(expected, Enum):
        _expect(
            value in [member.value for member in expected], where, f"one of {[member.value for member in expected]}"
        )
        return expected(value)
    if expected is float:
        _expect(isinstance(value, int | float) and not isinstance(value, bool), where, "a number")
        return float(value)
    _expect(isinstance(value, expected) and not (expected is int and isinstance(value, bool)), where, expected.__name__)
    return value


def _expect(condition: bool, where: str, what: str) -> None:
    if not condition:
        raise _WrongTypeError(f"{where} must be {what}")
