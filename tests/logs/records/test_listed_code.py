"""A traceback in which the code of each function is listed round the line that ran, as IPython does, is one, however long the code."""

from __future__ import annotations

import pytest
import stackprinter

from tests.support.log_reading import read_scanned, read_whole

LIBRARY = "/srv/lib/python3.13/site-packages/sqlalchemy/pool/base.py"
FRAMES = (
    ("/srv/shop/orders.py", "store"),
    (LIBRARY, "Pool.connect"),
    ("<sqlalchemy generated _go() wrapper for sqlalchemy.orm.session.SessionTransaction.commit>", "commit"),
    (LIBRARY, "Pool._do_get"),
)
WORDS = "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00"


def listed(length: int, line: int, coloured: bool) -> str:
    """A cell that failed, `length` lines of code before the line that ran."""
    on, off = ("\x1b[36m", "\x1b[39m") if coloured else ("", "")
    lines = [f"TimeoutError{'':20}Traceback (most recent call last)", "Cell In[3], line 1", "----> 1 store(7)", ""]
    for file, function in FRAMES:
        lines.append(f"{on}File {off}{on}{file}:{line}{off}, in {on}{function}{off}(self, *args)")
        lines += [
            f"{on}{number:7}{off}     found = call_of_a_library({number})" for number in range(line - length, line)
        ]
        lines += [f"{on}{'->':->{7 - len(str(line))}}{off} {on}{line}{off} return self.go_on(*args)", ""]
    return "\n".join([*lines, f"{on}TimeoutError{off}: {WORDS}", ""])


@pytest.mark.parametrize("length", [2, 12, 40])
@pytest.mark.parametrize("line", [97, 1365])
@pytest.mark.parametrize("coloured", [False, True])
def test_it_is_told_once_at_the_user_s_line(length: int, line: int, coloured: bool) -> None:
    log = ("begun\n" + 2 * listed(length, line, coloured) + "ended\n").encode()
    for read in (read_whole, read_scanned):
        found = read(log).groups.values()
        assert [(one.signature, one.count, one.culprit and one.culprit.line) for one in found] == [
            ("pool-timeout", 2, line)
        ]


def store(order: int, bulk: dict[str, str]) -> None:
    try:
        raise LookupError(f"no order {order}")
    except LookupError as error:
        raise TimeoutError(WORDS) from error


def dumped(number: int, bulk: dict[str, str]) -> str:
    try:
        store(number, bulk)
    except TimeoutError as error:
        return f"2026-05-04 07:12:0{number},000 ERROR shop could not store\n{stackprinter.format(error, truncate_vals=50_000)}\n"
    raise AssertionError("nothing was raised")


@pytest.mark.parametrize("values", [0, 40, 100, 300])
def test_a_dump_of_values_of_any_length_is_of_its_frame(values: int) -> None:
    bulk = {f"key_{number}": "x" * 40 for number in range(values)}
    log = (dumped(1, bulk) + dumped(2, bulk)).encode()
    for read in (read_whole, read_scanned):
        (found,) = read(log).groups.values()
        assert (found.signature, found.count) == ("pool-timeout", 2)
        assert found.culprit is not None
        assert found.culprit.function == "store"
