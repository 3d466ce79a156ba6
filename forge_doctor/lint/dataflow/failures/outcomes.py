"""How a `try` has ended, as the code behind it can know: by a name that one of its ways alone binds, or by a handler that is
never left at its end; evaluates no condition."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import leaves
from forge_doctor.code.syntax.nodes import (
    Assign,
    Await,
    Call,
    Expr,
    For,
    FunctionDef,
    If,
    Name,
    NamedExpr,
    Node,
    Raise,
    Return,
    Subscript,
    Try,
    While,
    With,
)
from forge_doctor.regex import regex

# What ends the program or the test where it is called.
EXITS = frozenset({"sys.exit", "exit", "quit", "os._exit", "os.abort", "pytest.fail", "pytest.skip", "pytest.exit"})
NEVER = regex(r"\b(?:NoReturn|Never)\b")
COLLECTING = frozenset({"append", "add", "extend"})


def is_asked_for(statement: Try | With, call: Call, used: Call) -> bool:
    """Whether a condition on the way to `used` asks how the `try` around `call` has ended.

    The condition stands around `used`, or before it with a way out: `if failed: return`.
    """
    function = call.function
    told = "|".join(sorted({re.escape(name) for name in _names_of_one_way(statement, call)}))
    if not told or function is None:
        return False
    word = re.compile(rf"(?<![\w.])(?:{told})\b")
    asked: tuple[If | While, ...] = (*function.find(If, nested=False), *function.find(While, nested=False))
    return any(
        word.search(one.test.text) is not None
        for one in asked
        if not one.contains(statement) and (one.contains(used) or _leaves_between(one, statement, used))
    )


def _leaves_between(asked: Node, statement: Try | With, used: Call) -> bool:
    """Whether a condition with a way out is passed between the two, in the loop around both where `used` is its next step."""
    if not isinstance(asked, If) or not (leaves(asked.body) or leaves(asked.orelse)):
        return False
    if used.start >= statement.end:
        return statement.end <= asked.start and asked.end <= used.start
    loops = (one for one in statement.ancestors if isinstance(one, For | While))
    loop = next((one for one in loops if one.contains(used)), None)
    return loop is not None and loop.contains(asked) and (asked.start >= statement.end or asked.end <= used.start)


def _names_of_one_way(statement: Try | With, call: Call) -> Iterator[str]:
    """What a handler binds or collects, and what the rest of the `try` binds once the call has succeeded."""
    binding: tuple[Assign | NamedExpr, ...] = (
        *statement.find(Assign, nested=False),
        *statement.find(NamedExpr, nested=False),
    )
    for bound in binding:
        target = bound.target.value if isinstance(bound.target, Subscript) else bound.target
        if bound.end >= call.end:
            yield target.text
    for handler in statement.handlers if isinstance(statement, Try) else ():
        for one in handler.find(Call, nested=False):
            if one.method in COLLECTING and isinstance(one.receiver, Name):
                yield one.receiver.text


def is_never_passed(project: Project, body: tuple[Node, ...]) -> bool:
    """Whether one of a block's statements is a call that does not come back: of `sys.exit`, of what is annotated `NoReturn`,
    of a function of the project whose last statement raises."""
    for statement in body:
        value = statement.value if isinstance(statement, Expr) else None
        value = value.value if isinstance(value, Await) else value
        if isinstance(value, Call) and (value.func.text in EXITS or _never_returns(project.called(value))):
            return True
    return False


def _never_returns(function: FunctionDef | None) -> bool:
    if function is None or not function.body:
        return False
    if function.returns is not None and NEVER.search(function.returns.text) is not None:
        return True
    return isinstance(function.body[-1], Raise) and not any(function.find(Return, nested=False))
