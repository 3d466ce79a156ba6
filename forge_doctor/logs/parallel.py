"""Reads logs in several processes, a large one in parts; summaries merge, so who read what makes no difference."""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence, Sequence
from typing import TYPE_CHECKING

from forge_doctor.logs.collect import Collected, Progress, Task, collect
from forge_doctor.logs.problems.summary import Summary, merge_all
from forge_doctor.logs.scan.wanted import wanted_lines
from forge_doctor.logs.split import split
from forge_doctor.streams.sources.containers import ContainerSource
from forge_doctor.streams.sources.files import FileSource
from forge_doctor.worker_processes import pool_context

if TYPE_CHECKING:
    from concurrent.futures import Future

# Below this, starting another process takes longer than reading.
WORTH_BYTES = 64 << 20
POLL_S = 0.2

# In each process of the pool: bytes read and places found of each part, by twos.
_board: MutableSequence[int] = []


def collect_all(tasks: Sequence[Task], processes: int, progress: Progress) -> Iterator[Collected]:
    """What each source came to, as it is done: in `processes` processes where that pays."""
    shared = [task for task in tasks if isinstance(task.source, FileSource | ContainerSource)]
    parts = [(task, part) for task in shared for part in _parts(task, _total(shared), processes)]
    sizes = [part.source.size or 0 for _, part in parts]
    if processes < 2 or len(parts) < 2 or sum(sizes) - max(sizes) < WORTH_BYTES:
        yield from (collect(task, progress) for task in tasks)
        return
    others = [task for task in tasks if task not in shared]
    yield from _in_processes(parts, others, processes, progress)


def _total(tasks: Sequence[Task]) -> int:
    return sum(task.source.size or 0 for task in tasks)


def _parts(task: Task, total: int, processes: int) -> Sequence[Task]:
    """The task cut into shares, where it is much larger than a process's share of all."""
    size, share = task.source.size or 0, max(WORTH_BYTES, total // processes)
    count = min(processes, round(size / share)) if share else 1
    return split(task, count, wanted_lines(task.engine)) if count > 1 else (task,)


def _in_processes(
    parts: Sequence[tuple[Task, Task]], others: Sequence[Task], processes: int, progress: Progress
) -> Iterator[Collected]:
    """The parts in other processes, the other tasks here."""
    from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait

    context = pool_context()
    board = context.Array("Q", 2 * len(parts), lock=False)
    told = [0] * (2 * len(parts))
    left = {id(task): sum(other is task for other, _ in parts) for task, _ in parts}
    done: dict[int, Collected] = {}
    with ProcessPoolExecutor(processes, context, _join, (board,)) as pool:
        waiting = {pool.submit(_collect_part, number, part): number for number, (_, part) in enumerate(parts)}
        yield from (collect(task, progress) for task in others)
        while waiting:
            finished, _ = wait(waiting, POLL_S, FIRST_COMPLETED)
            for number, (task, _) in enumerate(parts):
                read, hits = board[2 * number : 2 * number + 2]
                progress(task.source.name, read - told[2 * number], hits - told[2 * number + 1])
                told[2 * number : 2 * number + 2] = read, hits
            for future in finished:
                task, part = parts[waiting.pop(future)]
                result = _result(future, part)
                before = done.get(id(task))
                done[id(task)] = result if before is None else before.joined(result)
                left[id(task)] -= 1
                if not left[id(task)]:
                    yield done.pop(id(task))


def _join(board: MutableSequence[int]) -> None:
    global _board
    _board = board


def _collect_part(number: int, part: Task) -> Collected:
    def told(_name: str, count: int, hits: int) -> None:
        _board[2 * number] += count
        _board[2 * number + 1] += hits

    return collect(part, told)


def _result(future: Future[Collected], part: Task) -> Collected:
    from concurrent.futures.process import BrokenProcessPool

    try:
        return future.result()
    except BrokenProcessPool:
        # Killed, most likely for its memory: this process is still here and reads the part itself.
        return collect(part)


def merged(parts: Sequence[Collected]) -> Summary:
    """The sum of all that was read."""
    return merge_all(part.summary for part in parts)
