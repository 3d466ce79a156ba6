"""Programs that write lines: with a format of their own, through a queue, in colours, or without a traceback."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import sys
import traceback
from dataclasses import replace
from random import Random
from typing import Any, TextIO

from tests.support.written_logs.logger import Logger, a_date, a_format, logged


def standard(draw: Random, out: TextIO) -> Logger:
    return logged(logging.StreamHandler(out), logging.Formatter(a_format(draw), a_date(draw)))


def message_alone(draw: Random, out: TextIO) -> Logger:
    return replace(logged(logging.StreamHandler(out), logging.Formatter("%(message)s")), timed=False)


def level_behind(draw: Random, out: TextIO) -> Logger:
    form = "%(message)s [%(levelname)s in %(pathname)s:%(lineno)d at %(asctime)s]"
    return replace(logged(logging.StreamHandler(out), logging.Formatter(form)), timed=False)


def queued(draw: Random, out: TextIO) -> Logger:
    """Through a queue: the traceback is formatted where it was logged, the line where it is written."""
    waiting: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    writer = logging.StreamHandler(out)
    writer.setFormatter(logging.Formatter(a_format(draw)))
    listener = logging.handlers.QueueListener(waiting, writer)
    listener.start()
    logger = logged(logging.handlers.QueueHandler(waiting))
    return Logger(logger.say, logger.fail, listener.stop)


def in_message(draw: Random, out: TextIO) -> Logger:
    """The traceback as a part of the message."""
    logger = logged(logging.StreamHandler(out), logging.Formatter(a_format(draw)))
    end = draw.choice(("\n", "\\n", "\n\n"))
    errors = logging.Logger("shop.api")
    errors.handlers = logger.say.__self__.handlers  # type: ignore[attr-defined]
    return Logger(
        logger.say, lambda text, error: errors.error("%s%s%s", text, end, traceback.format_exc().replace("\n", end))
    )


def printed(draw: Random, out: TextIO) -> Logger:
    return Logger(lambda text: print(text, file=out), lambda text, error: traceback.print_exc(file=out), timed=False)


def coloured(draw: Random, out: TextIO) -> Logger:
    """In the colours that Python gives a traceback from 3.13 on."""
    told = {"colorize": True} if sys.version_info >= (3, 13) else {}

    class Formatter(logging.Formatter):
        def formatException(self, ei: Any) -> str:  # noqa: N802
            told_lines = traceback.TracebackException.from_exception(ei[1]).format(**told)
            return "".join(told_lines).rstrip("\n")

    return logged(logging.StreamHandler(out), Formatter(a_format(draw)))


def stackprinter(draw: Random, out: TextIO) -> Logger:
    import stackprinter as printer

    # Its values may take more room between two frames than a traceback is followed over.
    options: dict[str, Any] = {"show_vals": None}
    options["source_lines"] = draw.choice((1, 5))

    class Formatter(logging.Formatter):
        def formatException(self, ei: Any) -> str:  # noqa: N802
            return str(printer.format(ei, **options))

    return logged(logging.StreamHandler(out), Formatter(a_format(draw)))


def shown(draw: Random, out: TextIO) -> Logger:
    """The exception alone, as a part of the message; the traceback is left out."""
    logger = logged(logging.StreamHandler(out), logging.Formatter(a_format(draw)))
    form = draw.choice(("%s: %s", "%s: %r", "%s (%r)", "%s -> %s", "%s error=%r"))
    errors = logging.Logger("shop.api")
    errors.handlers = logger.say.__self__.handlers  # type: ignore[attr-defined]
    return replace(logger, fail=lambda text, error: errors.error(form, text, error), shapes=("plain",))
