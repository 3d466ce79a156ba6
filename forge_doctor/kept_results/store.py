"""The folder of kept results: one document a project and way of linting, one a run that was told, what searches logs; safe to
delete, and never worth an error.

A document is read whole or not at all: its first line is the digest of the rest. It is replaced at once, so that runs
beside each other lose at most each other's news.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from typing import Any

from forge_doctor.code.files.contents import digest_of
from forge_doctor.kept_results.kept_run import ENDING

# What taking a document apart raises that is none of ours.
ODD = (TypeError, ValueError, LookupError, AttributeError)
# A tree may hold hundreds of projects, each with little to keep: what is left behind is bounded by its size too.
MOST_PROJECTS = 500
MOST_RUNS = 100
MOST_DATABASES = 20
MOST_EXPRESSIONS = 5
MOST_BYTES = 256_000_000
MOST_LEFT_OVER = 4
TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# Results of forge-doctor; safe to delete.\n"


def store_for(folder: Path, root: Path, way: Iterable[str]) -> Path:
    """Where results of a project looked at in this way are kept."""
    name = blake2b("\0".join((str(root), *way)).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    return folder / f"{name}.json"


def read_document(store: Path) -> Mapping[str, Any]:
    """What `write_document` wrote; empty where there is nothing, or anything else."""
    try:
        digest, _, text = store.read_bytes().partition(b"\n")
        document = json.loads(text) if digest == digest_of(text).encode() else {}
    except (OSError, ValueError, RecursionError, MemoryError):
        return {}
    return document if isinstance(document, dict) else {}


def write_document(store: Path, document: Mapping[str, Any]) -> None:
    """Replace what is there, if the folder can be written."""
    text = json.dumps(document, separators=(",", ":")).encode()
    replace_kept(store, b"%s\n%s" % (digest_of(text).encode(), text))


def replace_kept(store: Path, data: bytes) -> None:
    """The same of any bytes."""
    with contextlib.suppress(OSError):
        _write(store, data)
        _sweep(store.parent)


def _write(store: Path, data: bytes) -> None:
    import tempfile

    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    tag = store.parent / "CACHEDIR.TAG"
    if not tag.exists():
        tag.write_text(TAG, encoding="utf-8")
        (store.parent / ".gitignore").write_text("*\n", encoding="utf-8")
    handle, temporary = tempfile.mkstemp(dir=store.parent, prefix=".new.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).replace(store)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sweep(folder: Path) -> None:
    """Keep the newest projects and runs, and little of what runs that were ended left behind."""
    for pattern, most in (
        ("*.json", MOST_PROJECTS),
        (f"*{ENDING}", MOST_RUNS),
        ("*.hs", MOST_DATABASES),
        ("*.re", MOST_EXPRESSIONS),
        (".new.*", MOST_LEFT_OVER),
    ):
        stores = sorted(((one.lstat(), one) for one in folder.glob(pattern)), key=lambda pair: -pair[0].st_mtime_ns)
        sums = accumulate(status.st_size for status, _ in stores)
        for number, ((_, old), size) in enumerate(zip(stores, sums, strict=True)):
            if number >= most or (number and size > MOST_BYTES):
                old.unlink(missing_ok=True)


def stamp(*folders: Path) -> str:
    """Changes with any file of these folders: the rules' own code, the parser, its grammar."""
    found: list[str] = []
    waiting = list(folders)
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir() and entry.name != "__pycache__":
                    waiting.append(Path(entry.path))
                elif entry.name.endswith((".py", ".so", ".pyd")):
                    status = entry.stat()
                    found.append(f"{entry.path} {status.st_size} {status.st_mtime_ns}")
    return digest_of("\n".join(sorted(found)).encode("utf-8", "surrogateescape"))
