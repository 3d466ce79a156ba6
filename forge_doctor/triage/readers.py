"""Processes of their own for parts that take the interpreter for themselves; each loads what it needs while we discover.

A reader is asked for one part after the other and answers with what it came to and how long that took.
"""

from __future__ import annotations

import contextlib
import importlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import CannotInspect, ForgeDoctorError
from forge_doctor.probes.clock import ticking_s
from forge_doctor.report import attempted
from forge_doctor.worker_processes import pool_context

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

PARTS = "forge_doctor.triage.parts"
# What each of them is asked for: two that read files, one that only waits for the server.
SOURCE, LOGS, SERVER = ("lint", "schema"), ("functions", "logs"), ("statements",)
ENDED_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a part has nothing to say."""

    reason: str
    crashed: bool = False


Answer: TypeAlias = tuple[Any, float] | Failure


class Crashed(Exception):
    """A fault of ours in another process, in words."""


class Reader:
    """One process and the pipe to it; asked by one thread at a time."""

    def __init__(self, context: BaseContext, parts: Sequence[str]) -> None:
        self._pipe, theirs = context.Pipe()
        self._turn = threading.Lock()
        self._process = context.Process(target=_serve, args=(theirs, tuple(parts)))  # type: ignore[attr-defined]
        self._process.start()
        theirs.close()

    def ask(self, part: str, *arguments: Any, **named: Any) -> tuple[Any, float]:
        """What `look` of that part gives, and seconds; raises what it raises."""
        with self._turn:
            try:
                self._pipe.send((part, arguments, named))
                answer: Answer = self._pipe.recv()
            except (EOFError, OSError) as error:
                raise CannotInspect("its process was ended, perhaps for want of memory") from error
        if isinstance(answer, Failure):
            raise Crashed(answer.reason) if answer.crashed else CannotInspect(answer.reason)
        return answer

    def close(self) -> None:
        """End the process, whatever it is at; who waits for its answer is told."""
        self._process.terminate()
        self._process.join(ENDED_S)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._pipe.close()


class Readers:
    """All of them, by the parts they have."""

    def __init__(self, context: BaseContext) -> None:
        begun = {parts: Reader(context, parts) for parts in (SOURCE, LOGS, SERVER)}
        self._of = {part: reader for parts, reader in begun.items() for part in parts}

    def ask(self, part: str, *arguments: Any, **named: Any) -> tuple[Any, float]:
        """As `Reader.ask`, of the one that has the part."""
        return self._of[part].ask(part, *arguments, **named)

    def close(self) -> None:
        """End them, once or again."""
        for reader in set(self._of.values()):
            reader.close()


@contextlib.contextmanager
def readers() -> Iterator[Readers]:
    """They run until the block ends; to be begun before any thread is."""
    begun = Readers(pool_context())
    try:
        yield begun
    finally:
        begun.close()


def _serve(pipe: Connection, parts: Sequence[str]) -> None:
    # Ctrl-C goes to the whole group: who asked ends us, on the spot while we load, where an exception may be lost.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    looks = {part: importlib.import_module(f"{PARTS}.{part}").look for part in parts}
    # From here on what we began ends with us.
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        while True:
            part, arguments, named = pipe.recv()
            pipe.send(_answer(looks[part], arguments, named))


def _answer(look: Callable[..., Any], arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Answer:
    """(what it comes to, seconds), or what went wrong: in words, since not every error travels."""
    began = ticking_s()
    result = attempted(lambda: look(*arguments, **named))
    if isinstance(result, ForgeDoctorError):
        return Failure(reason=str(result))
    if isinstance(result, Exception):
        return Failure(reason=f"{type(result).__name__}: {result}", crashed=True)
    return result, ticking_s() - began
