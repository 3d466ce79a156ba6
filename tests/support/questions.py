"""Work counted in questions asked: calls of the package's own functions, which no busy machine makes more."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import forge_doctor

HOME = str(Path(forge_doctor.__file__).parent)


def questions(run: Callable[[], Any]) -> Counter[str]:
    """How often each function of the package is entered (a generator: at each step)."""
    asked: Counter[Any] = Counter()

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            asked[frame.f_code] += 1

    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(None)
    found: Counter[str] = Counter()
    for code, times in asked.items():
        if code.co_filename.startswith(HOME):
            found[f"{code.co_filename.removeprefix(HOME)}:{code.co_firstlineno} {code.co_name}"] += times
    return found
