"""Packs as zstd do: Python 3.14 does it by itself, older ones with the package of the extra `logs`."""

from __future__ import annotations

import importlib
import sys


def zstd_compress(data: bytes) -> bytes:
    module = importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "zstandard")
    return bytes(module.compress(data))
