"""A traceback that logging's RichHandler wrapped into its column, without a box, has its places."""

from __future__ import annotations

import io
import logging
from pathlib import Path

import pytest
from rich.console import Console
from rich.logging import RichHandler

from forge_doctor.logs.records.tracebacks.lost_layout import is_wrapped, rejoined
from tests.support.log_reading import read_scanned

TRACE = (
    "Traceback (most recent call last):",
    '  File "/srv/shop/services/a_long_name_of_a_folder/orders.py", line 38, in place_an_order',
    "    return await session.execute(select(Order).where(Order.id == order_id), execution_options=options)",
    '  File "/usr/local/lib/python3.12/site-packages/sqlalchemy/ext/asyncio/session.py", line 461, in execute',
    "    result = await greenlet_spawn(",
    "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
)


@pytest.mark.parametrize("width", [78, 80, 92, 100, 120, 161, 240])
def test_a_wrapped_traceback_is_blamed_on_its_line(width: int) -> None:
    out = io.StringIO()
    handler = RichHandler(console=Console(file=out, width=width), show_path=width % 2 == 0)
    for _ in range(3):
        for level, said in ((logging.INFO, "began"), (logging.ERROR, "\n".join(("not stored", *TRACE)))):
            handler.emit(logging.LogRecord("shop", level, "orders.py", 9, said, None, None))
    (group,) = read_scanned(out.getvalue().encode()).groups.values()
    assert (group.signature, group.count) == ("pool-timeout", 3)
    assert group.culprit is not None
    assert (Path(group.culprit.file).name, group.culprit.line) == ("orders.py", 38)


@pytest.mark.parametrize("width", [78, 80, 90, 104])
def test_no_word_that_code_leaves_behind_is_taken_for_the_exception(width: int) -> None:
    site = "/srv/shop/venv/lib/python3.13/site-packages/sqlalchemy"
    frames = [
        part
        for number in range(1, 30)
        for part in (f'  File "{site}/orm/{"x" * number}.py", line {number}, in call', "    return self.held(  # Held")
    ]
    words = "greenlet_spawn has not been called; can't call await_() here. Was IO attempted in an unexpected place?"
    code = "    return [book.id for book in author.books]  # LAZY"
    trace = (TRACE[0], '  File "/srv/shop/api.py", line 22, in read', code, *frames, f"shop.MissingGreenlet: {words}")
    out = io.StringIO()
    handler = RichHandler(console=Console(file=out, width=width))
    for _ in range(3):
        for level, said in ((logging.INFO, "began"), (logging.ERROR, "\n".join(("not stored", *trace)))):
            handler.emit(logging.LogRecord("shop", level, "orders.py", 9, said, None, None))
    summary = read_scanned(out.getvalue().encode())
    assert [(one.signature, one.count) for one in summary.groups.values()] == [("missing-greenlet", 3)]
    (group,) = summary.groups.values()
    assert group.culprit is not None
    assert (group.culprit.file, group.culprit.line) == ("/srv/shop/api.py", 22)


def test_what_is_not_wrapped_stays_as_it_is() -> None:
    assert not is_wrapped([line.encode() for line in TRACE])
    assert rejoined(TRACE) == list(TRACE)


@pytest.mark.parametrize(
    "cut", ["  File", '  File "/srv/shop/ord', '  File "/srv/o.py",', '  File "/srv/o.py", line 3, in']
)
def test_a_frame_may_end_anywhere(cut: str) -> None:
    assert is_wrapped([cut.encode() + b"   "])
