"""Tracebacks of several workers with no prefix: what in their lines settles whose each is, and what leaves it open."""

from __future__ import annotations

import random

import pytest

from forge_doctor.logs.mixtures.evidence import calls, raises, underlines
from tests.support.log_reading import told

SITE = "/usr/lib/python3/site-packages"
HEAD = "Traceback (most recent call last):\n"


def frame(file: str, line: int, function: str, code: str) -> str:
    return f'  File "{file}", line {line}, in {function}\n    {code}\n'


def service(name: str, error: str, library: str) -> list[str]:
    """A traceback through a server's stack, which is the same for all, the service's own code and a library's."""
    return [
        HEAD,
        frame(f"{SITE}/server/stack.py", 10, "__call__", "await self.app(scope, receive, send)"),
        frame(f"{SITE}/server/stack.py", 20, "__call__", "await self.app(scope, receive, send)"),
        frame(f"{SITE}/server/routing.py", 73, "app", "response = await run_endpoint(request)"),
        frame(f"{SITE}/server/routing.py", 90, "run_endpoint", "return await dependant.call(**values)"),
        frame(f"/app/{name}.py", 7, f"read_{name}", f"return await {library}.load_{name}(1)"),
        frame(f"{SITE}/{library}/api.py", 30, f"load_{name}", f"raise {error}(1)"),
        f"{library}.{error}: 1\n",
    ]


A = service("orders", "Missing", "stock")
B = service("users", "Denied", "gate")
C = service("prices", "Stale", "feed")
TOLD = {
    ("stock.Missing", "/app/orders.py:7 read_orders", 1),
    ("gate.Denied", "/app/users.py:7 read_users", 1),
    ("feed.Stale", "/app/prices.py:7 read_prices", 1),
}


def mixed(workers: list[list[str]], seed: int) -> str:
    order, left = random.Random(seed), [list(one) for one in workers]
    out = []
    while left := [one for one in left if one]:
        out.append(order.choice(left).pop(0))
    return "".join(out)


@pytest.mark.parametrize("seed", range(12))
def test_calls_by_name_tell_three_workers_apart(seed):
    assert set(told(mixed([A, B, C], seed))) == TOLD


@pytest.mark.parametrize("seed", range(6))
def test_records_of_others_may_stand_between(seed):
    lines = [
        'INFO:     10.0.0.1:4711 - "GET /health HTTP/1.1" 200 OK\n',
        "[2026-03-09 02:14:07 +0000] [7] [INFO] Booting worker\n",
    ]
    found = told(mixed([A, B, lines * 3], seed))
    assert set(found) == {one for one in TOLD if one[0] != "feed.Stale"}


def test_a_chain_goes_on_behind_what_began_after_its_first_exception():
    first = [HEAD, frame(f"{SITE}/psycopg/cursor.py", 5, "execute", "raise ex"), "psycopg.OperationalError: gone\n"]
    second = ["\nThe above exception was the direct cause of the following exception:\n\n", *A[:-2]]
    second += [
        frame(f"{SITE}/stock/api.py", 30, "load_orders", "return cursor.execute(1)"),
        frame(f"{SITE}/psycopg/cursor.py", 9, "execute", "raise Broken(ex)"),
        "psycopg.Broken: (psycopg.OperationalError) gone\n",
    ]
    found = told("".join([*first, B[0], second[0], *second[1:3], *B[1:5], *second[3:], *B[5:]]))
    assert {(place, count) for _, place, count in found} == {
        ("/app/orders.py:7 read_orders", 1),
        ("/app/users.py:7 read_users", 1),
    }


def test_where_nothing_tells_whose_a_line_is_none_is_blamed():
    one = [HEAD, frame("/app/one.py", 1, "one", "await step()"), "ValueError: bad\n"]
    two = [HEAD, frame("/app/two.py", 2, "two", "await step()"), "KeyError: 'x'\n"]
    found = told("".join([one[0], two[0], one[1], two[1], one[2], two[2]]))
    assert {place for _, place, _ in found} == {None}


def test_a_call_by_name_says_more_than_another_and_a_raise_ends():
    at = b'  File "/app/a.py", line 3, in f'
    to = b'  File "/app/b.py", line 9, in load_rows'
    assert calls(at, b"    rows = load_rows(1)", to, False) > calls(at, b"    rows = await app(1)", to, False)
    assert calls(at, b"    raise Broken(1)", to, False) < calls(at, b"    self.x()", to, False) < 0


def test_an_exception_fits_where_it_is_raised_or_what_it_names_stands():
    at = b'  File "/app/a.py", line 3, in f'
    assert raises(at, b"    raise Broken(1)", b"shop.Broken: 1") > raises(
        at, b"    raise OtherError(1)", b"shop.Broken: 1"
    )
    assert raises(at, b"    return row['colour']", b"KeyError: 'colour'") > raises(
        at, b"    return 1", b"KeyError: 'colour'"
    )


def test_carets_begin_and_end_where_a_name_does():
    code = b"    rows = load_rows(session, 1)"
    assert underlines(code, b"           ^^^^^^^^^^^^^^^^^^^^^") > 0
    assert underlines(code, b"             ^^^^^^^^^^^^^^^^^^^") < 0
    assert underlines(code, b"           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^") < 0


def lost(task: str, error: str, line: int) -> list[str]:
    """What asyncio says of a task that failed and that nobody waited for."""
    return [
        "Task exception was never retrieved\n",
        f"future: <Task finished name='{task}' coro=<run() done, defined at /app/{task}.py:7> exception={error}(1)>\n",
        HEAD,
        frame(f"/app/{task}.py", line, "run", f"await {task}_api.load_{task}(1)"),
        frame(f"{SITE}/{task}_api/api.py", 30, f"load_{task}", f"raise {error}(1)"),
        f"{task}_api.{error}: 1\n",
    ]


@pytest.mark.parametrize("seed", range(20))
def test_no_task_is_blamed_for_what_another_says_of_its_future(seed: int) -> None:
    found = told(mixed([lost("orders", "Missing", 9), lost("users", "Denied", 11)], seed))
    right = {("orders_api.Missing", "/app/orders.py:9 run"), ("users_api.Denied", "/app/users.py:11 run")}
    assert {(name, where) for name, where, _ in found if where is not None} <= right
    assert {name for name, _, _ in found} == {"orders_api.Missing", "users_api.Denied"}
