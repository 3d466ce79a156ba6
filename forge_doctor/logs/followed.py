"""Turns sources into logs that can be followed: which file, from where, and whether anybody still writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.logs.follow import Followed, FollowedFile, FollowedPieces, ReadFiles, WithPast
from forge_doctor.probes.docker.container_logs import is_running, stream_log
from forge_doctor.streams.sources.containers import ContainerSource
from forge_doctor.streams.sources.files import Chain, FileSource, LogStream, Source, StdinSource, open_path
from forge_doctor.streams.sources.pipes import Pipe
from forge_doctor.streams.sources.tail import last_lines_offset
from forge_doctor.streams.sources.unpack import BZIP2, GZIP, XZ, ZSTD

PIECE_BYTES = 1 << 16


def followed(source: Source, tail: int | None, read: ReadFiles | None = None) -> Followed:
    """The source, so that it can be followed; raises `CannotInspect` or `UsageProblem`.

    `read` is shared by logs that are followed together: a file that is renamed is one of them only.
    """
    if isinstance(source, ContainerSource):
        return followed_container(source)
    if isinstance(source, FileSource):
        return followed_file(source, tail, read or ReadFiles())
    if isinstance(source, StdinSource):
        return FollowedPieces(source.name, pieces_of_stdin)
    raise UsageProblem(f"{source.name}: can't be followed: --follow is for containers, files and standard input")


def followed_file(source: FileSource, tail: int | None, read: ReadFiles) -> Followed:
    """The newest file of a rotated set, after the older ones; or its last lines alone."""
    newest = source.paths[-1]
    refuse_packed(source)
    if tail is not None:
        return FollowedFile(newest, name=source.name, start=last_lines_offset(newest, tail), read=read)
    now = FollowedFile(newest, name=source.name, read=read)
    if len(source.paths) == 1:
        return now
    return WithPast(Chain([past(path, read) for path in source.paths[:-1]]), now)


def past(path: Path, read: ReadFiles) -> Callable[[], LogStream]:
    """A file that was rotated away, opened at once: its name may be another file's when it is read."""
    try:
        with path.open("rb") as file:
            read.note(file.fileno())
        stream = open_path(path)
    except (OSError, CannotInspect):
        return lambda: open_path(path)
    return lambda: stream


def refuse_packed(source: FileSource) -> None:
    """Raise `CannotInspect` for a file that can't grow, or can't be read at all."""
    newest = source.paths[-1]
    try:
        with newest.open("rb") as file:
            head = file.read(6)
    except OSError as error:
        raise CannotInspect(f"{newest}: cannot be read: {error.strerror}") from error
    if head.startswith((GZIP, XZ, ZSTD)) or (head.startswith(BZIP2) and head[3:4].isdigit()):
        raise CannotInspect(f"{newest}: is packed and does not grow: leave --follow out")


def followed_container(source: ContainerSource) -> Followed:
    """Its json file and those rotated away, until it stops; through the API where we may not read them."""
    log = source.log
    if not source.direct or log.log_path is None:
        return FollowedPieces(
            source.name, lambda: stream_log(log, since=source.since, until=source.until, tail=source.tail, follow=True)
        )
    older = source.paths()[:-1]
    now = FollowedFile(log.log_path, name=source.name, alive=lambda: is_running(log.id))
    return WithPast(Chain([lambda path=path: open_path(path) for path in older]), now) if older else now  # type: ignore[misc]


def pieces_of_stdin() -> Iterator[bytes]:
    """What arrives on standard input, as it arrives."""
    pipe, buffer = Pipe(0), bytearray(PIECE_BYTES)
    while got := pipe.readinto(buffer):
        yield bytes(buffer[:got])
