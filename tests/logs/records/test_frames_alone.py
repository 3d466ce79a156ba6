"""A traceback is read where nothing else of the log is known: its first line is lost, its lines are escaped into one."""

from __future__ import annotations

import pytest

from tests.support.log_reading import groups, read_scanned

FRAMES = """\
  File "/srv/tea/web.py", line 12, in engine
    return create_async_engine(url)
           ^^^^^^^^^^^^^^^^^^^^^^^^
  File "/opt/venv/lib/python3.12/site-packages/sqlalchemy/dialects/postgresql/psycopg2.py", line 690, in import_dbapi
    import psycopg2
ModuleNotFoundError: No module named 'psycopg2'
"""


def told(log: str) -> list[tuple[str, int, int | None]]:
    found = read_scanned(log.encode()).groups.values()
    return [(one.signature or one.exception, one.count, one.culprit.line if one.culprit else None) for one in found]


@pytest.mark.parametrize("before", ["", "Starting Container\n", "INFO quiet\n" * 3])
def test_frames_without_a_first_line_are_a_traceback(before: str):
    assert told(before + FRAMES) == [("ModuleNotFoundError", 1, 12)]


def test_frames_that_have_lost_their_layout_too():
    assert told("".join(f"{line.lstrip()}\n" for line in FRAMES.splitlines())) == [("ModuleNotFoundError", 1, 12)]


SENTRY = """\
OperationalError: connection to server at "10.0.0.5" failed: server closed the connection unexpectedly
  File "sqlalchemy/engine/default.py", line 941, in do_execute
    cursor.execute(statement, parameters)

OperationalError: (psycopg2.OperationalError) connection to server at "10.0.0.5" failed: server closed the connection unexpectedly

[SQL: SELECT 1]
(Background on this error at: https://sqlalche.me/e/20/e3q8)
(12 additional frame(s) were not displayed)
...
  File "shop/carts.py", line 44, in show
    return session.get(Cart, id)
  File "sqlalchemy/orm/session.py", line 3690, in get
    return self._get_impl(
"""


def test_exceptions_that_are_named_first_are_a_chain_where_one_tells_of_the_other():
    assert told(SENTRY) == [("libpq-server-closed", 1, 44)]


@pytest.mark.parametrize("name", ["KeyError: 'cart'", "shop.errors.CartError: it is gone"])
def test_an_exception_that_is_named_first_needs_not_be_known(name: str):
    frames = '  File "shop/carts.py", line 44, in show\n    return carts[id]\n'
    assert told(f"{name}\n{frames}") == [(name.partition(":")[0], 1, 44)]


OUTER = '  File "shop/api/views.py", line 656, in list\n    page = self.paginate(rows)\n'
INNER = '  File "shop/pages.py", line 140, in paginate\n    return list(rows)\n'
QUERY = '  File "django/db/backends/utils.py", line 84, in _execute\n    return self.cursor.execute(sql, params)\n'
TIMED_OUT = "canceling statement due to statement timeout\n"


@pytest.mark.parametrize("cause", ["", f"QueryCanceled: {TIMED_OUT}\n{QUERY}\n"])
@pytest.mark.parametrize("frames", [OUTER + INNER, OUTER + INNER + QUERY, QUERY + INNER + OUTER])
def test_the_innermost_of_those_below_an_exception_is_to_blame_whichever_stands_first(cause: str, frames: str):
    hidden = "(16 additional frame(s) were not displayed)\n...\n"
    assert told(f"{cause}OperationalError: {TIMED_OUT}\n{hidden}{frames}") == [("statement-timeout", 1, 140)]


@pytest.mark.parametrize("block_bytes", [4096, 4 << 20])
def test_they_are_looked_for_at_the_end_of_a_long_log(block_bytes: int):
    quiet = "INFO nothing of note\n" * 20_000
    (group,) = read_scanned((quiet + FRAMES).encode(), block_bytes=block_bytes).groups.values()
    assert (group.exception, group.count, group.culprit and group.culprit.line) == ("ModuleNotFoundError", 1, 12)
    assert told(FRAMES + quiet) == []


def test_code_that_is_listed_is_no_traceback():
    assert told('INFO writes File "x", line 3\nINFO ends\n') == []


@pytest.mark.parametrize("end", ["#012", "^J", "<LF>"])
@pytest.mark.parametrize("before", ["2026-11-22 08:00:00.364 4156 TRACE tea.web ", "web-1 | "])
def test_lines_in_one_may_each_begin_as_a_record_does(end: str, before: str):
    trace = [
        "Traceback (most recent call last):",
        '  File "/srv/tea/web.py", line 12, in report',
        "    self.save()",
        "OperationalError: (psycopg2.OperationalError) server closed the connection unexpectedly",
    ]
    log = f"Nov 22 08:00:00 node1 tea[4156]: 2026-11-22 08:00:00.364 4156 ERROR tea.web [-] gone{end}"
    (group,) = groups(log + end.join(before + line for line in trace) + "\n")
    assert (group.signature, group.count, group.culprit and group.culprit.line) == ("libpq-server-closed", 1, 12)
