"""Workers that write their tracebacks at once, frame by frame: the same events as if each had a log of its own."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.log_reading import told

SITE = "/usr/local/lib/python3.12/site-packages/shoplib"
# Chains of calls, each function called by its name; the exception is raised by the last.
CHAINS = (
    ("main", "read_order", "load_rows", "KeyError: 'colour'"),
    ("main", "charge_card", "send_money", "wait_for_bank", "shop.errors.Declined: no money"),
    ("run_jobs", "refresh_prices", "ValueError: bad price"),
    ("run_jobs", "import_stock", "parse_line", "shop.errors.Broken: line 7"),
)


def entries(chain: tuple[str, ...]) -> list[str]:
    """What a worker writes at a time: a frame with its line of code, an exception, an empty line."""
    *functions, exception = chain
    head = ["Traceback (most recent call last):\n"]
    for at, function in enumerate(functions):
        following = functions[at + 1] if at + 1 < len(functions) else ""
        code = f"return {following}(x)" if following else f"raise {exception.partition(':')[0].rpartition('.')[2]}(x)"
        file = "/app/shop.py" if at == len(functions) - 1 else f"{SITE}/{function}.py"
        head.append(f'  File "{file}", line {line_of(chain, at)}, in {function}\n    {code}\n')
    head.append(f"{exception}\n")
    return head


def line_of(chain: tuple[str, ...], at: int) -> int:
    """A place has one line of code."""
    return 10 * (CHAINS.index(chain) + 1) + at


def apart(written: list[list[tuple[str, ...]]]) -> Counter[tuple[str, str | None]]:
    return Counter(
        (chain[-1].partition(":")[0], f"/app/shop.py:{line_of(chain, len(chain) - 2)} {chain[-2]}")
        for worker in written
        for chain in worker
    )


@given(st.lists(st.lists(st.sampled_from(CHAINS), min_size=1, max_size=4), min_size=2, max_size=3), st.randoms())
@settings(max_examples=150, deadline=None)
def test_interleaved_workers_give_the_events_they_give_apart(written, random):
    left = [[entry for chain in worker for entry in entries(chain)] for worker in written]
    log = []
    while any(left):
        log.append(random.choice([worker for worker in left if worker]).pop(0))
    assert Counter({(name, place): count for name, place, count in told("".join(log))}) == apart(written)


def test_an_exception_of_a_library_ends_the_traceback_that_went_into_it() -> None:
    first = [
        "Traceback (most recent call last):",
        '  File "/app/shop/jobs.py", line 44, in nightly',
        "    await session.commit()",
    ]
    second = [
        "Traceback (most recent call last):",
        '  File "/app/shop/orders.py", line 11, in pay',
        "    rows = await connection.fetch(query)",
        '  File "/usr/lib/python3/site-packages/asyncpg/connection.py", line 690, in fetch',
        "    return await self._execute(",
    ]
    ends = ["ValueError: bad total", "asyncpg.exceptions.DeadlockDetectedError: deadlock detected"]
    for one, other in ((first, second), (second, first)):
        lines = [one[0], other[0], *one[1:], *other[1:], ends[1], ends[0]]
        found = told("\n".join(["ERROR:    a", *lines[:1], "ERROR:    b", *lines[1:]]) + "\n")
        assert sorted(name for name, _, _ in found) == ["ValueError", "deadlock"]
        assert ("deadlock", "/app/shop/orders.py:11 pay", 1) in found
