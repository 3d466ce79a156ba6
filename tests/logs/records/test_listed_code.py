"""A traceback in which the code of each function is listed round the line that ran, as IPython does, is one, however long the code."""

from __future__ import annotations

import pytest

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
