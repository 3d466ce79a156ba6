"""Opens pages in Debian's Chromium, without a screen and without a network but the loopback."""

from __future__ import annotations

import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.postgres import missing


class Seen(NamedTuple):
    """The page's elements after it was loaded, what its console said, and every path that was asked for."""

    elements: str
    console: tuple[str, ...]
    asked: tuple[str, ...]


def browse(pages: Mapping[str, str], profile: Path) -> dict[str, Seen]:
    """Load every page, by its name, in a browser of its own."""
    program = shutil.which("chromium")
    if program is None:
        missing("chromium")
    seen = {}
    with serving(pages) as (address, asked):
        for name in pages:
            before = len(asked)
            command = [
                str(program),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
            ]
            command += ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", f"--user-data-dir={profile / name}"]
            command += ["--enable-logging=stderr", "--virtual-time-budget=5000", "--dump-dom", f"{address}/{name}"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
            console = tuple(line for line in done.stderr.splitlines() if "CONSOLE" in line)
            seen[name] = Seen(elements=done.stdout, console=console, asked=tuple(asked[before:]))
    return seen


@contextmanager
def serving(pages: Mapping[str, str]) -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            text = pages.get(self.path.removeprefix("/"))
            self.send_response(200 if text is not None else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((text or "").encode())

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
