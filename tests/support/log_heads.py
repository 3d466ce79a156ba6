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


def clocked(form: str, places: int = 3, sign: str = ".") -> Callable[[float], str]:
    """A time with so many places behind its seconds."""
    return lambda at: stamp(at, form) + sign + stamp(at, "%f")[:places]


# Notations of a whole moment, most of which no reader knows by themselves.
ANY_TIMES: dict[str, Callable[[float], str]] = {
    **TIMES,
    "short-year": lambda at: stamp(at, "%y-%m-%d %H:%M:%S"),
    "short-year-slashes": clocked("%y/%m/%d %H:%M:%S"),
    "short-day-first": lambda at: stamp(at, "%d.%m.%y %H:%M:%S"),
    "short-month-first": lambda at: stamp(at, "%m/%d/%y %H:%M:%S"),
    "halved": lambda at: stamp(at, "%m/%d/%Y, %I:%M:%S %p"),
    "points": clocked("%d.%m.%Y %H:%M:%S", sign=","),
    "short-named": lambda at: stamp(at, "%d-%b-%y %H:%M:%S"),
    "ctime": lambda at: stamp(at, "%a %b %d %H:%M:%S %Y"),
    "mail": lambda at: stamp(at, "%a, %d %b %Y %H:%M:%S +0000"),
    "syslog": lambda at: stamp(at, "%b %d %H:%M:%S"),
    "long-named": lambda at: stamp(at, "%B %d, %Y %H:%M:%S"),
    "access-log": lambda at: stamp(at, "%d/%b/%Y:%H:%M:%S +0000"),
    "compact": lambda at: stamp(at, "%Y%m%d %H%M%S"),
    "compact-zone": lambda at: stamp(at, "%Y%m%dT%H%M%SZ"),
    "underscore": lambda at: stamp(at, "%Y-%m-%d_%H:%M:%S"),
    "six-digits": lambda at: stamp(at, "%y%m%d %H:%M:%S"),
    "epoch": lambda at: f"{at:.3f}",
    "epoch-milli": lambda at: f"{at * 1000:.0f}",
    "epoch-nano": lambda at: f"{at * 1e9:.0f}",
    "week": lambda at: stamp(at, "%G-W%V-%u %H:%M:%S"),
    "ordinal": lambda at: stamp(at, "%Y-%jT%H:%M:%S"),
    "month-day": clocked("%m-%d %H:%M:%S"),
    "dashed": lambda at: stamp(at, "%Y/%m/%d-%H:%M:%S"),
    "pointed-clock": lambda at: stamp(at, "%Y-%m-%d %H.%M.%S"),
}
_SHORT = {"DEBUG": "DBG", "INFO": "INF", "WARNING": "WRN", "ERROR": "ERR", "CRITICAL": "FTL"}
_DOTNET = {"DEBUG": "dbug", "INFO": "info", "WARNING": "warn", "ERROR": "fail", "CRITICAL": "crit"}
_NUMBERS = {"DEBUG": "10", "INFO": "20", "WARNING": "30", "ERROR": "40", "CRITICAL": "50"}
ANY_LEVELS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "title": str.title,
    "filled": lambda name: f"{name:<8}",
    "filled-before": lambda name: f"{name:>8}",
    "filled-lower": lambda name: f"{name.lower():<8}",
    "cut": lambda name: f"{name[:5]:<5}",
    "four": lambda name: name[:4],
    "three": lambda name: _SHORT[name],
    "three-lower": lambda name: _SHORT[name].lower(),
    "dotnet": lambda name: _DOTNET[name],
    "coloured": lambda name: f"\x1b[1m\x1b[3{len(name) - 3}m{name.lower()}\x1b[0m",
}
# These say little by themselves and stand between signs.
SMALL_LEVELS: dict[str, Callable[[str], str]] = {"letter": lambda name: name[0], "number": lambda name: _NUMBERS[name]}
_SIGNS = ("{}", "{}", "[{}]", "({})", "<{}>", "|{}|")
_NAMES = (
    *NAMES,
    "shop.web:41",
    "/srv/shop/web.py:41",
    "asgi-worker-2",
    "pid=4711",
    "shop::web",
    "req-8f21",
    "api@host-1",
)
_BETWEEN = (" ", " ", "  ", " - ", " | ", "\t", ": ", " :: ", "|", ", ", ";")
_LAST = (" ", ": ", " - ", " | ", "\t", " > ", " -- ", " => ")


_GERMAN = ["Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"]
_FRENCH = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
RARE_TIMES: dict[str, Callable[[float], str]] = {
    "german": lambda at: stamp(at, "%d. ") + _GERMAN[int(stamp(at, "%m")) - 1] + stamp(at, " %Y %H:%M:%S"),
    "french": lambda at: stamp(at, "%d ") + _FRENCH[int(stamp(at, "%m")) - 1] + stamp(at, " %Y %H:%M:%S"),
    "turned": lambda at: stamp(at, "%H:%M:%S %d/%m/%Y"),
    "turned-named": lambda at: stamp(at, "%H:%M:%S %d %b %Y"),
    "joined": lambda at: stamp(at, "%Y%m%d%H%M%S"),
    "compact-dash": lambda at: stamp(at, "%Y%m%d-%H%M%S"),
    "spaced": lambda at: stamp(at, "%d %m %Y %H:%M:%S"),
    "central-europe": lambda at: stamp(at + 3600, "%d.%m.%Y %H:%M:%S CET"),
    "halved-day-first": lambda at: stamp(at, "%d/%m/%Y %I:%M:%S %p"),
    "india": lambda at: stamp(at + 19800) + "+05:30",
}
# These tell no moment.
NO_TIMES: dict[str, Callable[[float], str]] = {
    "since": lambda at: f"+{at - 1795330000:.1f}s",
    "since-milli": lambda at: f"+{(at - 1795330000) * 1000:.0f}ms",
    "since-launch": lambda at: f"T+{at - 1795330000:.0f}",
    "kernel": lambda at: f"[{at - 1795330000:12.6f}]",
    "hours": lambda at: stamp(at, "%Hh%Mm%Ss"),
    "clock": lambda at: stamp(at, "%H:%M:%S"),
}
_SHOWN = {
    "DEBUG": "\U0001f41b",
    "INFO": "\u2139\ufe0f",
    "WARNING": "\u26a0\ufe0f",
    "ERROR": "\u274c",
    "CRITICAL": "\U0001f525",
}
RARE_LEVELS: dict[str, Callable[[str], str]] = {
    "shown": _SHOWN.__getitem__,
    "shown-named": lambda name: f"{_SHOWN[name]} {name}",
    "field": lambda name: f"level={name.lower()}",
    "plain": str,
}


def drawn_rare(seed: int) -> tuple[Head, bool]:
    """A layout whose time or level is in a rare notation, and whether it tells moments; its time comes first."""
    draw = random.Random(seed)
    timed = draw.random() < 0.7
    time, level = (
        draw.choice(list((RARE_TIMES if timed else NO_TIMES).values())),
        draw.choice(list(RARE_LEVELS.values())),
    )
    names = draw.sample(("(8f21ab)", "req-8f21", "[MainThread]", "#17", "host-1"), draw.randint(0, 2))
    rest = ["level", *names]
    draw.shuffle(rest)
    between, last = draw.choice((" ", " - ", " | ", "\t", ", ")), draw.choice((" ", ": ", " - ", " | "))

    def head(at: float, name: str, message: str) -> str:
        return between.join([time(at), *(level(name) if part == "level" else part for part in rest)]) + last + message

    return head, timed


def drawn_pairs(seed: int) -> Head:
    """Pairs of keys and values in any order, with any sign between."""
    draw = random.Random(seed)
    time = draw.choice([*(ANY_TIMES[name] for name in ("milli", "named", "slashes")), *RARE_TIMES.values()])
    level = draw.choice((str, str.lower, _SHORT.__getitem__))
    keys = {
        "time": draw.choice(("time", "ts", "t", "@timestamp", "date")),
        "level": draw.choice(("level", "lvl", "severity", "loglevel")),
        "said": draw.choice(("msg", "message", "event", "m")),
    }
    order = ["time", "level", "said", *draw.sample(("caller=web.py:41", "pid=4711", "trace_id=0a1b2c3d"), 2)]
    draw.shuffle(order)
    between = draw.choice((" | ", "; ", "\t", ", "))

    def head(at: float, name: str, message: str) -> str:
        told = {"time": f'"{time(at)}"', "level": level(name), "said": f'"{message}"'}
        return between.join(f"{keys[part]}={told[part]}" if part in told else part for part in order)

    return head


def drawn_layout(seed: int) -> Head:
    """A layout of anybody's: time, level and up to three names in any order, in any notation, between any signs."""
    draw = random.Random(seed)
    time, small = draw.choice(list(ANY_TIMES.values())), draw.random() < 0.15
    level = draw.choice(list((SMALL_LEVELS if small else ANY_LEVELS).values()))
    around, beside = draw.choice(_SIGNS), draw.choice(_SIGNS[2:] if small else _SIGNS)
    names = [draw.choice(_SIGNS).format(name) for name in draw.sample(_NAMES, draw.choice((0, 1, 1, 2, 3)))]
    order = ["time", "level", *names]
    draw.shuffle(order)
    between, last = draw.choice(_BETWEEN), draw.choice(_LAST)

    def head(at: float, name: str, message: str) -> str:
        told = {"time": around.format(time(at)), "level": beside.format(level(name))}
        return between.join(told.get(part, part) for part in order) + last + message

    return head
