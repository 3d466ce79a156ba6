"""The page of memory itself: a head, records of sixteen bytes, a table of labels; whoever looks in knows it from here."""

from __future__ import annotations

import mmap
import os
import struct

PAGE_NAME = "forge-doctor-holders"
MAGIC = b"FDHOLD01"
# magic, pid of the owner in its own namespace, slots, bytes of labels in use, connections that found no slot
HEADER = struct.Struct("<8sIIII")
HEADER_SIZE = 64
# pid of the backend, local port, number of the label (0: none), monotonic nanoseconds of the checkout (0: returned)
RECORD = struct.Struct("<IHHQ")
SLOTS = 4096
LABELS_AT = HEADER_SIZE + SLOTS * RECORD.size
LABELS_SIZE = 512 * 1024
SIZE = LABELS_AT + LABELS_SIZE
MOST_LABELS = 0xFFFF


class Page:
    """The page of this process. `free` are offsets of records nobody has."""

    def __init__(self) -> None:
        descriptor = os.memfd_create(PAGE_NAME)
        try:
            os.ftruncate(descriptor, SIZE)
            self.memory = mmap.mmap(descriptor, SIZE)
        finally:
            os.close(descriptor)  # the mapping has one of its own
        self.free = [HEADER_SIZE + slot * RECORD.size for slot in reversed(range(SLOTS))]
        self.labels: dict[str, int] = {}
        self.used = 0
        self.refused = 0
        self._head()

    def _head(self) -> None:
        HEADER.pack_into(self.memory, 0, MAGIC, os.getpid(), SLOTS, self.used, self.refused)

    def label(self, text: str) -> int:
        """The number of a label, 0 where the table is full."""
        known = self.labels.get(text)
        if known is not None:
            return known
        line = text.encode("utf-8", "replace") + b"\n"
        if self.used + len(line) > LABELS_SIZE or len(self.labels) >= MOST_LABELS:
            return 0
        self.memory[LABELS_AT + self.used : LABELS_AT + self.used + len(line)] = line
        self.used += len(line)
        self._head()
        self.labels[text] = number = len(self.labels) + 1
        return number

    def add(self, backend: int, port: int) -> int:
        """The offset of a new record, 0 where there is no room."""
        if not self.free:
            self.refused += 1
            self._head()
            return 0
        offset = self.free.pop()
        RECORD.pack_into(self.memory, offset, backend, port, 0, 0)
        return offset

    def drop(self, offset: int) -> None:
        """Let go of a record."""
        if offset:
            RECORD.pack_into(self.memory, offset, 0, 0, 0, 0)
            self.free.append(offset)
