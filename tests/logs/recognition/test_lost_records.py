"""A record that its handler could not write is told with what broke the handler: each once, neither blamed on the other's line."""

from __future__ import annotations

import pytest

from tests.support.log_reading import told

BROKEN = (
    "Traceback (most recent call last):\n"
    '  File "/app/web/logger.py", line 65, in _json_sink\n    entry["error"] = record["exception"].format_exception()\n'
    "AttributeError: 'RecordException' object has no attribute 'format_exception'\n"
)
LOGURU = (
    "--- Logging error in Loguru Handler #1 ---\nRecord was: {record}\n" + BROKEN + "--- End of logging error ---\n"
)
LOST = "{{'message': 'save failed', 'exception': (value=OperationalError('{words}'))}}"
QUIET = '{"level": "INFO", "msg": "chat finished"}\n'


@pytest.mark.parametrize("before", ["", QUIET * 5, "INFO:     up\n" * 4])
@pytest.mark.parametrize("times", [1, 2, 3, 5])
def test_both_are_told(times: int, before: str) -> None:
    log = LOGURU.format(
        record=LOST.format(words="(psycopg2.OperationalError) server closed the connection unexpectedly")
    )
    assert told(before + log * times) == [
        ("AttributeError", "/app/web/logger.py:65 _json_sink", times),
        ("libpq-server-closed", None, times),
    ]


def test_one_that_named_no_fault_is_the_handler_s_alone() -> None:
    assert told(LOGURU.format(record="{'message': 'saved'}") * 2) == [
        ("AttributeError", "/app/web/logger.py:65 _json_sink", 2)
    ]


def test_the_standard_library_s_is_one() -> None:
    log = (
        "--- Logging error ---\n"
        + BROKEN
        + "Call stack:\n"
        + '  File "/app/web/api.py", line 9, in get\n    log.info(x)\n'
    )
    assert told((log + "Message: 'saved'\nArguments: ()\n") * 3) == [
        ("AttributeError", "/app/web/logger.py:65 _json_sink", 3)
    ]
