"""rich's tracebacks are read whatever their width: alone, chained, and followed by other records."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from rich.console import Console
from rich.logging import RichHandler

from forge_doctor.logs.boxes.rich_box import begins_box, ends_box
from tests.support.log_reading import groups, told

LAZY = "greenlet_spawn has not been called; can't call await_only() here."
POOL = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"


def rich_logger(width: int) -> tuple[logging.Logger, io.StringIO]:
    """A logger of its own with a RichHandler, and what it writes."""
    written = io.StringIO()
    logger = logging.Logger("shop")
    console = Console(width=width, file=written, color_system=None)
    logger.addHandler(RichHandler(console=console, rich_tracebacks=True))
    return logger, written


def load():
    if LAZY:
        raise type("MissingGreenlet", (Exception,), {})(LAZY)


def wrap():
    try:
        load()
    except Exception as error:
        raise RuntimeError("could not load the order") from error


@pytest.mark.parametrize("width", [80, 60])
def test_rich_s_box_wrapped_at_the_terminal_s_width_is_read_back(tmp_path, width):
    folder = tmp_path / "services_of_the_whole_shop" / "billing"
    folder.mkdir(parents=True)
    file = folder / "invoices.py"
    file.write_text(
        "def invoice_total(order):\n    return order(1)\n\n\ndef load(_):\n    raise MissingGreenlet(TEXT)\n"
    )
    names = {"MissingGreenlet": type("MissingGreenlet", (Exception,), {}), "TEXT": LAZY}
    exec(compile(file.read_text(), str(file), "exec"), names)
    console = Console(width=width, file=io.StringIO(), color_system=None)
    try:
        names["invoice_total"](names["load"])
    except Exception:
        console.print_exception()
    assert told(console.file.getvalue()) == [("missing-greenlet", f"{file}:6 load", 1)]


def test_logging_s_rich_handler_gives_the_time_the_level_and_the_whole_message():
    logger, written = rich_logger(width=100)
    logger.info("QueuePool limit not reached")
    try:
        raise type("TimeoutError", (Exception,), {})(POOL)
    except Exception:
        logger.exception("order failed")
    (found,) = groups(written.getvalue())
    assert (found.signature, found.count, found.message) == ("pool-timeout", 1, POOL)
    assert found.numbers == {"pool_size": {5.0}, "overflow": {10.0}, "timeout_s": {30.0}}
    assert found.first is not None


@pytest.mark.parametrize("width", [120, 80, 70])
def test_boxes_chained_and_followed_by_other_records_each_give_their_own_event(width):
    logger, written = rich_logger(width)
    for step in (load, wrap, load):
        try:
            step()
        except Exception:
            logger.exception("order failed")
        logger.info("next order")
    assert ("(most recent call last)" in written.getvalue()) is (width == 120)  # A narrow box cuts its title.
    assert told(written.getvalue()) == [("missing-greenlet", f"{__file__}:{load.__code__.co_firstlineno + 2} load", 3)]


def test_the_culprit_s_code_is_without_the_lines_that_guide_its_indentation():
    logger, written = rich_logger(width=200)
    try:
        load()
    except Exception:
        logger.exception("order failed")
    (found,) = groups(written.getvalue())
    assert found.culprit.code == 'raise type("MissingGreenlet", (Exception,), {})(LAZY)'


@pytest.mark.parametrize("line", ["╭─ Notes ─╮", "╭─ Tracebacks ─╮", "│ Traceback (most recent │", "╰── done ──╯"])
def test_other_boxes_are_no_tracebacks(line):
    assert not begins_box(line.encode())
    assert not ends_box(line.encode())


def test_an_exception_of_several_lines_joins_the_chain_behind_it() -> None:
    logger, written = rich_logger(80)
    duplicate = type("UniqueViolationError", (Exception,), {})
    text = 'duplicate key value violates unique constraint "authors_name_key"'
    try:
        try:
            raise duplicate(f"{text}\nDETAIL:  Key (name)=(ann) already exists.")
        except duplicate as error:
            raise RuntimeError(text) from error
    except RuntimeError:
        logger.exception("request failed")
    assert [(kind, count) for kind, _, count in told(written.getvalue())] == [("unique-violation", 1)]


DEEP = "def deep(left):\n    if left:\n        deep(left - 1)\n    raise error\n"


@pytest.mark.parametrize(("most", "blamed"), [(100, True), (8, False)])
def test_no_line_is_blamed_where_the_one_to_blame_is_not_shown(most: int, blamed: bool) -> None:
    written, known = io.StringIO(), {"error": type("MissingGreenlet", (Exception,), {})(LAZY)}
    exec(compile(DEEP, "/venv/lib/python3.13/site-packages/lib/deep.py", "exec"), known)
    try:
        exec(compile("deep(20)", "/srv/shop/middleware.py", "exec"), known)
    except Exception:
        Console(width=100, file=written, color_system=None).print_exception(max_frames=most)
    assert [(name, bool(place)) for name, place, _ in told(written.getvalue())] == [("missing-greenlet", blamed)]


@pytest.mark.parametrize("every_time", [True, False])
@pytest.mark.parametrize("boxed", [True, False])
def test_a_narrow_column_is_never_read_as_clean(boxed: bool, every_time: bool) -> None:
    found = {}
    for width in range(42, 81, 2):
        written = io.StringIO()
        logger = logging.Logger("shop")
        console = Console(width=width, file=written, color_system=None)
        logger.addHandler(RichHandler(console=console, rich_tracebacks=boxed, omit_repeated_times=not every_time))
        logger.info("the service has begun")
        for _ in range(3):
            try:
                {}["colour"]
            except KeyError:
                logger.exception("could not read the cart")
            logger.info("went on")
        found[width] = told(written.getvalue())
    # Where not even a word fits into the column, what is left is that something was logged at ERROR.
    assert all(sum(count for _, _, count in problems) == 3 for problems in found.values()), found
    assert all({name for name, _, _ in problems} == {"KeyError"} for width, problems in found.items() if width > 65), (
        found
    )
    assert all(
        [bool(place) for _, place, _ in problems] == [True] for width, problems in found.items() if width > 70
    ), found


RAISED = "def pay(logger):\n    try:\n        {}['colour']\n    except KeyError:\n        logger.exception('could not read the cart')\n"


@pytest.mark.parametrize("width", [72, 80, 88])
def test_a_frame_is_whole_wherever_the_column_ends_in_it(width: int) -> None:
    known: dict[str, Any] = {}
    for length in range(5, 60):
        path = f"/srv/{'a' * length}/shop/cart.py"
        exec(compile(RAISED, path, "exec"), known)
        written = io.StringIO()
        logger = logging.Logger("shop")
        logger.addHandler(RichHandler(console=Console(width=width, file=written, color_system=None)))
        known["pay"](logger)
        assert told(written.getvalue()) == [("KeyError", f"{path}:3 pay", 1)]
