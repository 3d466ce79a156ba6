"""Ways in which a program writes its log: what a logging library is told is drawn, what it writes is its own."""

from __future__ import annotations

from tests.support.written_logs.boxed_ways import rich, rich_print, structlog_console
from tests.support.written_logs.logger import Way
from tests.support.written_logs.record_ways import (
    daiquiri,
    ecs,
    json_logger,
    logfmt,
    loguru,
    own_json,
    structlog_json,
    structlog_pairs,
)
from tests.support.written_logs.text_ways import (
    coloured,
    in_message,
    level_behind,
    message_alone,
    printed,
    queued,
    shown,
    stackprinter,
    standard,
)

WAYS: tuple[Way, ...] = (
    *(standard, message_alone, level_behind, queued, in_message, printed, coloured, rich, rich_print, loguru),
    *(structlog_console, structlog_json, structlog_pairs, own_json, json_logger, ecs, daiquiri, logfmt, stackprinter),
)
UNTRACED: tuple[Way, ...] = (shown,)
