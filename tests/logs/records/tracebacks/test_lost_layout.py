"""A traceback whose layout was lost gives what it gives with it."""

from __future__ import annotations

import re

import pytest

from forge_doctor.logs.records.line_kind import Kind, kind_of
from forge_doctor.logs.records.tracebacks.lost_layout import from_pytest, of_one_line, unfolded
from tests.support.log_reading import SAMPLES, groups, place, read_scanned, read_whole, told

TRACE = """\
2026-11-22 08:00:00,100 ERROR app.api saving failed
Traceback (most recent call last):
  File "/app/api/orders.py", line 41, in save
    await session.execute(insert(Order), rows)
  File "/usr/lib/python3.12/site-packages/sqlalchemy/engine/base.py", line 1964, in _exec
    self.dialect.do_execute(
    ~~~~~~~~~~~~~~~~~~~~~~~^
asyncpg.exceptions.DeadlockDetectedError: deadlock detected
DETAIL:  Process 7 waits for ShareLock on transaction 8; blocked by process 9.
2026-11-22 08:00:01,100 INFO app.api next
"""
EXPECTED = [("deadlock", "/app/api/orders.py:41 save", 1)]
PYTEST_SHORT = """\
=================================== FAILURES ===================================
________________________________ test_save ________________________________
tests/test_orders.py:14: in test_save
    await client.post("/orders")
app/api/orders.py:41: in save
    await session.execute(insert(Order), rows)
/venv/lib/python3.12/site-packages/sqlalchemy/engine/base.py:1964: in _exec
    self.dialect.do_execute(
E   asyncpg.exceptions.DeadlockDetectedError: deadlock detected
E   DETAIL:  Process 7 waits for ShareLock on transaction 8; blocked by process 9.
________________________________ TestBulk.test_all[3] ________________________________
tests/test_orders.py:30: in test_all
    await save_all()
app/api/orders.py:41: in save
    await session.execute(insert(Order), rows)
E   asyncpg.exceptions.DeadlockDetectedError: deadlock detected
=========================== short test summary info ============================
FAILED tests/test_orders.py::test_save - asyncpg.exceptions.DeadlockDetectedError: deadlock detected
FAILED tests/test_orders.py::TestBulk::test_all[3] - asyncpg.exceptions.DeadlockDetectedError: dea...
"""
PYTEST_LONG = """\
________________________________ test_save ________________________________

    async def test_save():
>       await save()

tests/test_orders.py:14:
_ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _ _

    async def save():
>       await session.execute(insert(Order), rows)
E       asyncpg.exceptions.DeadlockDetectedError: deadlock detected

app/api/orders.py:41: DeadlockDetectedError
"""


def without_indentation(text: str) -> str:
    return "\n".join(line.lstrip() for line in text.split("\n"))


def code_at_the_margin(text: str) -> str:
    """The frames keep their indentation, what they quote does not, as a form on a page makes of it."""
    return re.sub("^    +", "", text, flags=re.MULTILINE)


def indented(text: str, by: str) -> str:
    """The traceback indented below its record's line."""
    return "\n".join(line if line[:4] == "2026" else by + line for line in text.split("\n"))


def in_one_line(text: str) -> str:
    """What a formatter that knows no line breaks makes of it."""
    first, *rest = text.split("\n")
    return f"{first} exception={' '.join(' '.join(line.split()) for line in rest[:-2])}\n{rest[-2]}\n"


@pytest.mark.parametrize(
    "text",
    [
        TRACE,
        without_indentation(TRACE),
        code_at_the_margin(TRACE),
        indented(TRACE, "    "),
        indented(TRACE, "\t"),
        in_one_line(TRACE),
    ],
    ids=["as it was", "without indentation", "code at the margin", "indented", "behind a tab", "in one line"],
)
def test_a_traceback_gives_the_same_whatever_became_of_its_layout(text: str) -> None:
    assert told(text) == EXPECTED


@pytest.mark.parametrize("name", ["psycopg_311.raw.log", "poolleak_310.raw.log", "startup_refused_312.raw.log"])
def test_a_whole_log_without_indentation_gives_the_same(name: str) -> None:
    text = (SAMPLES / name).read_text()

    def answer(log: str) -> list[tuple[str, str | None, int]]:
        found = read_scanned(log.encode()).groups.values()
        return sorted(((one.signature or one.exception, place(one), one.count) for one in found), key=str)

    assert answer(without_indentation(text)) == answer(text)


def test_a_dump_of_values_below_code_that_lost_its_indentation_is_no_end_of_the_traceback() -> None:
    values = "\u2502       \u2502   \u2514 <Order 7>\n\u2514 <AsyncSession 8>\n"
    text = (
        without_indentation(TRACE)
        .replace("rows)\n", "rows)\n" + values)
        .replace("do_execute(\n", "do_execute(\n" + values)
    )
    assert told(text) == EXPECTED


def test_each_failure_of_a_test_run_is_one_event_at_the_line_of_the_code_under_test() -> None:
    assert told(PYTEST_SHORT) == [("deadlock", "app/api/orders.py:41 save", 2)]


def test_pytest_s_long_style_gives_the_test_and_counts_once() -> None:
    (found,) = groups(PYTEST_LONG)
    assert (found.signature, found.count) == ("deadlock", 1)
    assert (place(found) or "").startswith(("tests/test_orders.py:14", "app/api/orders.py:41"))


def test_what_is_no_report_of_pytest_stays_as_it_is() -> None:
    for line in (b"E   nothing is open", b"app.py:3: in f", b"___", b"> quoted"):
        assert from_pytest(line, inside=False) == line


def test_one_line_is_opened_only_where_a_traceback_was_flattened_into_it() -> None:
    plain = b'Traceback (most recent call last): is what Python prints, and File "x" is no frame'
    assert unfolded(plain) == plain


@pytest.mark.parametrize("quotes", ["\u201c\u201d", "\u201d\u201d", "\u201e\u201c", "\u2018\u2019"])
def test_quotes_bent_by_a_chat_are_those_of_a_frame(quotes: str):
    plain = (
        "2026-11-22 08:00:00,123 ERROR [shop] not saved\nTraceback (most recent call last):\n"
        '  File "/app/shop/store.py", line 17, in keep\n    session.commit()\n'
        "sqlite3.OperationalError: database is locked\n"
    )
    bent = plain.replace('File "', f"File {quotes[0]}").replace('", line', f"{quotes[1]}, line")
    assert told(bent) == told(plain) == [("sqlite-locked", "/app/shop/store.py:17 keep", 1)]


def test_names_that_an_editor_made_links_are_those_of_files() -> None:
    log = """Traceback (most recent call last):
File "C:\\shop\\[store.py](http://store.py/)", line 17, in keep
[session.commit](http://session.commit/)()
sqlite3.OperationalError: database is locked
"""
    assert told(log) == [("sqlite-locked", "C:/shop/store.py:17 keep", 1)]


@pytest.mark.parametrize("blanks", [2, 7, 230])  # a terminal fills its lines
@pytest.mark.parametrize("times", [1, 3])
def test_a_record_whose_line_ends_became_blanks_is_read(blanks: int, times: int) -> None:
    lines = TRACE.splitlines()
    record = (" " * blanks).join(lines[:-1])
    assert told("\n".join([record, lines[-1]] * times) + "\n") == [(*EXPECTED[0][:2], times)]


def test_of_a_chain_in_one_line_with_runs_of_blanks_the_own_line_is_blamed() -> None:
    text = (
        'Traceback (most recent call last):   File "/usr/lib/python3.12/site-packages/asyncpg/connection.py", line 9, in execute'
        "     await self._do()     ~~~~~~~~^^  TimeoutError  The above exception was the direct cause of the following exception:"
        '  Traceback (most recent call last):   File "/app/api/orders.py", line 41, in save     raise Unsaved from error'
        "  app.errors.Unsaved: order 7"
    )
    assert [(one[1], one[2]) for one in told(text + "\n")] == [("/app/api/orders.py:41 save", 1)]


@pytest.mark.parametrize("between", ["", "and on the other pod:\n\n"])
def test_two_exceptions_without_tracebacks_are_two(between: str) -> None:
    first = "sqlite3.OperationalError: database is locked\n\n"
    second = "asyncpg.exceptions.DeadlockDetectedError: deadlock detected\nDETAIL:  Process 7 waits.\n"
    found = told(f"It says:\n\n{first}{between}{second}")
    assert sorted(one[0] for one in found) == ["deadlock", "sqlite-locked"]


def test_frames_of_pytests_short_style_are_read_without_their_title() -> None:
    text = PYTEST_SHORT.split("\n", 2)[2].partition("_____")[0]
    assert told(text) == [("deadlock", "app/api/orders.py:41 save", 1)]


def test_a_class_of_psycopg_needs_no_traceback_to_be_one() -> None:
    text = 'It stops:\n\n```\npsycopg.errors.DuplicateTable: relation "prices" already exists\n```\n'
    assert told(text) == [("table-exists", None, 1)]


@pytest.mark.parametrize(
    "mark", ["...", "[...]", "\u2026", "<snip>", "<clipped long stack trace>", "# ... 12 more frames"]
)
def test_frames_on_both_sides_of_what_was_left_out_are_one_traceback(mark: str) -> None:
    log = (
        "2026-05-10 09:00:05,500 ERROR shop failed\nTraceback (most recent call last):\n"
        '  File "/app/shop/orders.py", line 7, in place\n    await session.execute(query)\n'
        f"{mark}\n"
        '  File "/usr/lib/python3/dist-packages/asyncpg/connection.py", line 3, in fetch\n    return await self._execute()\n'
        "asyncpg.exceptions.DeadlockDetectedError: deadlock detected\n"
    )
    (group,) = read_whole(log).groups.values()
    assert (group.signature, group.count, group.culprit and group.culprit.line) == ("deadlock", 1, 7)


@pytest.mark.parametrize("word", ["cut: 7", "cutlery.CutError: x", "truncated.Error: x"])
def test_an_exception_of_such_a_name_is_no_gap(word: str) -> None:
    assert kind_of(word.encode()) is not Kind.BLANK


@pytest.mark.parametrize("margin", ["  | ", "    | ", "      | "])
def test_a_group_of_which_the_beginning_is_lost_has_its_places(margin: str) -> None:
    lines = (
        "    await self.app(scope, receive, send)",
        '  File "/app/shop/orders.py", line 7, in place',
        "    await session.execute(query)",
        '  File "/usr/lib/python3/dist-packages/asyncpg/connection.py", line 3, in fetch',
        "asyncpg.exceptions.DeadlockDetectedError: deadlock detected",
    )
    (group,) = read_whole("".join(f"{margin}{line}\n" for line in lines)).groups.values()
    assert (group.signature, group.count, group.culprit and group.culprit.line) == ("deadlock", 1, 7)


def test_pytest_s_shortest_style_has_a_place() -> None:
    log = (
        "collected 1 item\n\nF [100%]\n=================================== FAILURES ===================================\n"
        "/app/tests/test_orders.py:14: sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; "
        "can't call await_only() here. Was IO attempted in an unexpected place?\n"
        "=========================== short test summary info ============================\n"
        "FAILED tests/test_orders.py::test_place - sqlalchemy.exc.MissingGreenlet: greenlet_spawn has no...\n"
    )
    (group,) = read_scanned(log.encode()).groups.values()
    assert (group.signature, group.count, group.culprit and group.culprit.line) == ("missing-greenlet", 1, 14)


def test_pytest_s_shortest_style_tells_classes_that_nobody_knows() -> None:
    raised = ["shop.TillIsEmpty: no coins", "AssertionError: odd", "KeyError: 'cart'"]
    failures = [f"E   {one}\n/app/shop/till.py:{20 + number}: {one}\n" for number, one in enumerate(raised)]
    failures.insert(1, "E   assert 1 == 2\n/app/tests/test_till.py:9: assert 1 == 2\n")
    log = (
        "FFFF. [100%]\n=================================== FAILURES ===================================\n"
        + "".join(failures * 40)
        + "=========================== short test summary info ============================\n"
        + "FAILED tests/test_till.py::test_a - shop.TillIsEmpty: no coins\n4 failed, 1 passed in 0.84s\n"
    )
    found = {
        (one.exception, one.count, one.culprit and one.culprit.line)
        for one in read_scanned(log.encode()).groups.values()
    }
    assert found == {("shop.TillIsEmpty", 40, 20), ("AssertionError", 40, 21), ("KeyError", 40, 22)}


def test_a_linter_s_places_are_no_failures_of_tests() -> None:
    log = "= FAILURES =\nE501 line too long\n/app/x.py:9: E501: line too long\n"
    assert not told(log)


@pytest.mark.parametrize(
    "line", ["app/x.py:14: error: no such name", "x.py:3: shop.Error: x", "see app/x.py:14: shop.Error: x"]
)
def test_other_tools_places_are_no_tracebacks(line: str) -> None:
    assert of_one_line(line.encode()) == line.encode()


def test_code_over_several_lines_that_lost_its_indentation_is_code() -> None:
    log = """ERROR:    could not show the cart
Traceback (most recent call last):
File "/app/shop/carts.py", line 44, in show
found = await pick(
^^^^^^^^^^^
...<2 lines>...
cart, stock)
^^^^^^^^^^^^
File "/usr/lib/python3.13/asyncio/selector_events.py", line 681, in _sock_connect_cb
raise OSError(err, f'Connect call failed {address}')
ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)
"""
    assert told(log) == [("connect-refused", "/app/shop/carts.py:44 show", 1)]
