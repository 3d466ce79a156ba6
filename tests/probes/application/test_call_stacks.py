"""Frames of the application told from those of libraries, and loops that wait from loops that stand still."""

from __future__ import annotations

import pytest

from forge_doctor.probes.application.call_stacks import Waiting, own_lines, suspended_task, thread_stack
from forge_doctor.probes.processes.workers import CodeLine

SITE = "/srv/venv/lib/python3.13/site-packages"


def frames(*files: str) -> tuple[CodeLine, ...]:
    return tuple(CodeLine(file=file, line=7, function="f") for file in files)


LOOP = ("/usr/lib/python3.13/asyncio/base_events.py", "/usr/lib/python3.13/asyncio/runners.py", "/srv/shop/main.py")


@pytest.mark.parametrize(
    ("file", "package", "own"),
    [
        ("/srv/shop/api.py", "", True),
        ("/usr/lib/python3.13/json/decoder.py", "", False),
        ("/usr/local/lib/python3.14t/queue.py", "", False),
        ("/usr/lib/python3/dist-packages/six.py", "", False),
        ("<frozen importlib._bootstrap>", "", False),
        (f"{SITE}/starlette/routing.py", "shop", False),
        (f"{SITE}/shop/api.py", "shop", True),
        (f"{SITE}/shop.py", "shop", True),
        (f"{SITE}/shopping/api.py", "shop", False),
    ],
)
def test_whose_code_a_file_is(file: str, package: str, own: bool) -> None:
    assert bool(own_lines(frames(file), package)) is own


def test_a_loop_that_waits_is_idle_although_main_py_started_it() -> None:
    waiting = frames("/usr/lib/python3.13/selectors.py", *LOOP)
    stack = thread_stack([waiting] * 3, package="shop", main=True)
    assert (stack.idle, stack.steady, stack.lines) == (True, False, ())


def test_uvloop_waits_in_no_frame_of_its_own() -> None:
    assert thread_stack([frames(*LOOP[1:])] * 3, package="shop", main=True).idle


def test_a_line_found_three_times_is_steady_whatever_it_calls_and_one_that_moves_is_not() -> None:
    blocked = frames("/srv/shop/api.py", f"{SITE}/starlette/routing.py", *LOOP)
    deeper = frames(f"{SITE}/requests/api.py", *(one.file for one in blocked))
    assert thread_stack([blocked, deeper, blocked], package="", main=True).steady
    moved = (CodeLine(file="/srv/shop/api.py", line=8, function="f"), *blocked[1:])
    assert not thread_stack([blocked, moved, blocked], package="", main=True).steady
    assert not thread_stack([blocked, frames("/usr/lib/python3.13/selectors.py", *LOOP)], package="", main=True).steady


def test_a_loop_blocked_in_a_library_names_the_library() -> None:
    stack = thread_stack([frames(f"{SITE}/orjson/x.py", *LOOP)] * 3, package="shop", main=True)
    assert (stack.steady, [one.file for one in stack.lines]) == (True, [f"{SITE}/orjson/x.py"])


@pytest.mark.parametrize(
    ("files", "waits_for"),
    [
        (["/usr/lib/python3.14/asyncio/tasks.py"], Waiting.OTHER),
        ([f"{SITE}/httpx/_client.py"], Waiting.OTHER),
        ([f"{SITE}/asyncpg/connection.py", f"{SITE}/sqlalchemy/util/concurrency.py"], Waiting.DATABASE),
        (["/usr/lib/python3.14/asyncio/queues.py", f"{SITE}/sqlalchemy/util/concurrency.py"], Waiting.POOL),
        (["/usr/lib/python3.14/asyncio/queues.py", f"{SITE}/asyncpg/pool.py"], Waiting.POOL),
        (["/usr/lib/python3.14/asyncio/queues.py"], Waiting.OTHER),
    ],
)
def test_what_a_task_waits_for(files: list[str], waits_for: Waiting) -> None:
    task = suspended_task(frames(*files, "/srv/shop/api.py", f"{SITE}/asyncpg/ignored.py"), package="shop")
    assert (task.waits_for, len(task.lines)) == (waits_for, 1)


@pytest.mark.parametrize(
    ("above", "waits_for"),
    [
        ((f"{SITE}/sqlalchemy/util/queue.py", f"{SITE}/sqlalchemy/pool/impl.py"), Waiting.POOL),
        (("/usr/lib/python3.13/threading.py", f"{SITE}/psycopg_pool/pool.py"), Waiting.POOL),
        ((f"{SITE}/sqlalchemy/engine/default.py",), Waiting.OTHER),
        ((), Waiting.OTHER),
    ],
)
def test_a_thread_may_stand_in_the_queue_of_its_pool_and_its_loop_with_it(
    above: tuple[str, ...], waits_for: Waiting
) -> None:
    samples = [frames(*above, "/srv/shop/api.py", f"{SITE}/sqlalchemy/pool/base.py", *LOOP)] * 3
    stack = thread_stack(samples, package="", main=True)
    assert (stack.waits_for, stack.in_loop, stack.steady) == (waits_for, True, True)
    assert not thread_stack([frames(*above, "/srv/shop/api.py")] * 3, package="", main=True).in_loop


def test_a_command_that_an_installer_wrote_is_no_code_of_the_application() -> None:
    stack = thread_stack(
        [frames("/usr/lib/python3.13/selectors.py", "/srv/shop/.venv/bin/gunicorn")], package="", main=True
    )
    assert not stack.is_own
    assert thread_stack([frames("/srv/shop/bin/serve.py")], package="", main=True).is_own
