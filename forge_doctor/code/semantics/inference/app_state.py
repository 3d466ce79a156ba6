"""What `request.state.db`, `app.state.factory` or Sanic's `request.ctx.session` holds, told by the places of the project
or the function that set it; no proof."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from forge_doctor.code.semantics.inference.interface import Knowledge
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.kinds import UNKNOWN, Value, one_of
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Attribute, Node
from forge_doctor.code.syntax.stubs import is_test_path
from forge_doctor.finding import Confidence

STATES = ("state", "ctx")
MOST_SET = 32  # of one name in a file


def state_value(knows: Knowledge, node: Attribute) -> Value:
    """What an attribute of something called `state` or `ctx` was set to."""
    if state_word(node.value) not in STATES:
        return UNKNOWN
    values = [knows.value_of(one) for one in _set_to(knows, node)]
    if not values:
        return UNKNOWN
    return one_of(values).at_most(Confidence.MEDIUM, f"what the project sets `{state_word(node.value)}.{node.attr}` to")


def set_before(knows: Knowledge, node: Attribute) -> Value:
    """What the same function surely gave the attribute before: `self.app.database = Database()`, of an `app` that nobody
    knows."""
    function = node.function
    known = knows.scopes(node.file).attribute_assignments.get(node.attr, ())
    if function is None or not known or len(known) > MOST_SET:
        return UNKNOWN
    root = node.text.partition(".")[0]
    before = [one for one in known if one.end < node.start and one.function is function and node.text in _targets(one)]
    last = max(before, key=lambda one: one.end, default=None)
    if last is None or last.value is None or not always_before(last, node):
        return UNKNOWN
    bound = rb"(?<![\w.])" + re.escape(root).encode() + rb"\s*(?:=[^=]|:=|:\s)"
    if re.search(bound, node.file.data[last.end : node.start]) is not None:
        return UNKNOWN
    return knows.value_of(last.value).at_most(Confidence.MEDIUM, f"set in line {last.line}")


def _targets(assign: Assign) -> list[str]:
    return [one.text for one in assign.targets]


def state_word(node: Node) -> str:
    """The last word of what may be the state of a request or an app."""
    return node.attr if isinstance(node, Attribute) else node.text


def _set_to(knows: Knowledge, node: Attribute) -> Iterator[Node]:
    word = state_word(node.value)
    setters = _setters(knows).get(node.attr, ())
    # What a test sets is often a mock, and of the largest files: no application gets it.
    if not _is_of_test(knows, node.file.absolute):
        setters = tuple(path for path in setters if not _is_of_test(knows, path)) or setters
    for path in setters:
        file = knows.open(path, node.file)
        for assign in [] if file is None else knows.scopes(file).attribute_assignments.get(node.attr, []):
            on_state = any(isinstance(one, Attribute) and state_word(one.value) == word for one in assign.targets)
            if on_state and assign.value is not None:
                yield assign.value


def _is_of_test(knows: Knowledge, path: Path) -> bool:
    return is_test_path(str(path).removeprefix(str(knows.root)))


@kept_for_the_run
def _setters(knows: Knowledge) -> dict[str, tuple[Path, ...]]:
    """The files that set each name."""
    found: dict[str, tuple[Path, ...]] = {}
    for path, surface in knows.surfaces.items():
        for name in surface.state_names:
            found[name] = (*found.get(name, ()), path)
    return found
