"""Programs that show a traceback in a box, as wide as the console is."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib.metadata import version
from random import Random
from typing import TextIO

from tests.support.written_logs.logger import CHAINED, SHAPES, Logger, logged
from tests.support.written_logs.record_ways import structlogged

# Before, of a group rich shows no more than its name.
SHOWS_GROUPS = int(version("rich").partition(".")[0]) >= 14


def rich(draw: Random, out: TextIO) -> Logger:
    import asyncpg
    import sqlalchemy
    from rich.console import Console
    from rich.logging import RichHandler

    console = Console(
        file=out,
        width=draw.randint(60, 200),
        force_terminal=draw.random() < 0.4,
        color_system=draw.choice((None, "standard")),
    )
    boxed, timed = draw.random() < 0.7, draw.random() < 0.7
    handler = RichHandler(
        console=console,
        rich_tracebacks=boxed,
        tracebacks_show_locals=draw.random() < 0.3,
        tracebacks_width=draw.choice((None, 100)),
        tracebacks_suppress=draw.choice(((), (sqlalchemy, asyncpg))),
        tracebacks_extra_lines=draw.randint(0, 4),
        tracebacks_word_wrap=draw.random() < 0.3,
        show_time=timed,
        show_path=draw.random() < 0.6,
        omit_repeated_times=False,
        markup=draw.random() < 0.3,
    )
    shapes = SHAPES if boxed and SHOWS_GROUPS else CHAINED
    return replace(logged(handler, logging.Formatter("%(message)s")), shapes=shapes, timed=timed, repeats=1)


def rich_print(draw: Random, out: TextIO) -> Logger:
    """`Console.print_exception`, as `rich.traceback.install` prints what nobody caught."""
    import asyncpg
    import sqlalchemy
    from rich.console import Console

    console = Console(file=out, width=draw.randint(60, 200))
    options = {
        "show_locals": draw.random() < 0.4,
        "max_frames": draw.choice((60, 100)),
        "extra_lines": draw.randint(0, 4),
        "suppress": draw.choice(((), (sqlalchemy, asyncpg))),
    }
    shapes = SHAPES if SHOWS_GROUPS else CHAINED
    fail = lambda text, error: console.print_exception(**options)  # noqa: E731
    return Logger(console.print, fail, shapes=shapes, timed=False, repeats=1)


def structlog_console(draw: Random, out: TextIO) -> Logger:
    import structlog

    dev = structlog.dev
    boxed = dev.RichTracebackFormatter(
        width=draw.randint(60, 180),
        show_locals=draw.random() < 0.5,
        color_system=draw.choice(("standard", "truecolor")),
    )
    shown = draw.choice((dev.plain_traceback, boxed))
    logger = structlogged(out, dev.ConsoleRenderer(colors=draw.random() < 0.5, exception_formatter=shown))
    if shown is not boxed:
        return logger
    return replace(logger, shapes=SHAPES if SHOWS_GROUPS else CHAINED, repeats=1)
