"""Our side of the child: starts it with the application's Python, gives it orders, and surely ends it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast

from forge_doctor.dataclass import dataclass, field
from forge_doctor.errors import CannotInspect
from forge_doctor.redaction import redact

FOLDER = Path(__file__).parent
LONGEST_ANSWER = 64 << 20
MOST_WORDS = 4096
END_S = 3.0
# What each order is answered with, where nothing failed.
GIVES: Mapping[str, Mapping[str, type]] = {
    "load": {"revisions": list, "alembic": str},
    "step": {"ran": bool, "version_tables": list},
    "compare": {"tables": int, "differences": list},
}
# The package is loaded from its folder under a name of its own: nothing of ours is on the application's path. Its folder
# comes onto the path as late as with the `alembic` command: an `enum.py` in it would stand in for Python's own.
BOOT = """
import sys
folder = [one for one in sys.path[:1] if not one]
del sys.path[:len(folder)]
import importlib.util
spec = importlib.util.spec_from_file_location("_forge_doctor_child", sys.argv[1] + "/__init__.py",
                                              submodule_search_locations=[sys.argv[1]])
sys.modules["_forge_doctor_child"] = package = importlib.util.module_from_spec(spec)
spec.loader.exec_module(package)
child = importlib.import_module("_forge_doctor_child." + sys.argv[2])
try:
    import alembic.command, sqlalchemy.ext.asyncio
except ImportError:
    pass
sys.path[:0] = folder
child.main()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A line that was running when the exception was raised."""

    path: str
    line: int
    function: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An exception of the application: its class, the server's or its own sentence, and the lines it went through.

    `missing` names settings that were required and not there.
    """

    kind: str
    message: str
    sqlstate: str = ""
    frames: tuple[Frame, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the child answered: `facts`, or why not. `missing` are variables it asked for and did not find, `asked` the
    addresses it wanted to connect to, `drivers` those that are installed."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    missing: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    drivers: tuple[str, ...] = ()


class Child:
    """A running child; of what the application prints, the end is kept."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._orders = cast("asyncio.StreamWriter", process.stdin)
        self._answers = cast("asyncio.StreamReader", process.stdout)
        self._printed = cast("asyncio.StreamReader", process.stderr)
        self._words = b""
        self._listening = asyncio.create_task(self._listen())

    async def order(self, do: str, *, limit_s: float, **arguments: Any) -> Answer:
        """One order and its answer; raises `CannotInspect` where the child ended or did not answer in time."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self._orders.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            await self._orders.drain()
        try:
            line = await asyncio.wait_for(self._answers.readline(), limit_s)
        except TimeoutError:
            raise CannotInspect(f"the application's migrations did not answer within {limit_s:g} s") from None
        except ValueError:  # longer than LONGEST_ANSWER
            line = b"..."
        if not line:
            raise CannotInspect(f"the application's process ended while it ran env.py{await self._last_words()}")
        try:
            return _answer(json.loads(line), GIVES[do])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise CannotInspect("what the application's process answered while it ran env.py is no answer") from error

    def leave(self) -> None:
        """Listen no longer."""
        self._listening.cancel()

    async def _listen(self) -> None:
        """Take what is printed as it comes: an application that prints without end fills no disk, and waits for nobody."""
        while piece := await self._printed.read(1 << 16):
            self._words = (self._words + piece)[-MOST_WORDS:]

    async def _last_words(self) -> str:
        await asyncio.wait([self._listening], timeout=1.0)
        said = self._words.decode("utf-8", "replace").strip().splitlines()
        return f": {redact(said[-1])[:300]}" if said else ""


@asynccontextmanager
async def child_process(
    python: str, module: str, *, folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Child]:
    """`module` of this package in the application's Python, in `folder`; it and what it started end with the block."""
    try:
        process = await asyncio.create_subprocess_exec(
            python,
            "-c",
            BOOT,
            str(FOLDER),
            module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=folder,
            env=None if environment is None else dict(environment),
            start_new_session=True,
            limit=LONGEST_ANSWER,
        )
    except OSError as error:
        raise CannotInspect(f"{python}: cannot be run: {error.strerror}; name a Python with --python") from error
    child = Child(process)
    try:
        yield child
    finally:
        child.leave()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        # A grandchild in a session of its own may hold the pipes, which some Pythons wait for.
        cast("Any", process)._transport.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), END_S)


def _answer(told: dict[str, Any], gives: Mapping[str, type]) -> Answer:
    """Raises `KeyError` or `TypeError` for what is no answer to that order."""
    failure = told.pop("failure", None)
    if failure is None and not all(isinstance(told[name], kind) for name, kind in gives.items()):
        raise TypeError
    lists = {name: tuple(told.pop(name, ())) for name in ("missing", "asked", "drivers")}
    return Answer(
        facts=told,
        failure=_failure(failure) if failure else None,
        **lists,
    )


def _failure(told: Mapping[str, Any]) -> Failure:
    return Failure(
        kind=told["type"],
        message=redact(told["message"]),
        sqlstate=told["sqlstate"],
        frames=tuple(Frame(path=path, line=line or 1, function=name) for path, line, name in told["frames"]),
        missing=tuple(told["missing"]),
    )
