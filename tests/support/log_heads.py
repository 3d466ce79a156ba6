"""Heads of records as a format may draw them: the time in a notation, the level and names between signs, in some order."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.support.log_carriers import milli, stamp

TIMES: dict[str, Callable[[float], str]] = {
    "comma": lambda at: stamp(at)[:-3].replace("T", " ").replace(".", ","),
    "zoned": lambda at: stamp(at) + "+00:00",
    "milli": milli,
    "slashes": lambda at: stamp(at, "%d/%m/%Y %H:%M:%S"),
    "named": lambda at: stamp(at, "%d-%b-%Y %H:%M:%S"),
}
ROUND_TIME = ("{}", "[{}]", "({})", "<{}>", "{{{}}}", '"{}"', "|{}|", "*{}*")
ROUND_LEVEL = (*ROUND_TIME, "#{}#", "-{}-", "={}=", "~{}~", "'{}'", "{}:", "{};", "=={}==")
NAMES = ("(MainThread)", "[shop.web]", "<Thread-1 (worker)>", "{4711}", "web.py:41", "ThreadPoolExecutor-0_0")
BETWEEN, LAST = (" ", "  ", " - ", " | ", "\t", ": "), (" ", ": ", " - ")

Head = Callable[[float, str, str], str]


def drawn_head(seed: int) -> Head:
    """A format: its time first, then its level and up to two names."""
    draw = random.Random(seed)
    time, around, level = draw.choice(list(TIMES.values())), draw.choice(ROUND_TIME), draw.choice(ROUND_LEVEL)
    fields = [level, *draw.sample(NAMES, draw.randint(0, 2))]
    draw.shuffle(fields)
    between, last = draw.choice(BETWEEN), draw.choice(LAST)

    def head(at: float, name: str, message: str) -> str:
        told = [field.format(name) if field is level else field for field in fields]
        return between.join([around.format(time(at)), *told]) + last + message

    return head
