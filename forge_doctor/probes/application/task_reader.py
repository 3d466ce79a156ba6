"""Run by the interpreter of the process it reads (Python 3.14 and later): its suspended tasks and its threads, as JSON.

Standard library only, and none of forge-doctor: it is handed over as text. Reads the other process's memory; does
not stop it, and runs nothing in it.
"""

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

ATTEMPTS = 5


def main(pid: int, samples: int, pause_s: float) -> None:
    """Print what was read, or why it could not be."""
    answer: dict[str, Any]
    try:
        unwinder = importlib.import_module("_remote_debugging").RemoteUnwinder
        threads = []
        for number in range(samples):
            if number:
                time.sleep(pause_s)
            threads.append(again(lambda: unwinder(pid, all_threads=True).get_stack_trace()))
        answer = {
            "threads": [threads_of(sample) for sample in threads],
            "tasks": [task for loop in again(lambda: unwinder(pid).get_all_awaited_by()) for task in tasks_of(loop)],
        }
    except (ImportError, AttributeError, TypeError, RuntimeError, OSError, ValueError) as error:
        answer = {"problem": f"{type(error).__name__}: {error}", "refused": refused(error)}
    json.dump(answer, sys.stdout)


def again(read: Callable[[], Any]) -> Any:
    """The process goes on while it is read: what does not fit together is read once more."""
    for _ in range(ATTEMPTS - 1):
        try:
            return read()
        except (RuntimeError, UnicodeDecodeError, MemoryError):
            time.sleep(0.01)
    return read()


def refused(raised: BaseException) -> bool:
    """Whether we may not read the other's memory."""
    error: BaseException | None = raised
    while error is not None:
        if isinstance(error, PermissionError):
            return True
        error = error.__cause__ or error.__context__
    return False


def threads_of(sample: Any) -> list[Any]:
    """3.15 has an interpreter around its threads."""
    threads = [thread for one in sample for thread in getattr(one, "threads", (one,))]
    return [[thread.thread_id, frames_of(thread.frame_info)] for thread in threads]


def tasks_of(loop: Any) -> Iterator[list[Any]]:
    """Each with the task at the end of the chain of those that wait for it."""
    known = {task.task_id: task for task in loop.awaited_by}
    for task in loop.awaited_by:
        frames, root = chain(task, known, set())
        yield [task.task_name, f"{loop.thread_id} {task.task_id}", f"{loop.thread_id} {root}", frames]


def chain(task: Any, known: dict[Any, Any], seen: set[Any]) -> tuple[list[Any], Any]:
    """Its frames, then those of the first task that waits for it, and so on; and which the last is."""
    seen.add(task.task_id)
    frames = [frame for stack in task.coroutine_stack for frame in frames_of(stack.call_stack)]
    for waiter in task.awaited_by:
        above = known.get(waiter.task_name)  # which holds the task's number
        if above is not None and above.task_id not in seen:
            more, root = chain(above, known, seen)
            return frames + more, root
    return frames, task.task_id


def frames_of(frames: Any) -> list[list[Any]]:
    """File, line, function; what is no frame (a marker of the collector) is left out."""
    return [[frame.filename, line_of(frame), frame.funcname] for frame in frames if not isinstance(frame, str)]


def line_of(frame: Any) -> int:
    """3.15 has a location of four numbers."""
    line = getattr(frame, "lineno", None)
    if line is None:
        location = getattr(frame, "location", None)
        line = location[0] if location else 0
    return int(line or 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
