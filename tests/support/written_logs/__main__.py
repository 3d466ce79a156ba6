"""Raises each fault once, and writes it as each way does: `python -m tests.support.written_logs DSN FOLDER SEED ROUNDS [WAY...]`.

On standard output, a line of JSON for each file: what is to be found in it, and between which moments it was written.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from pathlib import Path
from random import Random

from rich.traceback import Traceback

from tests.support.written_logs.faults import ServiceError, raise_all
from tests.support.written_logs.logger import Logger
from tests.support.written_logs.ways import UNTRACED, WAYS, Way


def write(way: Way, seed: int, errors: dict[str, Exception], file: Path) -> Logger:
    """One log with each fault in it."""
    draw = Random(seed)
    with file.open("w") as out:
        logger = way(draw, out)
        logger.say("the service has begun")
        for number in range(logger.repeats):
            for name, error in errors.items():
                logger.say(f"request {number} for {name} took {17 * number} ms")
                shape = draw.choice(logger.shapes)
                if name == "KeyError" and shape in ("cause", "context"):
                    shape = "plain"
                before = error.__traceback__, error.__context__
                try:
                    handle(error, shape)
                except Exception as caught:
                    logger.fail("could not handle the request", caught)
                error.__traceback__, error.__context__ = before
                error.__dict__.pop("__notes__", None)
        logger.say("the service has ended")
        logger.close()
    return logger


def handle(error: Exception, shape: str) -> None:
    """Raise the error, as one does who has caught it."""
    if shape == "group":
        raise ExceptionGroup("unhandled errors in a TaskGroup", [error])
    if shape == "note":
        error.add_note("while a cart was being read")
    try:
        raise error
    except Exception as caught:
        if shape == "cause":
            raise ServiceError("the cart could not be read") from caught
        if shape == "context":
            raise ServiceError("the cart could not be read")  # noqa: B904
        raise


def leave_code_uncoloured() -> None:
    """Spare rich the colours of keywords: for each frame it reads the whole file of it anew."""
    Traceback._guess_lexer = classmethod(lambda *_: "")  # type: ignore[method-assign,assignment]


def main() -> None:
    dsn, folder, seed, rounds, *names = sys.argv[1:]
    logging.raiseExceptions = True
    leave_code_uncoloured()
    errors = asyncio.run(raise_all(dsn))
    for way in (*WAYS, *UNTRACED):
        if names and way.__name__ not in names:
            continue
        for n in range(int(rounds)):
            file = Path(folder) / f"{way.__name__}.{int(seed) + n}.log"
            begun = time.time()
            logger = write(way, int(seed) + n, errors, file)
            told = {"file": file.name, "traced": way not in UNTRACED, "timed": logger.timed, "repeats": logger.repeats}
            print(json.dumps(told | {"begun": begun, "ended": time.time()}))


main()
