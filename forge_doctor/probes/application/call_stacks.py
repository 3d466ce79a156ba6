"""What a process's stacks say of its application: values, and which frames are its own; reads nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from itertools import takewhile

from forge_doctor.dataclass import dataclass
from forge_doctor.probes.processes.workers import CodeLine

# Where an event loop runs what waits for it: frames below did not ask for anything.
LOOP = re.compile(r"/asyncio/(base_events|events|runners)\.py$|/uvloop/")
# The standard library, what is frozen into the interpreter or made of a string.
LIBRARY = re.compile(r"/lib(?:64)?/(?:python|pypy)\d[\d.]*t?/|^<|^frozen |^$")
# A command that an installer wrote into an environment: `.venv/bin/gunicorn`.
COMMAND = re.compile(r"/bin/[^/.]+$")
INSTALLED = re.compile(r"/(?:site|dist)-packages/")
DRIVER = re.compile(r"/(?:asyncpg|psycopg)/[^/]+\.py$")
QUEUE = re.compile(r"/asyncio/(?:queues|locks)\.py$")
# Those whose queue a request waits in for a connection.
POOL = re.compile(r"/(?:sqlalchemy|asyncpg|psycopg_pool)/")
# Where a thread waits for one, and its event loop with it.
BLOCKING_POOL = re.compile(r"/(?:sqlalchemy/(?:pool/\w+|util/queue)|psycopg_pool/\w+)\.py$")


class Waiting(StrEnum):
    """What a suspended task waits for, as far as its innermost frames tell."""

    DATABASE = "database"
    POOL = "pool"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadStack:
    """The application's lines a thread stands in, innermost first; where it has none, the innermost of any (`is_own`).

    `main` is the process's first thread; `idle` says that an event loop waits in it; `steady` that every sample
    found it in the same line; `in_loop` that an event loop called it there, and `waits_for` what it stands in.
    """

    name: str = ""
    main: bool = False
    idle: bool = False
    steady: bool = False
    in_loop: bool = False
    waits_for: Waiting = Waiting.OTHER
    lines: tuple[CodeLine, ...] = ()
    is_own: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendedTask:
    """A task of an event loop that waits: the application's lines it waits in, innermost first."""

    name: str = ""
    waits_for: Waiting = Waiting.OTHER
    lines: tuple[CodeLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStacks:
    """The stacks of one process, read by `tool` in `samples` samples; `tasks` is None where they were not to be had.

    `why_not` says in words what could not be read, `remedy` what to type.
    """

    pid: int
    tool: str = ""
    samples: int = 0
    threads: tuple[ThreadStack, ...] = ()
    tasks: tuple[SuspendedTask, ...] | None = None
    why_not: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A process whose stacks a finding needs. `package` is the first name of its application; of one that is no
    `worker` it is not known whether it runs Python at all.

    `blocked`: whether an event loop stands still in it, which takes several samples; `sessions`: whether it holds
    sessions whose task or thread is looked for. `threads_tell` is False where its driver works in tasks alone, of which
    the stack of a thread shows nothing.
    """

    pid: int
    package: str = ""
    worker: bool = True
    blocked: bool = False
    sessions: bool = False
    threads_tell: bool = True


def own_lines(frames: Sequence[CodeLine], package: str) -> tuple[CodeLine, ...]:
    """Those of the application; `package` is its first name, for one that lies installed beside the others."""
    return tuple(frame for frame in frames if _is_own(frame.file, package))


def thread_stack(
    samples: Sequence[Sequence[CodeLine]], *, package: str, name: str = "", main: bool = False
) -> ThreadStack:
    """A thread from the frames of each sample, innermost first."""
    run = [tuple(takewhile(lambda frame: not LOOP.search(frame.file), frames)) for frames in samples]
    in_loop = [len(frames) < len(whole) for frames, whole in zip(run, samples, strict=True)]
    waits = [
        looped and all(frame.file.endswith("/selectors.py") for frame in frames)
        for looped, frames in zip(in_loop, run, strict=True)
    ]
    own = [own_lines(frames, package)[:1] or frames[:1] for frames in run]
    whole = own_lines(run[-1], package)
    return ThreadStack(
        name=name,
        main=main,
        idle=all(waits),
        steady=bool(own[-1]) and len(set(own)) == 1 and not any(waits),
        in_loop=all(in_loop),
        waits_for=_stands_in(run[-1], package),
        lines=() if waits[-1] else whole or (run[-1][:1] if main else ()),
        is_own=bool(whole),
    )


def _stands_in(frames: Sequence[CodeLine], package: str) -> Waiting:
    above = takewhile(lambda frame: not _is_own(frame.file, package), frames)
    return Waiting.POOL if any(BLOCKING_POOL.search(frame.file) for frame in above) else Waiting.OTHER


def suspended_task(frames: Sequence[CodeLine], *, package: str, name: str = "") -> SuspendedTask:
    """A task from the frames it waits in, innermost first; those of the tasks that wait for it may follow."""
    first = next((at for at, frame in enumerate(frames) if _is_own(frame.file, package)), len(frames))
    above = [frame.file for frame in frames[:first]]
    return SuspendedTask(name=name, waits_for=_waiting(above), lines=own_lines(frames, package))


def _waiting(files: Sequence[str]) -> Waiting:
    if any(map(DRIVER.search, files)) and not any(map(QUEUE.search, files)):
        return Waiting.DATABASE
    if any(map(QUEUE.search, files)) and any(map(POOL.search, files)):
        return Waiting.POOL
    return Waiting.OTHER


def _is_own(file: str, package: str) -> bool:
    installed = INSTALLED.split(file)
    if len(installed) > 1:
        return bool(package) and installed[-1].partition("/")[0].removesuffix(".py") == package
    return not LIBRARY.search(file) and not COMMAND.search(file)
