"""What statements carry to the server and errors carry back: parameters, literals, the values of rows."""

from __future__ import annotations

from forge_doctor.redaction.names import STRONG, strength
from forge_doctor.redaction.notation.ends import end_of
from forge_doctor.redaction.shapes import MASK
from forge_doctor.redaction.sql.literals import masked, without_literals
from forge_doctor.regex import regex

_IDENTIFIED = regex(r"(?i)\b(IDENTIFIED (?:WITH \w{1,40} )?(?:BY|AS) (?:PASSWORD )?)'[^'\n]*+'?")
_PARAMETERS = regex(r"\[parameters: (?!\*\*\*\])")
_PARAMETERS_END = regex(
    r"\](?=[ \t]{0,8}(?:\(Background|\n\(Background|\n\s{0,40}\n|\n?\Z|\n[\w ]{0,40}Traceback|\n\d{1,4}[-/:]\d\d))"
)
_ECHOED = regex(r"\[(?:generated in |cached since |no key |caching disabled |raw sql)[^\]\n]{0,80}\] {1,4}[^\n]{1,}+")
_PLACED = regex(r"(?i)\b(parameters:? )(\$1 = )[^\n]{1,}+(?:\n\t[^\n]*+)*+")
_PLACE = regex(r"(\$\d{1,5} = )(?:'(?:[^']|'')*+'?|[^,\n]{1,}+)")
# pgaudit: what kind it is in six fields, the statement, its parameters.
_AUDITED = regex(
    r"(\bAUDIT: (?:SESSION|OBJECT),(?:[^,\n\"]{0,200},){6}(?:\"(?:[^\"]|\"\")*+\"|[^,\n\"]{0,2000}),)(?![<*])[^\n]{1,}+"
)
_STATEMENT = regex(
    r"(?:\[SQL: |\b(?:STATEMENT|statement|QUERY|Query|SQL statement)(?: \w{1,64})?: {0,4}|\bexecute [^\s:]{1,64}: |"
    r"\bSQL statement \")"
)
_SQL_END = regex(r"\](?=\s{0,8}(?:\n|\Z|\[parameters|\(Background))")
_STATEMENT_END = regex(r"\](?=\s{0,8}(?:\n|\Z|\[parameters|\(Background))|\n(?!\t|[ ]{2,})")
# Without a list of columns any of them may be one of secrets.
_INSERT = regex(
    r"(?i)\b(?:insert|replace)\s{1,20}into\s(?:[^()'\n]{1,200}\(([^()']{1,2000})\)\s{0,40}|"
    r"\s{0,40}[\w.\"]{1,130}\s{1,40}(?:as \w{1,64}\s{1,40})?)"
    r"(?:overriding (?:user|system) value\s{1,40})?values\s{0,40}\("
)
_COLUMN = regex(r"\w{1,64}")
# Functions that are given keys, and what was prepared: its values have no names.
_SECRET_CALL = regex(
    r"(?i)(?<![\w.])(?:crypt|hmac|(?:en|de)crypt(?:_iv)?|pgp_(?:sym|pub)_(?:en|de)crypt(?:_bytea)?|execute [\w\"]{1,64})[ \t]{0,4}(?=\()"
)


def mask_parameters(text: str) -> str:
    """The text without what stands in `[parameters: ...]`."""
    parts, position = [], 0
    while begin := _PARAMETERS.search(text, position):
        end = _PARAMETERS_END.search(text, begin.end())
        parts += [text[position : begin.start()], f"[parameters: {MASK}]"]
        position = end.end() if end else len(text)
    return "".join(parts) + text[position:]


def mask_placed(text: str) -> str:
    """The text without the values of `parameters: $1 = ...`."""
    return _PLACED.sub(lambda found: found[1] + _PLACE.sub(rf"\g<1>{MASK}", found[0][len(found[1]) :]), text)


def mask_statements(text: str) -> str:
    """The text without the quoted literals of the statements in it, each up to where it ends."""
    parts, position = [], 0
    while begin := _STATEMENT.search(text, position):
        end = (_SQL_END if begin[0][0] == "[" else _STATEMENT_END).search(text, begin.end())
        stop = end.start() if end else len(text)
        parts += [text[position : begin.end()], without_literals(text[begin.end() : stop])]
        position = stop
    return "".join(parts) + text[position:]


def mask_inserts(text: str) -> str:
    """The text without the literals of an INSERT that names a column of secrets, or no column at all."""
    parts, position = [], 0
    while begin := _INSERT.search(text, position):
        parts.append(text[position : begin.end()])
        position = begin.end()
        if begin[1] is None or any(strength(name) == STRONG for name in _COLUMN.findall(begin[1])):
            rows, position = masked(text, position, len(text), ends=True)
            parts.append(rows)
    return "".join(parts) + text[position:]


def mask_secret_calls(text: str) -> str:
    """The text without the literals that functions of cryptography and prepared statements are given."""
    parts, position = [], 0
    while call := _SECRET_CALL.search(text, position):
        stop = end_of(text, call.end())
        parts += [text[position : call.end()], without_literals(text[call.end() : stop])]
        position = stop
    return "".join(parts) + text[position:]


def mask_logged(text: str) -> str:
    """The text without the parameters that SQLAlchemy's log has behind `[generated in ...]`."""
    return _ECHOED.sub(f"[...] {MASK}", text)


def mask_identified(text: str) -> str:
    """The text without the password of `IDENTIFIED BY '...'`."""
    return _IDENTIFIED.sub(rf"\g<1>'{MASK}'", text)


def mask_audited(text: str) -> str:
    """The text without the parameters that pgaudit writes behind a statement."""
    return _AUDITED.sub(rf"\g<1>{MASK}", text)
