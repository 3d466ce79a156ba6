"""A file read as a whole: what has no end is refused, what nobody writes to is empty, and nothing is waited for in vain."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from forge_doctor import whole_file
from forge_doctor.whole_file import read_whole


def test_files_and_pipes_are_read_to_their_end(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"x" * 100_000)
    assert read_whole(tmp_path / "plain") == b"x" * 100_000
    os.mkfifo(tmp_path / "pipe")
    assert read_whole(tmp_path / "pipe") == b""
    reading, writing = os.pipe()
    writer = threading.Thread(target=lambda: (os.write(writing, b"late"), os.close(writing)))
    writer.start()
    assert read_whole(f"/dev/fd/{reading}") == b"late"
    writer.join()
    os.close(reading)


def test_what_is_too_long_or_has_no_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_file, "MOST_BYTES", 1000)
    (tmp_path / "long").write_bytes(b"x" * 1001)
    for path in (tmp_path / "long", Path("/dev/zero")):
        with pytest.raises(OSError, match="is longer than any such file"):
            read_whole(path)
