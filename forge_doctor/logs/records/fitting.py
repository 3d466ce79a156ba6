"""Whose the next line is, where one traceback is open and where several are written at once, as far as it can be told without the rest."""

from __future__ import annotations

from forge_doctor.logs.mixtures.evidence import begins, calls, raises, underlines
from forge_doctor.logs.mixtures.places import Paths, class_of, function_of, place_of
from forge_doctor.logs.records.block import Block
from forge_doctor.logs.records.line_kind import CARETS, DUMPS, TOLD, Kind, State
from forge_doctor.logs.records.rich_box import begins_next_box

_RECENT = 3


def fits(block: Block, text: bytes, kind: Kind, current: Block | None, latest: Block | None) -> bool:
    """Whether a line of this kind can come next in the block, several being open."""
    state = block.state
    if kind is Kind.HEADER:
        joined = state is State.JOINED or (state is State.BOXED and begins_next_box(text))
        return joined or block.created or (state is State.MESSAGE and block.head is not None)
    if kind is Kind.FRAME:
        return state in (State.HEADER, State.SOURCE, State.FRAME)
    if kind is Kind.SOURCE:
        if CARETS.match(text):
            return state is State.SOURCE and len(text) <= len(block.code) + 4
        # An exception's message may have more lines, indented as code is.
        return state in (State.FRAME, State.SOURCE) or (state is State.EXCEPTION and block is latest)
    if kind is Kind.EXCEPTION:
        return state in (State.FRAME, State.SOURCE)
    if kind in (Kind.JOINER, Kind.BLANK):
        return state in (State.JOINED, *TOLD)
    return block is current and state in (State.JOINED, *TOLD)


def goes_on(block: Block, text: bytes, kind: Kind) -> bool:
    """Whether a line of this kind continues the only open block."""
    if kind is Kind.HEADER:
        if block.state is State.EXCEPTION:
            return block.quotes
        if block.state is State.MESSAGE:
            # A warning has none.
            return block.head is None or block.head.warned is None
        titled = (
            block.tested and block.state is State.HEADER
        )  # pytest's title of a test, above a traceback as Python has it
        return (
            titled
            or block.created
            or block.state is State.JOINED
            or (block.state is State.BOXED and begins_next_box(text))
        )
    return block.state is State.MESSAGE or not text.startswith(DUMPS)


def fitness(block: Block, text: bytes, kind: Kind, paths: Paths) -> int:
    """How well the line fits the block."""
    if kind is Kind.SOURCE:
        if CARETS.match(text):
            return underlines(block.code, text)
        # A frame has one line of code; more than one only where Python shows all of a call that is written over several.
        return 3 if block.state is State.FRAME else -3 if block.state is State.EXCEPTION else -6
    if kind not in (Kind.FRAME, Kind.EXCEPTION):
        return int(block.state is State.EXCEPTION)
    if block.state is State.HEADER:
        return begins(text)
    frames = block.passed[:_RECENT]
    frame = frames[0] if frames else b""
    code = block.code if block.state is State.SOURCE else b""
    if kind is Kind.EXCEPTION:
        return raises(frame, code, text) + paths.score(frame, class_of(text))
    been = function_of(text) in map(function_of, frames)
    return calls(frame, code, text, been) + paths.score(frame, place_of(text))
