"""Engine logs as SQLAlchemy writes them, in whatever layout somebody chose; the workload is the test's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forge_doctor.slow.logged.collect import collect_logs
from forge_doctor.slow.logged.work import LoggedWork
from forge_doctor.streams.sources.files import FileSource

ENGINE = "sqlalchemy.engine.Engine"
BEGIN_AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One record: what a formatter is given."""

    at: datetime
    message: str
    logger: str = ENGINE
    level: str = "INFO"
    pid: int = 4711
    request: str = "-"

    @property
    def stamp(self) -> str:
        """As logging writes it."""
        return f"{self.at:%Y-%m-%d %H:%M:%S},{self.at.microsecond // 1000:03}"


def _json(said: Said) -> str:
    return json.dumps(
        {
            "timestamp": said.at.isoformat(),
            "level": said.level,
            "name": said.logger,
            "message": said.message,
            "process": said.pid,
            "lineno": len(said.message) % 977,
            "extra": {"request_id": said.request},
        }
    )


def _compose(said: Said) -> str:
    lines = _fields(said).split("\n")
    return "\n".join(f"api-1  | {line}" for line in lines)


def _docker(said: Said) -> str:
    lines = (line + "\n" for line in _fields(said).split("\n"))
    at = said.at.isoformat().replace("+00:00", "000Z")
    return "\n".join(json.dumps({"log": line, "stream": "stderr", "time": at}) for line in lines)


def _fields(said: Said) -> str:
    return f"{said.stamp} {said.pid} {said.level} [{said.request}] {said.logger}: {said.message}"


def _lined(said: Said) -> str:
    line = 900 + len(said.message) % 300
    return f"{said.stamp} | {said.level:<8} | sqlalchemy.engine.base:_log:{line} | rid={said.request} - {said.message}"


def _coloured(said: Said) -> str:
    return f"\x1b[32m{said.stamp}\x1b[0m \x1b[1m{said.level}\x1b[0m {said.request} {said.logger} {said.message}"


def _token(said: Said) -> str:
    return f"{said.stamp} {said.level} {said.logger} [{said.request}] {said.message}"


def _behind(said: Said) -> str:
    return f"{said.at.isoformat()} [info     ] {said.message} [{said.logger}] request_id={said.request}"


def _event(said: Said) -> str:
    told = {"event": said.message, "level": "info", "logger": said.logger, "timestamp": said.at.isoformat()}
    return json.dumps({**told, "request_id": said.request})


def _serialized(said: Said) -> str:
    own = {
        "message": said.message,
        "level": {"name": said.level},
        "name": "sqlalchemy.engine",
        "line": len(said.message),
    }
    return json.dumps({"text": said.message, "record": {**own, "extra": {"request_id": said.request}}})


def _logfmt(said: Said) -> str:
    message = said.message.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'time="{said.at.isoformat()}" level=info logger={said.logger} request_id={said.request} msg="{message}"'


# Those that tell requests apart, and those that do not.
BY_REQUEST: dict[str, Callable[[Said], str]] = {
    "fields": _fields,
    "token": _token,
    "loguru": _lined,
    "colours": _coloured,
    "JSON": _json,
    "compose": _compose,
    "structlog's console": _behind,
    "structlog's JSON": _event,
    "loguru's JSON": _serialized,
    "logfmt": _logfmt,
    "docker": _docker,
}
BARE: dict[str, Callable[[Said], str]] = {
    "echo": lambda said: f"{said.stamp} {said.level} {said.logger} {said.message}",
    "basicConfig": lambda said: f"{said.level}:{said.logger}:{said.message}",
    "no logger": lambda said: f"{said.stamp} [{said.level}] {said.message}",
    "level first": lambda said: f"{said.level} - {said.stamp} - {said.logger} - base - {said.message}",
    "gunicorn": lambda said: f"[{said.stamp[:19]} +0000] [{said.pid}] [{said.level}] {said.message}",
    "uvicorn": lambda said: f"{said.level}:     {said.message}",
    "place behind": lambda said: f"{said.stamp} {said.level} {said.message} [in base.py:1846]",
    "escaped": lambda said: f"{said.stamp} {said.level} {said.logger} " + said.message.replace("\n", "\\n"),
    "message alone": lambda said: said.message,
    "level in front": lambda said: f"{said.level:<8} {said.stamp} [{said.pid}] {said.logger} - {said.message}",
}


@dataclass(slots=True)
class EngineLog:
    """Records in the order they are written; `text` in a layout."""

    records: list[Said] = field(default_factory=list)
    access: list[tuple[int, str]] = field(default_factory=list)

    def add(
        self, message: str, *, request: str = "-", pid: int = 4711, level: str = "INFO", logger: str = ENGINE
    ) -> None:
        """One record, a millisecond after the last."""
        at = BEGIN_AT + timedelta(milliseconds=len(self.records))
        self.records.append(Said(at=at, message=message, request=request, pid=pid, level=level, logger=logger))

    def begin(self, request: str = "-", pid: int = 4711) -> None:
        """A transaction begins."""
        self.add("BEGIN (implicit)", request=request, pid=pid)

    def end(self, request: str = "-", pid: int = 4711, *, commit: bool = False) -> None:
        """It ends."""
        self.add("COMMIT" if commit else "ROLLBACK", request=request, pid=pid)

    def run(self, statement: str, parameters: str, request: str = "-", pid: int = 4711) -> None:
        """A statement and its parameters, as two records that nothing comes between."""
        how = "cached since 12.34s ago" if len(self.records) % 3 else "generated in 0.00034s"
        self.add(statement, request=request, pid=pid)
        self.add(f"[{how}] {parameters}", request=request, pid=pid)

    def accessed(self, line: str) -> None:
        """uvicorn's access line."""
        self.access.append((len(self.records), f'INFO:     127.0.0.1:50000 - "{line} HTTP/1.1" 200 OK'))

    def text(self, layout: Callable[[Said], str]) -> str:
        """All of it."""
        lines = [layout(one) for one in self.records]
        for place, line in reversed(self.access):
            lines.insert(place, line)
        return "\n".join(lines) + "\n"


def read_text(folder: Path, *texts: str | bytes, names: Sequence[str] = ()) -> LoggedWork:
    """What logs with these texts come to."""
    sources = []
    for number, text in enumerate(texts):
        path = folder / (names[number] if names else f"app{number}.log")
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        sources.append(FileSource(name=path.name, paths=(path,)))
    return collect_logs(sources)


def tuples(values: Iterable[object]) -> str:
    """Parameters as a driver with numbered places has them."""
    inner = ", ".join(repr(one) for one in values)
    return f"({inner},)" if inner and "," not in inner else f"({inner})"
