"""Programs that write records: JSON, pairs of names and values, or what a library has made its own."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from random import Random
from typing import Any, TextIO

from tests.support.written_logs.logger import CHAINLESS, Logger, logged


def loguru(draw: Random, out: TextIO) -> Logger:
    from loguru import logger

    options: dict[str, Any] = {"diagnose": draw.random() < 0.5, "backtrace": draw.random() < 0.5}
    options["colorize"] = draw.random() < 0.3
    kind = draw.randrange(4)
    if kind == 0:
        options["serialize"] = True
    elif kind == 1:
        left, right = draw.choice((("", ""), ("[", "]"), ("<", ">")))
        options["format"] = draw.choice(
            (
                "{time:YYYY-MM-DD at HH:mm:ss} | {level} | {message}",
                f"{left.replace('<', chr(92) + '<')}{{level}}{right} {{time}} {{name}}:{{line}} {{message}}",
                "<green>{time}</green> {level.icon} {message} {extra}",
                "{level: <8} {message}",
                "{time:DD/MM/YYYY HH:mm:ss.SSS} {process} {level.name[0]} {message}",
            )
        )
    logger.remove()
    logger.add(out, **options)
    timed = "{time" in options.get("format", "{time")
    return Logger(logger.info, lambda text, error: logger.exception(text), timed=timed)


def structlog_json(draw: Random, out: TextIO) -> Logger:
    import structlog

    traces = draw.choice((structlog.processors.format_exc_info, structlog.processors.dict_tracebacks))
    renamed = structlog.processors.EventRenamer(draw.choice(("msg", "message", "event", "log")))
    return structlogged(out, traces, renamed, structlog.processors.JSONRenderer())


def structlog_pairs(draw: Random, out: TextIO) -> Logger:
    import structlog

    order = ["timestamp", "level", "event"]
    if draw.random() < 0.3:
        draw.shuffle(order)
    renderer = draw.choice((structlog.processors.KeyValueRenderer, structlog.processors.LogfmtRenderer))(
        key_order=order
    )
    return structlogged(out, structlog.processors.format_exc_info, renderer)


def structlogged(out: TextIO, *processors: Any) -> Logger:
    import structlog

    first = (structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso"))
    logger = structlog.wrap_logger(structlog.PrintLogger(out), processors=(*first, *processors))
    return Logger(logger.info, lambda text, error: logger.exception(text, path="/carts"))


def own_json(draw: Random, out: TextIO) -> Logger:
    """A formatter of a program's own, as most have written one."""
    names = {
        "time": draw.choice(("time", "timestamp", "@timestamp", "ts", "asctime")),
        "level": draw.choice(("level", "severity", "levelname", "log.level")),
        "message": draw.choice(("msg", "message", "event", "text")),
        "trace": draw.choice(
            ("exc_info", "exception", "stack_trace", "error.stack_trace", "traceback", "stacktrace", "exc_text")
        ),
    }
    nested, lowered = draw.random() < 0.3, draw.random() < 0.5
    listed = draw.random() < 0.2

    class Formatter(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            level = record.levelname.lower() if lowered else record.levelname
            moment = record.created if names["time"] == "ts" else self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
            told: dict[str, Any] = {names["time"]: moment, names["level"]: level, names["message"]: record.getMessage()}
            if record.exc_info and record.exc_info[1] is not None:
                text = self.formatException(record.exc_info)
                told[names["trace"]] = text.splitlines() if listed else text
                if nested:
                    del told[names["trace"]]
                    error = record.exc_info[1]
                    told["error"] = {"type": type(error).__name__, "message": str(error), "stack_trace": text}
            return json.dumps(told, ensure_ascii=draw.random() < 0.5)

    return logged(logging.StreamHandler(out), Formatter())


def json_logger(draw: Random, out: TextIO) -> Logger:
    from pythonjsonlogger.json import JsonFormatter

    renamed = {"levelname": draw.choice(("level", "severity", "levelname")), "message": draw.choice(("msg", "message"))}
    if draw.random() < 0.5:
        renamed["exc_info"] = draw.choice(("exception", "stack_trace", "error.stack_trace", "traceback"))
    formatter = JsonFormatter(
        "%(asctime)s %(levelname)s %(name)s %(message)s",
        rename_fields=renamed,
        exc_info_as_array=draw.random() < 0.3,
        timestamp=draw.random() < 0.5,
        json_indent=draw.choice((None, None, None, 2)),
    )
    return logged(logging.StreamHandler(out), formatter)


def ecs(draw: Random, out: TextIO) -> Logger:
    import ecs_logging

    return replace(logged(logging.StreamHandler(out), ecs_logging.StdlibFormatter()), shapes=CHAINLESS)


def daiquiri(draw: Random, out: TextIO) -> Logger:
    from daiquiri.formatter import JSON_FORMATTER, TEXT_FORMATTER

    formatter = draw.choice((JSON_FORMATTER, TEXT_FORMATTER))
    return replace(logged(logging.StreamHandler(out), formatter), timed=formatter is TEXT_FORMATTER)


def logfmt(draw: Random, out: TextIO) -> Logger:
    from logfmter import Logfmter

    keys = {"at": "asctime", "level": "levelname", "logger": "name"}
    return logged(logging.StreamHandler(out), Logfmter(keys=list(keys), mapping=keys))
