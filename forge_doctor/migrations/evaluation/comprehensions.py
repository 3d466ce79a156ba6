"""What a comprehension makes, its loops gone through."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.code.syntax.nodes import Comprehension, ComprehensionFor, Node
from forge_doctor.migrations.evaluation.binding import bind
from forge_doctor.migrations.evaluation.interface import Runner
from forge_doctor.migrations.evaluation.truth import truth
from forge_doctor.migrations.evaluation.values import Frame, Unknown, Value

MOST_ROUNDS = 2000


def comprehension(run: Runner, node: Comprehension, frame: Frame) -> Value:
    """The list or dict that a comprehension makes."""
    found: list[Value] = []
    is_known = _rounds(run, node.element, node.children[1:], Frame(frame.file, frame), found)
    if not is_known:
        return Unknown(node.text)
    if node.raw.type == "dictionary_comprehension":
        pairs = [one for one in found if isinstance(one, tuple) and isinstance(one[0], str | int)]
        return dict(pairs) if len(pairs) == len(found) else Unknown(node.text)
    return found


def _rounds(run: Runner, element: Node, parts: tuple[Node, ...], frame: Frame, found: list[Value]) -> bool:
    """Go through the loops and tests of a comprehension; False where only the run knows them: then it is gone through
    once, for what is called in it."""
    if not parts:
        found.append(_element(run, element, frame))
        return True
    part, rest = parts[0], parts[1:]
    if isinstance(part, ComprehensionFor):
        iterated = run.evaluate(part.iter, frame)
        is_known = isinstance(iterated, tuple | list | dict)
        for value in _limited(iterated) if isinstance(iterated, tuple | list | dict) else [Unknown(part.target.text)]:
            bind(frame, part.target, value)
            with run.under(repeated=not is_known):
                is_known = _rounds(run, element, rest, frame, found) and is_known
        return is_known
    test = part.children[0] if part.children else part
    holds = truth(run, test, frame)
    if holds is None:
        with run.under(condition=test.text):
            _rounds(run, element, rest, frame, found)
        return False
    return _rounds(run, element, rest, frame, found) if holds else True


def _element(run: Runner, element: Node, frame: Frame) -> Value:
    """What a round gives: of a dict a pair."""
    if element.raw.type == "pair":
        return run.evaluate(element.children[0], frame), run.evaluate(element.children[-1], frame)
    return run.evaluate(element, frame)


def _limited(values: Iterable[Value]) -> list[Value]:
    return [*values][:MOST_ROUNDS]
