"""What a run printed and how it ended, told again while all it looked at is what it was; loads next to nothing.

The document: a checksum of the rest, then parts between `BETWEEN`: the question's digest, the exit status, the text, the
statuses of all that was looked at, and the names of that. It is read whole or not at all. The question itself holds the
environment, where passwords are, and is not written.
"""

from __future__ import annotations

import os
import zlib
from _blake2 import blake2b  # `hashlib` loads OpenSSL for it, which takes longer than all the rest
from collections.abc import Sequence

from forge_doctor.kept_results.file_status import statuses_of

ENDING = ".run"
BETWEEN = "\0\0"  # no path, argument or variable holds a NUL
BETWEEN_NAMES = "\0"


def digest_of_question(question: str) -> str:
    """What stands for a question."""
    return blake2b(_encoded(question), digest_size=16).hexdigest()


def place_of(folder: str, digest: str) -> str:
    """Where the answer to a question is kept."""
    return os.path.join(folder, f"{digest}{ENDING}")  # noqa: PTH118 - no pathlib here


def read_run(place: str, digest: str) -> tuple[int, str] | None:
    """The exit status and the text; None where nothing is kept, or something changed."""
    try:
        with open(place, "rb") as file:  # noqa: PTH123 - no pathlib here
            checksum, _, data = file.read().partition(b"\n")
        if checksum != _checksum(data):
            return None
        asked, status, text, statuses, names = data.decode("utf-8", "surrogateescape").split(BETWEEN)
        is_same = asked == digest and statuses == statuses_of(names.split(BETWEEN_NAMES))
        return (int(status), text) if is_same else None
    except (OSError, ValueError, MemoryError):
        return None


def run_document(digest: str, status: int, text: str, names: Sequence[str], statuses: str) -> bytes | None:
    """What is to be kept; None where it cannot be."""
    if "\0" in text:
        return None
    try:
        data = _encoded(BETWEEN.join((digest, str(status), text, statuses, BETWEEN_NAMES.join(names))))
    except UnicodeEncodeError:
        return None
    return b"%s\n%s" % (_checksum(data), data)


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _checksum(data: bytes) -> bytes:
    return b"%08x" % zlib.crc32(data)
