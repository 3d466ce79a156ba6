"""What a function gives back may tell that it has committed: `if await remove(db, key):`, where it commits before it returns
True; reads no value but a constant."""

from __future__ import annotations

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Await, Call, Constant, FunctionDef, If, Node, Raise, Return, UnaryOp
from forge_doctor.lint.dataflow.sessions.transactions import calls_between, calls_named


def has_ended_by(project: Project, opener: Call, place: Node) -> bool:
    """Whether a place is only reached where what the opener gave back tells that its transaction has ended."""
    function = project.called(opener) if needs_it_true(opener, place) else None
    return function is not None and commits_before_true(function)


def needs_it_true(opener: Call, place: Node) -> bool:
    """Whether the opener is the test of an `if`, and must have given something true for the place to be reached."""
    test: Node = opener.parent if isinstance(opener.parent, Await) else opener
    is_negated = isinstance(test.parent, UnaryOp) and test.parent.is_not
    if is_negated and test.parent is not None:
        test = test.parent
    branch = test.parent
    if not isinstance(branch, If) or branch.test is not test:
        return False
    chosen = branch.orelse if is_negated else branch.body
    leaves = is_negated and not branch.orelse and isinstance(branch.body[-1], Return | Raise)
    return any(one.contains(place) for one in chosen) or (leaves and branch.end < place.start)


def commits_before_true(function: FunctionDef) -> bool:
    """Whether each `return` gives a constant, and each of those that are true stands behind a commit, with nothing awaited
    between the two."""
    truths = [(one, truth_of(one)) for one in function.find(Return, nested=False)]
    chosen = [one for one, truth in truths if truth]
    is_told = bool(chosen) and all(truth is not None for _, truth in truths)
    return is_told and all(ends_before(function, one) for one in chosen)


def truth_of(given: Return) -> bool | None:
    """Of a constant."""
    value = given.value
    if value is None:
        return False
    return value.text not in ("None", "False", "0") if isinstance(value, Constant) else None


def ends_before(function: FunctionDef, place: Node) -> bool:
    """Whether a commit always stands before it, and no call that is awaited between the two."""
    for commit in calls_named(function, ("commit",), function.start, place.start):
        behind = calls_between(function, commit.end, place.start)
        if always_before(commit, place) and not any(isinstance(one.parent, Await) for one in behind):
            return True
    return False
