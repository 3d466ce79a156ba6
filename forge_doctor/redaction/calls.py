"""What calls are given by position, where no name tells what it is: logins, the arguments of tasks; payment cards."""

from __future__ import annotations

import re

from forge_doctor.redaction.notation.ends import end_of
from forge_doctor.redaction.shapes import MASK
from forge_doctor.redaction.spans import Span, mask_spans
from forge_doctor.regex import regex

# Of a login the second argument is the password, of a connection the third.
_LOGIN = regex(
    r"(?i)\b(?:(?P<second>(?:log_?[io]n|sign_?in|authenticate|auth|bind_s|simple_bind)(?:_as|_user|_with_password)?)|"
    r"\w{0,20}connect|PDO(?:->|::)__construct)(?=\()"
)
_POSITIONAL = regex(
    r"[(,]\s{0,8}(?:[brBR]{0,2}(?:'((?:[^'\\\n]|\\.)*+)'|\"((?:[^\"\\\n]|\\.)*+)\")|[^'\",()\n=]{1,80})(?=\s{0,8}[,)])"
)
# As Celery writes them: what a task was called with, as it is, as a text, and in the message's body.
_TASK = regex(
    r"(?:^|(?<=[\n(,{'\"]))[ \t]{0,8}args[ \t]{0,4}[:=][ \t]{0,4}(?=\()|\bkwargs[ \t]{0,4}[:=][ \t]{0,4}(?=\{)|"
    r"\b(?:kw)?argsrepr(?:\\{0,15}['\"])?[ \t]{0,4}[:=][ \t]{0,4}(?=\\{0,15}['\"][(\[{])"
)
_STRING = regex(
    r"(?:(\\{1,15}['\"])[^'\"\\\n]{1,300}+\\{1,15}['\"]|'(?:[^'\\\n]|\\.)++'|\"(?:[^\"\\\n]|\\.)++\")(?P<key>\s{0,4}:)?"
)
# The name of a task, of a type of content: nothing that was typed in.
_OWN_NAME = regex(r"['\"](?:[a-z_]\w{0,60}(?:\.[a-zA-Z_]\w{0,60}){1,8}|application/\w{1,20})['\"]")
_BODY = regex(r"\[(?=\[)[^\n]{2,2000}?(?=, \{\\{0,15}\"callbacks)")
_CARD = regex(r"[2-6]\d{3}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3,4}(?![\w-])")
_ISSUED = regex(r"4|5[1-5]|2[2-7]|6(?:011|5)|3[47]")


def mask_logins(text: str) -> str:
    """The text without the password of `login('ada', '...')` and `connect('host', 'ada', '...')`."""
    return mask_spans(text, (span for call in _LOGIN.finditer(text) for span in _of_login(text, call)))


def _of_login(text: str, call: re.Match[str]) -> list[Span]:
    position, given = call.end(), []
    while argument := _POSITIONAL.match(text, position):  # None stands behind the bracket that closes the call.
        given.append(argument)
        position = argument.end()
    group = [(one, 1 if one[1] is not None else 2) for one in given[1 if call["second"] else 2 :]]
    return [Span(*one.span(quoted), sure=False) for one, quoted in group if one[quoted] and one[quoted] != MASK]


def mask_task_arguments(text: str) -> str:
    """The text without the words that a task was called with; the names of its arguments stay."""
    parts, position = [], 0
    while begin := _TASK.search(text, position):
        parts.append(text[position : begin.end()])
        position = begin.end()
        stop = end_of(text, position)
        parts.append(_STRING.sub(_value, text[position:stop]))
        position = stop
    return _BODY.sub(f"[{MASK}", "".join(parts) + text[position:])


def _value(found: re.Match[str]) -> str:
    return found[0] if found["key"] or _OWN_NAME.fullmatch(found[0]) else f"'{MASK}'"


def mask_cards(text: str) -> str:
    """The text without the numbers of payment cards: their beginnings are known, and their last digit is a checksum."""
    return _CARD.sub(lambda found: MASK if _is_card(text, found) else found[0], text)


def _is_card(text: str, found: re.Match[str]) -> bool:
    before = text[found.start() - 1 : found.start()]
    if before.isalnum() or before in tuple("_.-") or not _ISSUED.match(found[0]):
        return False
    digits = [int(one) for one in reversed(found[0]) if one.isdigit()]
    doubled = sum(sum(divmod(2 * one, 10)) for one in digits[1::2])
    return (sum(digits[::2]) + doubled) % 10 == 0
