"""In asyncio's debug mode a task's failure is told with the place where the task was made: it is one failure, and not that place's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.log_reading import told

PROGRAM = """\
import asyncio, gc, logging
from sqlalchemy.exc import TimeoutError

async def order(number):
    raise TimeoutError("QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00")

async def main():
    for number in range(3):
        task = asyncio.create_task(order(number))
        await asyncio.sleep(0)
        del task
        gc.collect()
    asyncio.get_running_loop().call_soon(undone)
    await asyncio.sleep(0.01)

def undone():
    raise KeyError("missing")

logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
asyncio.run(main(), debug=True)
"""


def test_a_failure_is_told_once_where_it_was_raised(tmp_path: Path) -> None:
    program = tmp_path / "shop.py"
    program.write_text(PROGRAM)
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=60)
    assert done.stderr.count("created at (most recent call last)") >= 3
    found = [one for one in told(done.stderr) if one[0] != "slow-callback"]
    assert sorted(found) == [("KeyError", f"{program}:17 undone", 1), ("pool-timeout", f"{program}:5 order", 3)]
