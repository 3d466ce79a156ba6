"""PostgreSQL's log behind whatever log_line_prefix: the same faults at the same times, and nothing in a quiet one."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.streams.carriers.test_carriers import read

PREFIXES = (
    *(
        "%t [%p]: ",
        "%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h ",
        "%t:%r:%u@%d:[%p]:",
        "%m %p %u@%d/%a %r ",
        "< %m > ",
    ),
    *(
        "%m [%p] [user=%u,db=%d,app=%a] ",
        "%t-%c-",
        "%n [%p] %u@%d ",
        "%m|%u|%d|%c|",
        "%e: %m ",
        "[%p] %m ",
        "%a|%u|%m|",
    ),
    *(
        "pid=%p,user=%u,db=%d,app=%a,client=%h ",
        "%p %u %d ",
        "[%m] [%p] [%c] [%l] ",
        "user=%u db=%d pid=%p ",
        "(%m) %u@%d: ",
    ),
    *("%m ; %p ; %u ; %d ; ", "%m [%b] [%p] ", "%c %m ", ""),
)
TIMES = ("%t", "%m", "%n")
FAULTS = {
    "deadlock": [
        "ERROR:  deadlock detected",
        "DETAIL:  Process 7 waits for ShareLock on transaction 8.\n\tProcess 9 waits.",
    ],
    "too-many-clients": ["FATAL:  sorry, too many clients already"],
    "statement-timeout": ["ERROR:  canceling statement due to statement timeout", "STATEMENT:  select pg_sleep(100)"],
    "undefined-table": [
        'ERROR:  relation "nowhere" does not exist at character 15',
        "STATEMENT:  select * from nowhere",
    ],
}
QUIET = (
    "LOG:  checkpoint starting: time",
    "LOG:  connection authorized: user=shop database=shop application_name=web",
    'LOG:  automatic vacuum of table "shop.public.carts": index scans: 0\n\tpages: 0 removed, 1 remain',
    "LOG:  duration: 2345.678 ms  statement: SELECT c.id\n\tFROM carts c\n\tWHERE c.note = 'ERROR: not one'",
    "LOG:  duration: 812.345 ms  plan:\n\tQuery Text: SELECT 1\n\tSeq Scan on carts  (cost=0.00..25.88 rows=6)\n\t  Filter: (id = 7)",
)


def before(prefix: str, at: float, order: random.Random) -> str:
    """What the server writes for the prefix."""
    moment = datetime.fromtimestamp(at, UTC)
    pid = order.randint(100, 9999)
    told = {
        "%m": f"{moment:%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC",
        "%t": f"{moment:%Y-%m-%d %H:%M:%S} UTC",
        "%n": f"{at:.3f}",
    }
    told |= {"%p": str(pid), "%u": "shop", "%d": "shop", "%a": "web", "%r": "10.0.0.7(51234)", "%h": "10.0.0.7"}
    told |= {"%c": f"692151c0.{pid:x}", "%l": "3", "%e": "00000", "%b": "client backend"}
    for name, value in told.items():
        prefix = prefix.replace(name, value)
    return prefix


def written(prefix: str, seed: int, faults: tuple[str, ...]) -> tuple[str, dict[str, list[float]]]:
    """A log with these faults, and the moments of each."""
    order, at = random.Random(seed), 1795334400.0
    records = [("", [quiet]) for quiet in QUIET] + [(name, FAULTS[name]) for name in faults]
    order.shuffle(records)
    lines, moments = [], dict[str, list[float]]()
    for name, said in records:
        at += order.uniform(0.5, 5)
        start = before(prefix, at, order)
        lines += [start + line for line in said]
        if name:
            moments.setdefault(name, []).append(at)
    return "".join(f"{line}\n" for line in lines), moments


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_faults_are_found_behind_any_prefix(prefix: str, tmp_path: Path) -> None:
    for seed in range(3):
        text, moments = written(prefix, seed, tuple(random.Random(prefix + str(seed)).choices(sorted(FAULTS), k=4)))
        groups = read(tmp_path / "input", text.encode()).summary.groups.values()
        assert Counter({one.signature: one.count for one in groups}) == {name: len(at) for name, at in moments.items()}
        for one in groups if any(time in prefix for time in TIMES) else ():
            assert one.first == pytest.approx(moments[one.signature][0], abs=1.1)
            assert one.last == pytest.approx(moments[one.signature][-1], abs=1.1)


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_quiet_server_stays_silent(prefix: str, tmp_path: Path) -> None:
    found = read(tmp_path / "input", written(prefix, 5, ())[0].encode())
    assert (found.problem, list(found.summary.groups)) == ("", [])
