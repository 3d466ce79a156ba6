"""What a way of logging is, and what the ways have in common: a handler and its format, drawn."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TextIO

SHAPES = ("plain", "plain", "group", "cause", "context", "note")
CHAINED = ("plain", "cause", "context", "note")
CHAINLESS = ("plain", "note")


@dataclass(frozen=True, slots=True)
class Logger:
    """How one program writes a line, and an exception that it has caught; `close` writes what is still held back.

    `shapes` are those of an exception that it tells whole, `timed` says that every record has its time, `repeats` how
    often each fault is written.
    """

    say: Callable[[str], object]
    fail: Callable[[str, Exception], object]
    close: Callable[[], object] = lambda: None
    shapes: tuple[str, ...] = SHAPES
    timed: bool = True
    repeats: int = 3


Way = Callable[[Random, TextIO], Logger]


def logged(handler: logging.Handler, formatter: logging.Formatter | None = None) -> Logger:
    """A program that logs with the standard library to this handler."""
    if formatter is not None:
        handler.setFormatter(formatter)
    # Not of the manager's: each is alone with its handler.
    logger = logging.Logger("shop.api", logging.INFO)
    logger.addHandler(handler)
    return Logger(logger.info, lambda text, error: logger.exception(text))


def a_format(draw: Random) -> str:
    """What a format may have before the message, which stands last."""
    fields = ["%(asctime)s", "%(levelname)s", "%(name)s", "%(process)d", "%(threadName)s", "%(module)s:%(lineno)d"]
    fields = fields[: draw.randint(2, len(fields))]
    if draw.random() < 0.4:
        fields[1] = draw.choice(("%(levelname)-8s", "%(levelname)5s"))
    head, tail = fields[:2], fields[2:]
    draw.shuffle(tail)
    if draw.random() < 0.3:
        head.reverse()
    left, right = draw.choice((("", ""), ("[", "]"), ("(", ")"), ("<", ">")))
    between = draw.choice((" ", " - ", " | ", ": ", "\t"))
    tail = [f"{left}{one}{right}" for one in tail]
    return between.join([*head, *tail]) + draw.choice((" ", ": ", " - ", " | ")) + "%(message)s"


def a_date(draw: Random) -> str | None:
    return draw.choice((None, "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S", "%d/%b/%Y:%H:%M:%S %z", "%b %d %H:%M:%S"))
