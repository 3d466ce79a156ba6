"""What is no plain file is read while somebody writes it, and refused with a reason where nobody does or it never ends."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from forge_doctor.errors import CannotInspect
from forge_doctor.streams.sources.files import open_path
from forge_doctor.streams.sources.pipes import Fifo


def read(path: Path) -> bytes:
    stream, got = open_path(path), b""
    block = bytearray(1 << 12)
    while count := stream.readinto(block):
        got += block[:count]
    stream.close()
    return got


def test_a_fifo_is_read_to_the_end_of_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    text = b"ERROR one\n" * 50_000
    writer = threading.Thread(target=lambda: path.write_bytes(text))
    writer.start()
    assert read(path) == text
    writer.join()


def test_a_fifo_that_nobody_writes_to_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    monkeypatch.setattr(Fifo, "WAIT_S", 0.3)
    with pytest.raises(CannotInspect, match="is a FIFO that nobody writes to"):
        open_path(path)


def test_a_device_that_never_ends_is_refused() -> None:
    with pytest.raises(CannotInspect, match="/dev/zero: is a device, not a log"):
        open_path(Path("/dev/zero"))


def test_the_device_that_is_empty_is_empty() -> None:
    with pytest.raises(CannotInspect, match="is empty"):
        open_path(Path(os.devnull))
