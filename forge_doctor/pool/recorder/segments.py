"""The files of a record: their names, how one is written so that a crash costs its last line, which are kept.

A segment is lines of JSON in one gzip stream, flushed after each line. Files are numbered: what goes on does not hang
on a clock that somebody may set. Only files of our name are ever deleted.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

from forge_doctor.errors import CannotInspect, UsageProblem

NAME = re.compile(r"pool-(\d{6,9})\.jsonl\.gz")
SEGMENT_S = 600.0
# So many are kept whatever the clock says, and never more than that, however often the recorder was started.
LEAST_SEGMENTS, MOST_SEGMENTS = 7, 120
MOST_BYTES = 256 * 1024 * 1024
GZIP = 31
LEVEL = 9


class Segment:
    """One file being written; it is ours alone, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        self.path = path
        self._descriptor = os.open(path, flags, 0o600)
        self._stream = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
        self._whole = 0  # bytes up to the end of the last line that is all there

    def append(self, line: bytes) -> None:
        """Write one line; raises `OSError` where it does not fit: the file then ends behind the line before."""
        self._write(self._stream.compress(line) + self._stream.flush(zlib.Z_SYNC_FLUSH))

    def close(self) -> None:
        """End the stream properly, where there is room for its last bytes."""
        with contextlib.suppress(OSError):
            self._write(self._stream.flush(zlib.Z_FINISH))
        self._release()

    def abandon(self) -> None:
        """End it as it is; one without a single line is taken away."""
        self._release()
        if not self._whole:
            with contextlib.suppress(OSError):
                self.path.unlink()

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._whole)
            raise
        self._whole += len(data)

    def _release(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._descriptor)


class Folder:
    """The folder of a record, held by one recorder at a time."""

    def __init__(self, path: Path) -> None:
        """Raises `UsageProblem` where a file is there, `CannotInspect` where it can't be made or written to, or another
        recorder has it."""
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except (FileExistsError, NotADirectoryError) as error:
            raise UsageProblem(f"--record {path}: is, or lies in, a file; name a folder") from error
        except OSError as error:
            raise CannotInspect(f"--record {path}: cannot be used as a folder: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.release()
            raise CannotInspect(
                f"--record {path}: another recorder writes there; give this one a folder of its own"
            ) from error
        if not os.access(path, os.W_OK | os.X_OK):
            self.release()
            raise CannotInspect(f"--record {path}: cannot be written to; name a folder of your own")

    def begin(self) -> Segment:
        """The next segment; raises `OSError`."""
        taken = segments(self.path)
        following = number_of(taken[-1]) + 1 if taken else 1
        return Segment(self.path / f"pool-{following:06d}.jsonl.gz")

    def forget(self, now: float, keep_s: float) -> None:
        """Delete what is older than `keep_s` seconds, and what is more than a record may be."""
        kept = segments(self.path)
        least = max(2, min(LEAST_SEGMENTS, int(keep_s // SEGMENT_S) + 1))
        while len(kept) > least and self._is_over(kept, now - keep_s):
            with contextlib.suppress(OSError):
                kept[0].unlink()
            kept = kept[1:]

    def release(self) -> None:
        """Let another recorder have it."""
        os.close(self._descriptor)

    @staticmethod
    def _is_over(kept: Sequence[Path], oldest: float) -> bool:
        status = [stat for one in kept if (stat := _status(one)) is not None]
        if len(kept) > MOST_SEGMENTS or sum(stat.st_size for stat in status) > MOST_BYTES:
            return True
        first = _status(kept[0])
        return first is None or first.st_mtime < oldest


def segments(folder: Path) -> tuple[Path, ...]:
    """The segments in a folder, in the order they were written; raises `OSError`."""
    return tuple(sorted((one for one in folder.iterdir() if NAME.fullmatch(one.name)), key=number_of))


def number_of(path: Path) -> int:
    """Which segment it is; 0 for a file of another name."""
    found = NAME.fullmatch(path.name)
    return int(found[1]) if found else 0


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
