"""Keeps the databases that Hyperscan compiles, for it loads one in a hundredth of the time; one that does not fit is compiled.

A file is named by what it was compiled from, by what and for what, and begins with the digest of the rest.
"""

from __future__ import annotations

import os
import sys
from _blake2 import blake2b  # `hashlib` loads OpenSSL for it, which takes longer than all the rest
from collections.abc import Sequence
from typing import Any

ENDING = ".hs"
_folder: list[str] = []


def keep_in(folder: str | None) -> None:
    """Where databases are kept from now on; None for nowhere."""
    _folder[:] = [folder] if folder is not None else []


def database_of(literals: Sequence[bytes]) -> Any:
    """A database that finds these, each by its place among them."""
    import hyperscan

    if not _folder:
        return _compiled(literals)
    module: Any = hyperscan
    # The extension's file tells for which Python and which processors it was built.
    made_by = (sys.version, module.__version__, module._hs_ext.__file__)
    name = blake2b(repr((made_by, literals)).encode(), digest_size=16).hexdigest()
    place = os.path.join(_folder[0], f"{name}{ENDING}")  # noqa: PTH118 - it may be read before pathlib is needed
    if (database := _read(place)) is None:
        database = _compiled(literals)
        _write(place, hyperscan.dumpb(database))
    return database


def _compiled(literals: Sequence[bytes]) -> Any:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=literals, ids=range(len(literals)), flags=[0] * len(literals), literal=True)
    return database


def _read(place: str) -> Any:
    """None where none is kept, where it was spoiled, and where this machine's processor is not what it was made for."""
    import hyperscan

    try:
        with open(place, "rb") as file:  # noqa: PTH123
            digest, _, data = file.read().partition(b"\n")
        if digest != _digest(data):
            return None
        database = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
        database.scratch = hyperscan.Scratch(database)
    except (OSError, MemoryError, hyperscan.HyperscanError):
        return None
    return database


def _write(place: str, data: bytes) -> None:
    from pathlib import Path

    from forge_doctor.kept_results.store import replace_kept

    replace_kept(Path(place), b"%s\n%s" % (_digest(data), data))


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).hexdigest().encode()
