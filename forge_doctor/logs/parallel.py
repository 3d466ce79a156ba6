"""Reads several sources in several processes; their summaries merge, so who read what makes no difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from forge_doctor.logs.collect import Collected, Progress, Task, collect
from forge_doctor.logs.container_source import ContainerSource
from forge_doctor.logs.sources import FileSource
from forge_doctor.logs.summary import Summary

if TYPE_CHECKING:
    from concurrent.futures import Future

# Below this, starting processes takes longer than reading.
WORTH_BYTES = 64 << 20


def collect_all(tasks: Sequence[Task], processes: int, progress: Progress) -> Iterator[Collected]:
    """What each source came to, as it is done: in `processes` processes where that pays."""
    sizes = [task.source.size or 0 for task in tasks if isinstance(task.source, FileSource | ContainerSource)]
    shared = [task for task in tasks if isinstance(task.source, FileSource | ContainerSource)]
    if processes < 2 or len(shared) < 2 or sum(sizes) - max(sizes) < WORTH_BYTES:
        yield from (collect(task, progress) for task in tasks)
        return
    yield from _in_processes(tasks, shared, processes, progress)


def _in_processes(
    tasks: Sequence[Task], shared: Sequence[Task], processes: int, progress: Progress
) -> Iterator[Collected]:
    """The shared tasks in other processes, the rest here."""
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor, as_completed

    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        waiting = {pool.submit(collect, task): task for task in sorted(shared, key=_size, reverse=True)}
        yield from (collect(task, progress) for task in tasks if task not in shared)
        for future in as_completed(waiting):
            done = _result(future, waiting[future], progress)
            progress(done.name, done.summary.bytes, len(done.summary.groups))
            yield done


def _size(task: Task) -> int:
    return task.source.size or 0


def _result(future: Future[Collected], task: Task, progress: Progress) -> Collected:
    from concurrent.futures.process import BrokenProcessPool

    try:
        return future.result()
    except BrokenProcessPool:
        # Killed, most likely for its memory: this process is still here and reads the source itself.
        return collect(task, progress)


def merged(parts: Sequence[Collected]) -> Summary:
    """The sum of all that was read."""
    whole = Summary()
    for part in parts:
        whole = whole.merge(part.summary)
    return whole
