"""Endpoints that speak Google's storage protocol on loopback: one with a bucket, and one that refuses everybody."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock

from tests.support.postgres import free_port

# Read when gcsfs is first imported: its gRPC client knows no endpoint without TLS, and tries for a minute.
os.environ.setdefault("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")

BUCKET = "shop-logs"
READY_S = 60.0


@contextmanager
def google_endpoint(url: str) -> Iterator[None]:
    """The variable that sends gcsfs to `url`."""
    from gcsfs import GCSFileSystem

    # fsspec keeps its clients, each for the endpoint that it was made for.
    GCSFileSystem.clear_instance_cache()
    with mock.patch.dict(os.environ, {"STORAGE_EMULATOR_HOST": url}):
        yield
    GCSFileSystem.clear_instance_cache()


@contextmanager
def run_google_storage() -> Iterator[str]:
    """The URL of an emulator, a process of its own, that holds an empty bucket."""
    port = free_port()
    command = [sys.executable, "-m", "gcp_storage_emulator", "start", "--in-memory", f"--default-bucket={BUCKET}"]
    command += ["--host=127.0.0.1", f"--port={port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + READY_S
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


class _Patient(ThreadingHTTPServer):
    """Says nothing of clients that hang up before they were answered, as those that try again do."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def refusing_storage(status: int, message: str) -> Iterator[str]:
    """The URL of an endpoint that answers every request with this status and message, as Google words it."""
    body = json.dumps({"error": {"code": status, "message": message}}).encode()

    class Refusal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with _Patient(("127.0.0.1", 0), Refusal) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
