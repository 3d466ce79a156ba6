"""Pages that no installation of ours wrote: they neither crash a look nor say more than they may."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from forge_doctor.holders.page import HEADER_SIZE, LABELS_AT, LABELS_SIZE, MAGIC
from forge_doctor.probes.application import held_connections
from forge_doctor.probes.application.held_connections import read_held_connections

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="pages of memory are Linux's")
NAME = "forge-doctor-holders"


@contextmanager
def page(data: bytes, size: int | None = None) -> Iterator[None]:
    """A page of our own process, by the name that is looked for."""
    descriptor = os.memfd_create(NAME)
    try:
        os.write(descriptor, data)
        os.truncate(descriptor, size if size is not None else len(data))
        yield
    finally:
        os.close(descriptor)


def written(label: str, *, number: int = 1) -> bytes:
    """A page as ours, with one record whose label this is."""
    from forge_doctor.holders.page import HEADER, RECORD

    text = label.encode("utf-8", "surrogateescape")[:LABELS_SIZE]
    data = bytearray(LABELS_AT + LABELS_SIZE)
    header = list(HEADER.unpack_from(data))
    header[0], header[1], header[3] = MAGIC, os.getpid(), len(text)
    HEADER.pack_into(data, 0, *header)
    data[: len(MAGIC)] = MAGIC
    RECORD.pack_into(data, HEADER_SIZE, 4711, 5432, number, 1)
    data[LABELS_AT : LABELS_AT + len(text)] = text
    return bytes(data)


def test_a_page_as_ours_is_read() -> None:
    with page(written("shop/api.py\t12\tpay")):
        (one,) = read_held_connections(os.getpid()) or ()
    assert [(each.file, each.line, each.function) for each in one.lines] == [("shop/api.py", 12, "pay")]


@pytest.mark.parametrize("line", ["\u00b2", "\u0661", "-1", "9" * 5000, "1e3", ""])
def test_a_line_that_is_no_number(line: str) -> None:
    with page(written(f"shop/api.py\t{line}\tpay")):
        (one,) = read_held_connections(os.getpid()) or ()
    assert [each.line for each in one.lines] == [0]


def test_words_that_steer_a_terminal_lose_what_steers() -> None:
    with page(written("\x1b]0;owned\x07shop/\u202eyp.ipa\t1\t\x1b[2Jpay\x9b")):
        (one,) = read_held_connections(os.getpid()) or ()
    assert all(each.file.isprintable() and each.function.isprintable() for each in one.lines)


@pytest.mark.parametrize("number", [0, 2, 2**16 - 1])
def test_a_label_that_is_not_there(number: int) -> None:
    with page(written("shop/api.py\t1\tpay", number=number)):
        (one,) = read_held_connections(os.getpid()) or ()
    assert one.lines == ()


def test_a_page_of_a_terabyte_is_read_as_far_as_a_page_goes() -> None:
    with page(written("shop/api.py\t1\tpay"), 1 << 40):
        assert len(read_held_connections(os.getpid()) or ()) == 1


@pytest.mark.parametrize("data", [b"", MAGIC, MAGIC + b"\xff" * 40, b"\0" * (LABELS_AT + LABELS_SIZE)])
def test_what_is_no_page(data: bytes) -> None:
    with page(data):
        assert read_held_connections(os.getpid()) is None


def test_a_pipe_that_nobody_writes_to(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = f"{tmp_path}/{NAME}"
    os.mkfifo(pipe)
    monkeypatch.setattr(held_connections, "_pages", lambda _: [pipe])
    assert read_held_connections(os.getpid()) is None


def test_any_bytes_behind_a_right_beginning() -> None:
    chance = random.Random(7)
    begin = written("")[:HEADER_SIZE]
    for _ in range(20):
        with page(begin + chance.randbytes(LABELS_AT + LABELS_SIZE - HEADER_SIZE)):
            for one in read_held_connections(os.getpid()) or ():
                assert all(each.file.isprintable() and 0 <= each.line < 10**9 for each in one.lines)
