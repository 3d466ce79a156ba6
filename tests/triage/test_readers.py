"""The processes that parts run in end when they are told to, whatever they are at."""

from __future__ import annotations

import subprocess
import sys

# Loading that is interrupted within a callback of the import system loses what is raised there: so nothing is raised.
LOADING = """
import importlib, multiprocessing, os, time

from forge_doctor.triage.readers import SOURCE, Reader

begun, told = os.pipe()

def loads(name):
    os.write(told, b"x")
    time.sleep(60)

importlib.import_module = loads
reader = Reader(multiprocessing.get_context("fork"), SOURCE)
os.read(begun, 1)
(process,) = multiprocessing.active_children()
reader.close()
print(process.exitcode)
"""


def test_one_that_still_loads_is_ended_by_the_signal_itself() -> None:
    done = subprocess.run([sys.executable, "-c", LOADING], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("-15\n", "")
