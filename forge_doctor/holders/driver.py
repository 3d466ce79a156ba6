"""What a driver knows of its connection: the backend's pid and our port; nothing is asked of the server."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from typing import Any

# What a driver of another version than those we know may answer with.
_DRIVER_ERRORS = (AttributeError, TypeError, ValueError, OSError, RuntimeError)


def ends(connection: Any) -> tuple[int, int]:
    """(the backend's pid, our local port), 0 for what the driver does not tell; nothing is asked of the server."""
    driver = getattr(connection, "driver_connection", connection)
    backend = port = 0
    with suppress(*_DRIVER_ERRORS):
        backend = _backend(driver)
    with suppress(*_DRIVER_ERRORS):
        port = _port(driver)
    return backend & 0xFFFFFFFF, port & 0xFFFF


def _backend(driver: Any) -> int:
    if hasattr(driver, "get_server_pid"):  # asyncpg
        return int(driver.get_server_pid())
    if hasattr(driver, "get_backend_pid"):  # psycopg2
        return int(driver.get_backend_pid())
    return int(driver.info.backend_pid)  # psycopg


def _port(driver: Any) -> int:
    transport = getattr(driver, "_transport", None)  # asyncpg
    if transport is not None:
        name = transport.get_extra_info("sockname")
    else:
        duplicate = socket.socket(fileno=os.dup(driver.fileno()))
        with duplicate:
            name = duplicate.getsockname()
    return int(name[1]) if isinstance(name, tuple) else 0
