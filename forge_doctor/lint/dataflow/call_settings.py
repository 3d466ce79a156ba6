"""Which options of a function a call turns on or off, and what the function does not run for them; of what a parameter is
given it knows constants, what is built right there (a list, a dict, a text), sessions, and the options of the caller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto

from forge_doctor.code.semantics.library.kinds import DRIVER_KINDS
from forge_doctor.code.semantics.literals import followed
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import (
    Assign,
    BoolOp,
    Call,
    Compare,
    Comprehension,
    Constant,
    Dict,
    FunctionDef,
    If,
    List,
    Name,
    Node,
    Param,
    Set,
    Str,
    Tuple,
    UnaryOp,
)
from forge_doctor.regex import regex


class Setting(Enum):
    """What is known of an option: `GIVEN` is true, and not None; `BUILT` is not None, and may be empty."""

    NONE = auto()
    FALSE = auto()
    GIVEN = auto()
    BUILT = auto()


CONSTANTS = {"None": Setting.NONE, "False": Setting.FALSE, "0": Setting.FALSE, "True": Setting.GIVEN}
BUILT = (Comprehension, Dict, List, Set, Str, Tuple)
# Of the parameters with a default, and of those that are handed an option of the caller, by name.
Settings = frozenset[tuple[str, Setting]]
UNSET: Settings = frozenset()
NONE = regex(r"\b(?:Optional|None)\b")
AGAINST_NONE = regex(r"(\w{1,100}) is (not )?None")
AGAINST_ZERO = regex(r"(\w{1,100}) (>|!=|==) 0")


def settings_of(project: Project, function: FunctionDef, call: Call, around: Settings = UNSET) -> Settings:
    """What a call sets the options of a function to, inside of a function that is itself called with `around`."""
    if any(not one.name for one in call.keywords):
        return UNSET  # `**options`
    bound = {one.target.text for one in function.find(Assign, nested=False)}
    known = dict(around)
    options = [one for one in function.params if isinstance(one, Param) and one.name not in bound]
    given = [(one, function.argument(call, one.name)) for one in options]
    told = [(one, value) for one, value in given if one.default or may_be_none(one) or is_option(value, known)]
    found = {one.name: _setting(project, value, one.default, known) for one, value in told}
    return frozenset((name, setting) for name, setting in found.items() if setting is not None)


def is_option(given: Node | None, around: Mapping[str, Setting]) -> bool:
    """Whether it is a constant, or an option of the caller as it is."""
    return isinstance(given, Constant) or (isinstance(given, Name) and given.text in around)


def may_be_none(param: Param) -> bool:
    """Whether its annotation says so: `session: AsyncSession | None`."""
    return param.annotation is not None and NONE.search(param.annotation.text) is not None


def _setting(
    project: Project, given: Node | None, default: Node | None, around: Mapping[str, Setting]
) -> Setting | None:
    value = default if given is None else given
    if isinstance(value, Constant):
        return CONSTANTS.get(value.text, Setting.BUILT)
    if given is None:
        return None
    if isinstance(given, Name) and given.text in around:
        return around[given.text]
    if isinstance(followed(project, given), BUILT):
        return Setting.BUILT
    kind = project.value_of(given).kind
    return Setting.GIVEN if kind.is_async_session or kind.is_sync_session or kind in DRIVER_KINDS else None


def may_run(place: Node, settings: Settings) -> bool:
    """Whether a place of a function may run with these settings: not behind `if session is not None: return`, nor in the
    `else` of it, where a session is given."""
    known = dict(settings)
    inner = place
    for around in place.ancestors if known else ():
        if isinstance(around, If):
            told = _truth(around.test, known)
            if (told is False and inner in around.body) or (told is True and _holds(around.orelse, place)):
                return False
        if any(_leaves_before(inner, getattr(around, name, ()), known) for name in ("body", "orelse", "finalbody")):
            return False
        if isinstance(around, FunctionDef):
            return True
        inner = around
    return True


def _holds(block: Sequence[Node], place: Node) -> bool:
    """Whether a place stands in a block, of which an `else` is a node of its own."""
    return any(one.contains(place) for one in block)


def _leaves_before(place: Node, block: object, known: Mapping[str, Setting]) -> bool:
    if not isinstance(block, tuple) or place not in block:
        return False
    before = (one for one in block[: block.index(place)] if isinstance(one, If))
    return any(_truth(one.test, known) is True and leaves(one.body) for one in before)


def _truth(test: Node, known: Mapping[str, Setting]) -> bool | None:
    """Whether a condition holds; None where nobody knows."""
    if isinstance(test, Name) and test.text in known:
        return None if known[test.text] is Setting.BUILT else known[test.text] is Setting.GIVEN
    if isinstance(test, UnaryOp) and test.is_not:
        told = _truth(test.operand, known)
        return None if told is None else not told
    if isinstance(test, Compare):
        zero = AGAINST_ZERO.fullmatch(test.text)
        if zero is not None and known.get(zero[1]) is Setting.FALSE:
            return zero[2] == "=="
        match = AGAINST_NONE.fullmatch(test.text)
        return None if match is None or match[1] not in known else (known[match[1]] is Setting.NONE) != bool(match[2])
    if isinstance(test, BoolOp):
        both = [_truth(test.left, known), _truth(test.right, known)]
        deciding = not test.is_and  # one that is true decides an `or`, one that is false an `and`
        return deciding if deciding in both else None if None in both else not deciding
    return None
