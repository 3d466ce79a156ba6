"""Whether somebody still reads what we print, asked without printing."""

from __future__ import annotations

import select
import sys


def wait_while_read(seconds: float) -> None:
    """Sleep; raises `BrokenPipeError` as soon as the reader of stdout is gone (`logs --follow | head`).

    A pipe without a reader is told to who asks for no event (poll(2), POLLERR); a file or a terminal never is.
    """
    poll = select.poll()
    poll.register(sys.stdout, 0)
    if poll.poll(seconds * 1000):
        raise BrokenPipeError
