"""What makes two texts the same statement: a fingerprint, whatever wrote them, and the text without its values.

The parser of PostgreSQL says it where it can read the text; a text it can't read is folded by rules of its own, so that
nothing is lost. Values never leave this module.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping

from forge_doctor.dataclass import dataclass, field
from forge_doctor.regex import regex
from forge_doctor.sql.masking import sqlcommenter_tags, without_values
from forge_doctor.sql.parser import NotParsed, fingerprinted

# What stays as it is, and what a driver or SQLAlchemy writes where the server has $1.
_PLACE = regex(
    r"""(?P<keep>"(?:[^"]|"")*+(?:"|\Z)|'(?:[^']|'')*+(?:'|\Z)|::)
    |%\((?P<named>[^)\s]{1,120})\)s|(?P<plain>%s)|(?<![:\w])(?P<colon>:[A-Za-z_]\w*+)|(?P<mark>\?)""",
    re.VERBOSE,
)
_ONE = r"(?:\$\d+|\?|%\([^)]{1,120}\)s|%s|:\w{1,120})(?:::[A-Za-z_][\w \[\]]{0,60})?"
# A list of parameters, and rows of them behind VALUES: one says as much as a hundred.
_LIST = regex(rf"\(\s*({_ONE})(?:\s*,\s*{_ONE}){{1,100000}}\s*\)")
_IN = regex(r"(\bIN\s*)\(\s*", re.IGNORECASE)
_OFFSET = regex(r"\bOFFSET\b", re.IGNORECASE)
_ROWS = regex(r"(\))(?:\s*,\s*\([^()]{0,4000}\)){1,100000}")
_ESCAPED = regex(r"\\[nt]")
_LABEL = regex(r" as \w++(?= ?(?:,|from\b))")
_CAST = regex(r"(\?)::[a-z_][\w \[\]]{0,60}?(?=\W)")
LONGEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """A statement without what differs from run to run: `id` its fingerprint, `text` on one line, values out.

    `parsed` says that the server's own parser read it; `tags` are the known keys of a sqlcommenter comment.
    """

    id: str
    text: str
    parsed: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)


@functools.lru_cache(maxsize=8192)
def fingerprint(statement: str) -> Fingerprint:
    """What the statement is, by its text as a log, a driver or the server shows it.

    >>> ours = fingerprint("SELECT b.id AS b_id FROM b WHERE b.a IN (%(a_1)s, %(a_2)s)")
    >>> ours.id == fingerprint("SELECT b.id FROM b WHERE b.a IN ($1::INTEGER)").id, ours.text
    (True, 'SELECT b.id AS b_id FROM b WHERE b.a IN (%(a_1)s)')
    """
    written = statement[:LONGEST]
    if "\\" in written and "\n" not in written:
        written = _ESCAPED.sub(" ", written)
    text = shortened(without_values(written))
    tags = sqlcommenter_tags(written) if "/*" in written else {}
    # For the parser `a = $1` and `a IN ($1)` are one: one row asked for again and again, and many asked for at once. So
    # are statements with an OFFSET and without.
    told = ("i" if _IN.search(text) else "") + ("o" if _OFFSET.search(text) else "")
    for attempt in (written, numbered(written)):
        try:
            return Fingerprint(id=fingerprinted(attempt) + told, text=text, tags=tags)
        except NotParsed:
            continue
    return Fingerprint(id=_folded(text), text=text, parsed=False, tags=tags)


def numbered(statement: str) -> str:
    """A driver's placeholders as the server's: `%(a)s`, `%s`, `:a`, `?` -> `$1`.

    >>> numbered("SELECT a FROM t WHERE b = %(b)s AND c = ? AND d LIKE '?' AND e = %(b)s::INTEGER")
    "SELECT a FROM t WHERE b = $1 AND c = $2 AND d LIKE '?' AND e = $1::INTEGER"
    """
    names: dict[str, int] = {}
    count = 0

    def one(match: re.Match[str]) -> str:
        nonlocal count
        if match["keep"]:
            return match[0]
        name = match["named"] or match["colon"]
        if name and name in names:
            return f"${names[name]}"
        count += 1
        if name:
            names[name] = count
        return f"${count}"

    return _PLACE.sub(one, statement)


def shortened(text: str) -> str:
    """The text with one parameter for a list, and one row for the rows of an INSERT.

    >>> shortened("INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4) RETURNING t.id")
    'INSERT INTO t (a, b) VALUES ($1, $2) RETURNING t.id'
    """
    head, values, rows = text.partition(" VALUES ")
    if values and _ROWS.search(rows):
        text = head + values + _ROWS.sub(r"\1", rows, count=1)
    return _IN.sub(r"\1(", text) if not _LIST.search(text) else _shorter_lists(text)


def _shorter_lists(text: str) -> str:
    """One parameter for each list behind IN; a row of VALUES and a function's arguments stay."""
    parts = []
    at = 0
    for found in _IN.finditer(text):
        listed = _LIST.match(text, text.find("(", found.start()))
        if listed:
            parts += [text[at : found.end()].rstrip(), listed[1] + ")"]
            at = listed.end()
    return "".join(parts) + text[at:]


def _folded(text: str) -> str:
    """A fingerprint of what the parser can't read, with the same things left out."""
    plain = _PLACE.sub(lambda match: match[0] if match["keep"] else "?", text)
    plain = re.sub(r"\$\d+", "?", plain).lower()
    plain = _CAST.sub(r"\1", f"{_LABEL.sub('', plain)} ")
    plain = re.sub(r" ?([(),=<>]) ?", r"\1", plain).strip()
    return "t" + hashlib.blake2b(plain.encode(), digest_size=8).hexdigest()[:15]
