"""The grammar of SQLAlchemy's engine and pool logs: what a record is by its text. Parameters are counted, never kept."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from forge_doctor.regex import regex
from forge_doctor.slow.logged.template import Template

# Written behind each statement: how its text came about, then its parameters.
PARAMETERS = regex(
    rb"\[(?P<how>generated in|cached since|raw sql|no key|caching disabled|dialect \S+ does not support caching"
    rb"|insertmanyvalues)(?P<more>[^\[\]\n]{0,160})\] ?(?=[\[({]|$)"
)
# Before SQLAlchemy 1.4 there was no bracket: parameters stand by themselves behind the words that their statement has.
BARE = regex(
    rb"(?:\[SQL parameters hidden|\{\}|\{[ubr]{0,2}['\x22]|\(\)"
    rb"|\((?=[ubr]{0,2}['\x22]|[\d(-]|None\b|True\b|False\b|datetime\.|Decimal\(|UUID\()"
    rb"|\[[({])"
)
BARE_ENDS, MOST_BARE = b")}]", 6
BEGUN = regex(rb"(?:(?<=[\s\]:|>\x22=-])|^)BEGIN \(implicit[^)\n]{0,80}\)")
# `BEGIN` is said whole; what ends a transaction is a word that a message may end with as well.
ENDED = regex(
    rb"(?:(?<=[\s\]:|>\x22=-])|^)(COMMIT|ROLLBACK)(?: using DBAPI[^\n\[]{0,200})?(?: \[[^\[\]\n]{1,120}\])?[\s\x22]{0,9}$"
)
ROW = regex(rb"(?:(?<=[\s\]:|>\x22=-])|^)Row \(")
POOL = regex(
    rb"(?:(?P<pool>\w{1,40}Pool)\S{0,80}[\s:|\]-]{1,10})?"
    rb"(?P<what>Created new connection <|Connection <[^\n]{0,300}> checked out from pool)"
)
CARTESIAN = b"has a cartesian product between FROM element(s)"
ELEMENTS = regex(rb'FROM element\(s\) (?P<left>"[^\n]{1,2000}?) and FROM element (?P<right>"[^"\n]{1,200}")')
WARNING = b": SAWarning"
ACCESS = regex(
    rb'"(?P<method>GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) (?P<path>[^\s"]{1,2000})[^"\n]{0,20}" (?P<status>\d{3})\b'
)
HIDDEN = b"[SQL parameters hidden"
_OF = regex(rb"displaying \d+ of (\d+) total bound parameter sets")
_BATCH = regex(rb"(?<!\d)(\d{1,9})/(\d{1,9}) \((?:un)?ordered(?P<alone>; batch not supported)?\)")
_SET_ENDS = regex(rb"[)}], ?[({]")
_NAME = regex(rb'"([^"\n]{1,200})"')
_VARIES = regex(r"/(?:\d[^/]*|[0-9a-fA-F-]{16,}|[^/]*\d{3,}[^/]*|[^/]{40,})(?=/|$)")


class Sent(NamedTuple):
    """The parameters of one run: how many `sets`, a `digest` that is another for others, None where there is nothing to
    tell; `hidden` where they were left out of the log; `refused` where SQLAlchemy had many and the dialect could not
    batch them."""

    sets: int = 1
    digest: int | None = None
    hidden: bool = False
    refused: bool = False
    open_patterns: int = 0
    patterns: int = 0
    offset: int | None = None


NONE_SENT = Sent()


def sent(more: bytes, parameters: bytes, template: Template) -> Sent:
    """What a parameters' record says of its run; `more` is what its bracket says besides how the text came about."""
    batched = b"/" in more
    if not batched and not template.asks and parameters[:1] in (b"(", b"{") and parameters[1:2] not in (b")", b"}"):
        return Sent(digest=hash(parameters))
    batch = _BATCH.search(more) if batched else None
    if parameters.startswith(HIDDEN):
        # A flat tuple of many rows, or a row by itself, is told by the batch's own words.
        alone = batch is None or batch["alone"] is not None
        return Sent(sets=1 if alone else 2, hidden=True, refused=batch is not None and alone)
    if parameters[:2] in (b"()", b"{}", b"[]", b""):
        return NONE_SENT
    sets = 1 if batch is None or batch["alone"] else 2
    if parameters[:2] in (b"[(", b"[{"):
        total = _OF.search(parameters)
        sets = int(total[1]) if total else len(_SET_ENDS.findall(parameters)) + 1
    if not template.asks or sets > 1:
        return Sent(sets=sets, digest=hash(parameters), refused=sets == 1 and batch is not None)
    return _asked(parameters, template)


def _asked(parameters: bytes, template: Template) -> Sent:
    """The same, with what parameters say of a LIKE or an OFFSET."""
    try:
        values = ast.literal_eval(parameters.decode("utf-8", "replace"))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return Sent(digest=hash(parameters))
    patterns = [value for place in template.likes if isinstance(value := value_at(values, place), str)]
    offset = value_at(values, template.offset) if template.offset is not None else None
    return Sent(
        digest=hash(parameters),
        patterns=len(patterns),
        open_patterns=sum(one[:1] in ("%", "_") for one in patterns),
        offset=offset if isinstance(offset, int) else None,
    )


def value_at(values: object, place: str | int) -> object:
    """The value of a parameter, by its name or its place."""
    if isinstance(values, dict):
        return values.get(place)
    if isinstance(values, tuple | list) and isinstance(place, int) and place < len(values):
        return values[place]
    return None


def elements(warning: bytes) -> tuple[str, ...]:
    """The tables that SQLAlchemy says are multiplied."""
    found = ELEMENTS.search(warning)
    if found is None:
        return ()
    names = [*_NAME.findall(found["left"]), *_NAME.findall(found["right"])]
    return tuple(dict.fromkeys(name.decode("utf-8", "replace") for name in names))


def placed(warning: bytes) -> tuple[str, int]:
    """The file and line that Python placed a warning at; nothing where that is nowhere (`sys:1`)."""
    before, found, _ = warning.partition(WARNING)
    file, _, line = before.rpartition(b":")
    if not found or not line.isdigit() or file == b"sys":
        return "", 0
    return file.decode("utf-8", "replace").strip(), int(line[:9])


def route(found: re.Match[bytes]) -> str:
    """`GET /books/{}/reviews`: the method and path of an access line without what differs from request to request."""
    path = found["path"].decode("utf-8", "replace").partition("?")[0].partition("#")[0]
    return f"{found['method'].decode()} {_VARIES.sub('/{}', path)[:100]}"
