"""Boxes that are open on their right, as tracerite 1.5 draws them for Sanic and for whoever loads it, are read as tracebacks."""

from __future__ import annotations

import pytest

from forge_doctor.streams.heads.line_head import read_head
from tests.support.log_reading import groups, told

POOL = """\
│ shop/web.py:10                 pool:                       faults.pool()➤
│ shop/faults.py:15              pool:
│   def pool():
│       with engine.connect() as connection: ⚠️  Call from your code
│           return connection.execute(text("select 1")).all()
│ sqlalchemy/engine/base.py:3279 Engine.connect:             self._connection_cl
│ s(self)➤
│ unheard_of/pool.py:12          Queue.get:                  self.wait()➤
│ sqlalchemy/pool/impl.py:170    QueuePool._do_get:
│       return self._pool.get(wait, self._timeout)
│       raise exc.TimeoutError(
│           "QueuePool limit of size %d overflow %d reached, "
│       ) 💣
"""
RAISED = """\
TimeoutError: QueuePool limit of size 1 overflow 0 reached, connection timed
▐ out, timeout 0.20 (Background on this error at:
▐ https://sqlalche.me/e/21/3o7r)
"""
TILL = """\
│ shop/web.py:16    till: faults.till()➤
│ shop/faults.py:20 till:
│   def till():
│       raise TillIsEmpty("no coins are left in till 7") 💣
"""


def ended(words: str) -> str:
    first, *rest = words.splitlines()
    return f"╰ {first}\n" + "".join(f"  {line}\n" for line in rest)


def within(words: str) -> str:
    return "".join(f"│ {line}\n" for line in words.splitlines())


TITLES = {
    "Sanic's server": "╭ Srv 0 2026-11-22 09:59:00 +0000 ERROR: Exception occurred while handling uri: '/pool'\n",
    "Sanic's --dev": "╭ Srv 0 09:59:00 ERROR: Exception occurred while handling uri: '/pool'\n",
    "logging": "╭ 2026-11-22 09:59:00,481 ERROR root: failed\n",
    "nobody caught it": "╭ ⚠️  Uncaught TimeoutError\n",
}
BEFORE = (
    "Main  2026-11-22 09:58:00 +0000 INFO: Sanic v25.12.1\nSrv 0 2026-11-22 09:58:00 +0000 INFO: Worker ready [7]\n"
)
AFTER = "Srv 0 2026-11-22 09:59:40 +0000 INFO: Stopping worker [7]\n"


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
@pytest.mark.parametrize("around", [(BEFORE, AFTER), ("", "")], ids=["in a log", "alone"])
def test_a_known_fault_and_a_stranger_have_their_lines(title: str, around: tuple[str, str]) -> None:
    log = around[0] + title + POOL + ended(RAISED) + title + TILL + ended("TillIsEmpty: no coins are left") + around[1]
    assert sorted(told(log)) == [
        ("TillIsEmpty", "shop/faults.py:20 till", 1),
        ("pool-timeout", "shop/faults.py:15 pool", 1),
    ]


def test_a_chain_is_one_problem_with_the_root_s_line() -> None:
    again = '│ shop/web.py:7  handle⚡except:\n│       raise RuntimeError("cart failed") from e 💣\n'
    log = TITLES["logging"] + POOL + within(RAISED) + again + ended("RuntimeError from previous: cart failed")
    assert told(BEFORE + log + AFTER) == [("pool-timeout", "shop/faults.py:15 pool", 1)]


def test_what_was_raised_while_another_was_handled_is_the_problem_where_nobody_knows_either() -> None:
    again = '│ shop/web.py:11  handle⚡except:\n│       {}["cart"] 💣\n'
    log = (
        TITLES["logging"]
        + TILL
        + within("TillIsEmpty: no coins are left")
        + again
        + ended("KeyError in except: 'cart'")
    )
    assert told(log) == [("KeyError", "shop/web.py:11 handle", 1)]


def test_a_group_whose_exceptions_are_not_shown_is_told_itself() -> None:
    log = "╭ ⚠️  ValueError | KeyError\n" + TILL + ended("ExceptionGroup: several")
    assert told(log) == [("ExceptionGroup", "shop/faults.py:20 till", 1)]


def test_the_words_that_the_terminal_broke_are_whole_again() -> None:
    (one,) = groups(TITLES["logging"] + POOL + ended(RAISED))
    assert one.message.startswith("QueuePool limit of size 1 overflow 0 reached, connection timed out, timeout 0.20")


@pytest.mark.parametrize(
    "log",
    [
        BEFORE + AFTER,
        BEFORE + "╭ Srv 0 2026-11-22 09:59:00 +0000 INFO: listening\n│ on 0.0.0.0:8000\n╰ ready\n" + AFTER,
        "╭───── Shop ─────╮\n│ listening on 8 │\n╰────────────────╯\n" + BEFORE,
    ],
    ids=["none", "of another kind", "closed"],
)
def test_healthy_boxes_stay_silent(log: str) -> None:
    assert not told(log)


def test_a_box_s_title_is_the_head_of_its_record() -> None:
    head = read_head(TITLES["Sanic's server"].rstrip().encode())
    assert head is not None
    assert (head.level, head.message[:9]) == (40, b"Exception")
