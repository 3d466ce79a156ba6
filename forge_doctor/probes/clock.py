"""The time of day, so that nothing else asks for it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def utc_now() -> str:
    """ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def ticking_s() -> float:
    """Seconds since some moment, for how long something took."""
    return time.monotonic()
