"""Frames in the notations of IPython, Sentry and Django's pages give what Python's own give."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.logs.records.tracebacks.lost_layout import ForeignFrames
from tests.support.log_reading import read_scanned, told

SITE = "/srv/venv/lib/python3.12/site-packages"
FRAMES = (
    (f"{SITE}/starlette/routing.py", 73, "app", "response = await f(request)"),
    ("shop/api/orders.py", 41, "save", "await store.keep(rows)"),
    ("shop/store.py", 17, "Store.keep", "await session.execute(insert(Order), rows)"),
    (f"{SITE}/sqlalchemy/engine/base.py", 1964, "Connection._exec", "self.dialect.do_execute("),
    (f"{SITE}/asyncpg/connection.py", 350, "query", "return await self._protocol.query(query, timeout)"),
)
KIND, WORDS = "DeadlockDetectedError", "deadlock detected"
DETAIL = "DETAIL:  Process 7 waits for ShareLock on transaction 8; blocked by process 9."
EXPECTED = [("deadlock", "shop/store.py:17 Store.keep", 1)]
Frames = tuple[tuple[str, int, str, str], ...]


def around(code: str, line: int, arrow: bool) -> str:
    """A line of code with those beside it, as these show it."""
    number = f"{'-' * 3}> {line} " if arrow else ""
    before, behind = (f"     {line - 1} ", f"     {line + 1} ") if arrow else ("", "")
    return f"{before}        # keeps them\n{number}        {code}\n{behind}        return {'x' * 300}\n"


def ipython(frames: Frames) -> str:
    shown = "".join(f"{file} in {name}(self, *rows)\n{around(code, at, True)}\n" for file, at, name, code in frames)
    return f"{'-' * 75}\n{KIND}         Traceback (most recent call last)\n{shown}{KIND}: {WORDS}\n{DETAIL}\n"


def ipython_8(frames: Frames) -> str:
    shown = "".join(
        f"File {file}:{at}, in {name}(self, *rows)\n{around(code, at, True)}\n" for file, at, name, code in frames
    )
    return f"{'-' * 75}\n{KIND}         Traceback (most recent call last)\n{shown}{KIND}: {WORDS}\n{DETAIL}\n"


def sentry(frames: Frames) -> str:
    fence = "```"
    shown = "".join(
        f"{file} in {name}\nat line {at}\n\n{fence}python\n{around(code, at, False)}{fence}\n\n"
        for file, at, name, code in frames
    )
    return f"{KIND}\n{WORDS}\n{DETAIL}\n\n{shown}"


def sentry_newest_first(frames: Frames) -> str:
    return sentry(frames[::-1])


def one_line(frames: Frames) -> str:
    return f"{KIND}: {WORDS}\n" + "".join(f"  {file} in {name} at line {at}\n" for file, at, name, _ in frames)


def reporting(frames: Frames) -> str:
    return f"{KIND}: {WORDS}\n" + "".join(f"    at {name} ({file}:{at})\n" for file, at, name, _ in frames[::-1])


def stackprinter(frames: Frames) -> str:
    dots = f"    {'.' * 50}\n"
    shown = "".join(
        f'File "{file}", line {at}, in {name}\n    {at - 1}   rows = [1]\n--> {at}   {code}\n{dots}     rows = [1]\n{dots}\n'
        for file, at, name, code in frames
    )
    return f"{shown}{KIND}: {WORDS}\n"


def django(frames: Frames) -> str:
    shown = "".join(f"{file} in {name} at line {at}\n\n{around(code, at, False)}\n" for file, at, name, code in frames)
    return f"**Traceback**\n{shown}{KIND}\n{WORDS}\n"


@pytest.mark.parametrize(
    "write", [ipython, ipython_8, sentry, sentry_newest_first, one_line, django, reporting, stackprinter]
)
@pytest.mark.parametrize("quiet", [0, 400])
def test_frames_in_other_notations_name_the_same_line(write: Callable[[Frames], str], quiet: int) -> None:
    line = "2026-11-22 08:00:00,100 INFO shop asked for its orders\n"
    text = line * quiet + write(FRAMES) + line * quiet
    assert told(text) == EXPECTED
    found = read_scanned(text.encode()).groups.values()
    assert [(one.signature, one.culprit and one.culprit.line, one.count) for one in found] == [("deadlock", 17, 1)]


SITE_FRAME = f"File {SITE}/asyncpg/connection.py:350, in query(self, sql)\n--> 350     return 1\n\n"


@pytest.mark.parametrize(
    ("outer", "inner", "place"),
    [
        ("Cell In[7], line 2", "Cell In[3], line 9, in keep(rows)", "Cell In[3]:9 keep"),
        ("Input In [7], in <cell line: 2>()", "Input In [3], in keep(rows)", "Input In [3]:9 keep"),
        ("Cell In[7], line 2", "", "Cell In[7]:2 <module>"),
        ("Input In [7], in <cell line: 2>()", "", "Input In [7]:2 <module>"),
    ],
)
def test_a_cell_of_a_notebook_is_a_place_of_its_own(outer: str, inner: str, place: str) -> None:
    frames = f"{outer}\n      1 rows = []\n----> 2 await keep(rows)\n\n"
    frames += f"{inner}\n      8 async def keep(rows):\n----> 9     await conn.execute(rows)\n\n" if inner else ""
    text = f"{'-' * 75}\n{KIND}         Traceback (most recent call last)\n{frames}{SITE_FRAME}{KIND}: {WORDS}\n"
    assert told(text) == [("deadlock", place, 1)]
    plain = f"Traceback (most recent call last):\n  Cell In[7], line 2\n    await keep(rows)\n{KIND}: {WORDS}\n"
    assert told(plain) == [("deadlock", "Cell In[7]:2 <module>", 1)]


def dump(*threads: tuple[str, Frames]) -> str:
    """As faulthandler writes it, the innermost frame first and no code."""
    return "".join(
        f"{name} 0x00007f94459fd6c0 (most recent call first):\n"
        + "".join(f'  File "{file}", line {at} in {function}\n' for file, at, function, _ in reversed(frames))
        + "\n"
        for name, frames in threads
    )


def test_a_crash_of_the_interpreter_is_told_at_the_line_of_the_thread_that_crashed() -> None:
    others = (("/usr/lib/python3.12/threading.py", 1180, "_bootstrap", ""), ("shop/poll.py", 3, "poll", ""))
    text = (
        "2026-11-22 08:00:00,100 INFO shop began\nFatal Python error: Segmentation fault\n\n"
        + dump(("Thread", others), ("Current thread", FRAMES), ("Thread", others))
        + "Extension modules: greenlet._greenlet, asyncpg.protocol.protocol (total: 2)\n"
    )
    assert told(text) == [("interpreter-crash", "shop/store.py:17 Store.keep", 1)]
    assert told(text.partition("\n")[0] + "\n" + text.partition("fault\n")[2]) == []


RAN_OUT = "Timeout (0:00:30)!\n"
IDLE = (("shop/main.py", 3, "<module>", ""), ("/usr/lib/python3.12/selectors.py", 468, "select", ""))
LOCKED = (*FRAMES[:3], ("/usr/lib/python3.12/threading.py", 359, "wait", ""))


@pytest.mark.parametrize(
    ("threads", "place"),
    [
        ((("Thread", IDLE), ("Thread", LOCKED)), "shop/store.py:17 Store.keep"),
        ((("Thread", LOCKED), ("Thread", IDLE)), ""),
        ((("Current thread", LOCKED), ("Thread", FRAMES[:2])), "shop/store.py:17 Store.keep"),
    ],
    ids=["main", "a loop that waits", "current"],
)
@pytest.mark.parametrize(
    "before", ["", "2026-11-22 08:00:00,100 INFO shop began\n", "tests/test_keep.py::test_it ", "..x."]
)
def test_where_time_ran_out_the_main_thread_is_told_and_not_the_others(threads, place, before):
    text = before + RAN_OUT + dump(*threads)
    assert told(text) == [("hang-dumped", place or None, 1)]
    assert told(text.replace("Timeout", "'Timeout").replace(")!", ")!'")) == []


def test_two_watchdogs_and_the_error_after_them_are_three_things() -> None:
    other = (*FRAMES[:2], ("/usr/lib/python3.12/threading.py", 359, "wait", ""))
    error = f'Traceback (most recent call last):\n  File "shop/api/orders.py", line 41, in save\n{KIND}: {WORDS}\n'
    assert sorted(told(RAN_OUT + dump(("Thread", LOCKED)) + RAN_OUT + dump(("Thread", other)) + error)) == [
        ("deadlock", "shop/api/orders.py:41 save", 1),
        ("hang-dumped", "shop/api/orders.py:41 save", 1),
        ("hang-dumped", "shop/store.py:17 Store.keep", 1),
    ]


def test_a_watchdog_that_runs_out_names_the_line_that_waits(tmp_path: Path) -> None:
    program = tmp_path / "wait.py"
    program.write_text(
        "import faulthandler, sys\n\nfaulthandler.dump_traceback_later(0.01, exit=True)\nsys.stdin.read()\n"
    )
    ended = subprocess.Popen([sys.executable, program], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with ended:
        written = ended.stderr.read() if ended.stderr else ""
    assert told(written) == [("hang-dumped", f"{program}:4 <module>", 1)]


def test_a_crash_that_happens_names_the_call_that_crashed(tmp_path: Path) -> None:
    program = tmp_path / "poll.py"
    program.write_text("import faulthandler\n\n\ndef poll():\n    faulthandler._sigabrt()\n\n\npoll()\n")
    ended = subprocess.run([sys.executable, "-X", "faulthandler", program], capture_output=True, text=True, check=False)
    assert ended.returncode < 0
    assert told(ended.stderr) == [("interpreter-crash", f"{program}:5 poll", 1)]


def test_a_traceback_whose_quotes_are_escaped_in_plain_lines_names_its_line() -> None:
    text = "Traceback (most recent call last):\n" + "".join(
        f'  File "{file}", line {at}, in {name}\n    {code}\n' for file, at, name, code in FRAMES
    )
    text += f"asyncpg.exceptions.{KIND}: {WORDS}\n"
    assert told(text.replace('"', '\\"')) == [("deadlock", "shop/store.py:17 Store.keep", 1)]


def test_a_place_without_a_number_and_a_sentence_are_no_frames() -> None:
    frames = ForeignFrames()
    assert frames.read(b"see shop/store.py in keep at line 17 for it", False) is None
    assert frames.read(b"shop/store.py in keep", False) is None
    assert frames.read(b"and so on", False) is None
    assert frames.read(b"ERROR shop/store.py in keep: nothing kept", False) is None
    assert not frames.within


def test_code_round_a_frame_is_no_message() -> None:
    frames = ForeignFrames()
    assert frames.read(b"shop/store.py in keep at line 17", False) == b'  File "shop/store.py", line 17, in keep'
    assert frames.read(b"    raise TimeoutError(", False) == b""
    assert frames.read(b"TimeoutError: too late", True) is None
    assert frames.read(b"    with its second line", False) is None


RULE = "-" * 75
REPORT = f"""{RULE}
TillIsEmpty                               Traceback (most recent call last)
Cell In[2], line 1
----> 1 faults.till()

File /srv/shop/faults.py:20, in till()
     19 def till():
---> 20     raise TillIsEmpty("no coins")

TillIsEmpty: no coins
"""
RUN = 'Traceback (most recent call last):\n  File "/usr/lib/python3.13/site-packages/nb/run.py", line 8, in run\n    run()\n'


@pytest.mark.parametrize(
    "raised",
    [
        f'papermill.exceptions.PapermillExecutionError: \n{RULE}\nException encountered at "In [2]":\n',
        (
            "nbclient.exceptions.CellExecutionError: An error occurred while executing the following cell:\n"
            "------------------\nfaults.till()\n------------------\n\n\n"
        ),
    ],
    ids=["papermill 2.7", "nbconvert 7.17"],
)
def test_a_notebook_that_failed_is_told_once_with_the_line_in_it(raised: str) -> None:
    assert told(RUN + raised + REPORT) == [("TillIsEmpty", "/srv/shop/faults.py:20 till", 1)]


def test_a_notebook_of_which_no_report_is_shown_is_told_by_who_ran_it() -> None:
    log = RUN + "nbclient.exceptions.CellExecutionError: An error occurred while executing the following cell:\n"
    assert [name for name, _, _ in told(log)] == ["nbclient.exceptions.CellExecutionError"]


def test_ipython_s_shortest_report_tells_a_class_that_nobody_knows() -> None:
    log = (
        "Traceback (most recent call last): Cell In[1], line 3\n\n->  f()\n\n    [... 2 skipped frames]\n\n"
        "TillIsEmpty: no coins are left in till 7\n"
    )
    assert told(log) == [("TillIsEmpty", None, 1)]
