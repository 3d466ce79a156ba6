"""An exception that another process raised has that process's traceback as its words, and its line there is to blame."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.log_reading import told

PROGRAM = """\
import logging
from {module} import {pool}

def work(number):
    return {{}}["missing"]

if __name__ == "__main__":
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    with {pool}(1) as pool:
        for number in range(2):
            try:
                {ask}
            except KeyError:
                logging.exception("order %d failed", number)
"""
POOLS = {
    "ProcessPoolExecutor": ("concurrent.futures", "pool.submit(work, number).result()"),
    "Pool": ("multiprocessing", "pool.apply(work, (number,))"),
}
HEAD = "[2026-11-22 08:00:00,{number:03}: ERROR/MainProcess] Task handler raised error: Gone(1)\n"
FRAME = '  File "/srv/lib/python3.13/site-packages/pool.py", line {line}, in on_end\n    raise Gone(job)\n'
QUOTED = (
    "Traceback (most recent call last):\n{frame}pool.einfo.ExceptionWithTraceback: \n"
    '"""\nTraceback (most recent call last):\n{frame}pool.errors.Gone: (1,)\n"""\n'
)


@pytest.mark.parametrize("pool", POOLS)
def test_the_line_in_the_other_process_is_named_once(pool: str, tmp_path: Path) -> None:
    module, ask = POOLS[pool]
    program = tmp_path / "shop.py"
    program.write_text(PROGRAM.format(module=module, pool=pool, ask=ask))
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60)
    assert told(done.stderr) == [("KeyError", f"{program}:5 work", 2)]


@pytest.mark.parametrize("lines", [(745, 745), (745, 1367)])
def test_what_only_carries_a_traceback_is_told_as_that(lines: tuple[int, int]) -> None:
    log = "".join(
        HEAD.format(number=number) + QUOTED.format(frame=FRAME.format(line=line)) for number, line in enumerate(lines)
    )
    assert sum(count for _, _, count in told(log)) == 2
    assert {name for name, _, _ in told(log)} == {"pool.errors.Gone"}


def test_a_traceback_behind_words_that_end_in_quotes_is_another_one() -> None:
    one = "Traceback (most recent call last):\n" + FRAME.format(line=3) + 'pool.errors.Torn: the text is """\nx\n"""\n'
    two = "Traceback (most recent call last):\n" + FRAME.format(line=9) + "pool.errors.Gone: 2\n"
    assert sorted(name for name, _, _ in told(HEAD.format(number=0) + one + two)) == [
        "pool.errors.Gone",
        "pool.errors.Torn",
    ]
