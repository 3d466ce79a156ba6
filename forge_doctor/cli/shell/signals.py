"""What a signal that ends programs comes to: the same as Ctrl-C, so that the terminal is left and nothing stays behind."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from forge_doctor.cli.shell.program import BROKEN_PIPE

ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ended_in_order() -> Iterator[list[int]]:
    """Within it SIGTERM and SIGHUP do what Ctrl-C does; gives the numbers received. One that is ignored stays so."""
    received: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    ours = os.getpid()

    def end(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != ours:  # a child that was forked, whose work this is not
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        received.append(number)
        if callable(signal.getsignal(signal.SIGINT)):
            signal.raise_signal(signal.SIGINT)
        else:  # ignored, as by what a script puts into the background
            raise KeyboardInterrupt

    earlier = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in earlier.items():
        if handler == signal.SIG_DFL:
            signal.signal(number, end)
    try:
        yield received
    finally:
        for number, handler in earlier.items():
            if handler == signal.SIG_DFL:
                signal.signal(number, handler)


def end_at_once() -> None:
    """Let SIGINT, SIGTERM and SIGHUP end a server on the spot, by the system: a thread that waits for stdin would keep it.

    So does a stdout that nobody reads any longer.
    """
    for number in (signal.SIGINT, *ENDING):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_end_unread, daemon=True).start()


def _end_unread() -> None:
    """End with the code of a broken pipe once nobody reads stdout any longer, be there something to say or not."""
    if not hasattr(select, "poll"):
        return
    watched = select.poll()
    watched.register(1, 0)  # of a pipe or a socket without a reader it tells even where nothing is asked
    if watched.poll():
        os._exit(BROKEN_PIPE)
