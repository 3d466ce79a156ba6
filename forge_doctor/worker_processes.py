"""How the processes of a pool are begun; starts none itself."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from multiprocessing.context import BaseContext


def pool_context() -> BaseContext:
    """Forks, which have at once what is imported here, where no thread can be caught in the middle of something."""
    import multiprocessing

    forks = sys.platform == "linux" and threading.active_count() == 1
    return multiprocessing.get_context("fork" if forks else "spawn")
