"""Messages without what stands in quotes, names of code apart: of an error nobody knows, that may be anybody's data."""

from __future__ import annotations

import re

from forge_doctor.redaction import MASK
from forge_doctor.regex import regex

# A literal ends at its quote, be that on another line; without one, with the line. Inside of another its quotes are
# escaped.
_QUOTED = regex(
    r"(?<![\w\\])[bfrBFR]{0,2}(?:'(?:[^'\\]|\\.)*+'|\"(?:[^\"\\]|\\.)*+\"|['\"][^\n]*+|"
    r"\\{1,16}+(?:'[^'\n]*+'?|\"[^\"\n]*+\"?))",
    re.DOTALL,
)
# Names of code and of a schema, as Python and PostgreSQL quote them: without them nobody knows what is meant.
_NAMED_BEFORE = regex(
    r"(?:\b(?:No module named|cannot import name '\w{1,100}' from|cannot import name|keyword argument|positional arguments?:|"
    r"no attribute|local variable|type object|module|name|relation|column|constraint|table|schema|sequence|extension) )\Z"
)
_NAMED_AFTER = regex(r" (?:object (?:has|is|does|of)\b|is not defined|has no attribute)")
_NAME = regex(r"(['\"])[^\W\d][\w.]{0,100}\1")
_OWN_WORD = regex(r"(?:\bname|\bmodule|\btype object) \Z")


def without_literals(text: str) -> str:
    """The text without what stands in quotes, names of code apart: of a message nobody knows, that may be anybody's
    data."""

    def masked(found: re.Match[str]) -> str:
        return found[0] if _NAME.fullmatch(found[0]) and _is_of_code(text, found) else f"'{MASK}'"

    return _QUOTED.sub(masked, text)


def _is_of_code(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - 140) : found.start()]
    after = _NAMED_AFTER.match(text, found.end()) is not None
    # `name 'x'` may be a person's.
    return after if _OWN_WORD.search(before) and "import" not in before else after or bool(_NAMED_BEFORE.search(before))
