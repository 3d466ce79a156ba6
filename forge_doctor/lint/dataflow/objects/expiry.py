"""Whether a session's objects expire at commit: follows a session to the call that makes it; guesses no default."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run, kept_with_trees
from forge_doctor.code.semantics.library.kinds import Kind, Value
from forge_doctor.code.semantics.library.symbols import DEPENDS
from forge_doctor.code.semantics.names.bindings import Binding, How
from forge_doctor.code.semantics.names.outline import making_places
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import making_files
from forge_doctor.code.syntax.kept_with_file import kept_with_file
from forge_doctor.code.syntax.nodes import (
    Assign,
    Call,
    FunctionDef,
    Name,
    Node,
    Param,
    Return,
    Statement,
    Subscript,
    WithItem,
    Yield,
)
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence
from forge_doctor.regex import regex

CONFIGURED = regex(rb"configure\s{0,9}\([^)]{0,400}expire_on_commit")
MADE = ("async_sessionmaker", "sessionmaker", "AsyncSession")
MAX_DEPTH = 10


class Expiry(NamedTuple):
    """Objects expire at commit because of `maker`, the call that makes the session or its factory."""

    maker: Call
    confidence: Confidence


def maker_kind(project: Project, call: Call) -> Value | None:
    """What a call makes, if it is an async factory or session that the library's own class makes."""
    value = project.value_of(call)
    if value.kind not in (Kind.ASYNC_FACTORY, Kind.ASYNC_SESSION) or value.definition is not None:
        return None
    class_ = project.value_of(call.func.value if isinstance(call.func, Subscript) else call.func)
    if class_.kind is not Kind.CLASS or class_.inner.definition is not None or class_.confidence < Confidence.HIGH:
        return None
    if class_.inner.kind is Kind.ASYNC_SCOPED:
        return None
    made = call.keyword("class_")
    if made is not None and project.value_of(made).inner.definition is not None:
        return None  # a class of the project's own may have a default of its own
    return value


def expires(call: Call) -> bool | None:
    """Whether a maker leaves `expire_on_commit` on; None where it cannot be read."""
    if any(not one.name for one in call.keywords):
        return None
    given = call.keyword("expire_on_commit")
    return True if given is None else {"True": True, "False": False}.get(given.text)


def expiry_of(project: Project, session: Node) -> Expiry | None:
    """Why the objects of a session expire at commit; None where they do not, or nobody knows."""
    maker = maker_of(project, session)
    if maker is not None:
        known = expires(maker) and not is_configured(maker)
        return Expiry(maker=maker, confidence=Confidence.HIGH) if known else None
    # Tests make sessions of their own.
    makers = () if is_test_file(session.file) else makers_of(project)
    if makers and all(expires(one) and not is_configured(one) for one in makers):
        return Expiry(maker=makers[0], confidence=Confidence.MEDIUM)
    return None


def is_configured(maker: Call) -> bool:
    """Whether the file sets the option later: `Factory.configure(expire_on_commit=False)`."""
    return _configures(maker.file)


@kept_with_file
def _configures(file: SourceFile) -> bool:
    return CONFIGURED.search(file.data) is not None


@kept_for_the_run
def may_expire(project: Project) -> bool:
    """Whether any call of the project may make sessions that leave the option on, told without following a name."""
    files = (project.open_for_all(path) for path in making_files(project))
    return any(expires(call) for file in files if file is not None for call in making_calls(file))


@kept_with_trees
def makers_of(project: Project) -> tuple[Call, ...]:
    """Every call of the project outside its tests that makes an async factory, or a session without one."""
    found: list[Call] = []
    for path in making_files(project):
        file = project.open_for_all(path)
        if file is not None and not is_test_file(file):
            found += [call for call in making_calls(file) if maker_kind(project, call)]
    return tuple(found)


def making_calls(file: SourceFile) -> Iterator[Call]:
    """Calls of something by the name of a factory's class, a subscript behind it or not."""
    for place in sorted(making_places(file.data)):
        node = file.node_at(place)
        while node is not None and not isinstance(node, Call | Statement):
            node = node.parent
        if isinstance(node, Call) and called_name(node) in MADE:
            yield node


def called_name(call: Call) -> str:
    """`async_sessionmaker` in `async_sessionmaker[AsyncSession](...)` too."""
    func = call.func
    return func.value.text.rpartition(".")[2] if isinstance(func, Subscript) else call.method


# -- from a session to what made it


def maker_of(project: Project, node: Node, depth: int = 0) -> Call | None:
    """The call that makes the factory (or, without one, the session) an expression comes from; answered once for each
    expression and depth."""
    if depth > MAX_DEPTH:
        return None
    known: dict[tuple[Node, int], Call | None] = node.file.kept.setdefault(maker_of, {})
    if (node, depth) not in known:
        known[(node, depth)] = _maker_of(project, node, depth)
    return known[(node, depth)]


def _maker_of(project: Project, node: Node, depth: int) -> Call | None:
    if isinstance(node, Call):
        return _made_by_call(project, node, depth)
    if isinstance(node, Name):
        binding = _binding(project, node)
        return None if binding is None else _made_by_binding(project, binding, depth)
    return None


def _binding(project: Project, name: Name) -> Binding | None:
    scopes = project.scopes(name.file)
    found = scopes.lookup(name.id, name)
    if found is None:
        return None
    bindings = reaching(found[1], name) if found[0] is scopes.of(name) else found[1]
    return bindings[0] if len(bindings) == 1 else None


def _made_by_binding(project: Project, binding: Binding, depth: int) -> Call | None:
    node = binding.node
    if binding.how is How.IMPORT:
        target = project.target(binding, node.file)
        known = target.binding is not None and target.binding.how is How.ASSIGN
        return _made_by_binding(project, target.binding, depth + 1) if known and target.binding else None
    if binding.path:
        return None
    if isinstance(node, WithItem):
        return maker_of(project, node.value, depth + 1)
    if isinstance(node, Assign) and node.value is not None:
        return maker_of(project, node.value, depth + 1)
    if isinstance(node, Param):
        provider = provider_of(project, node)
        return None if provider is None else _made_by_function(project, provider, depth + 1)
    return None


def _made_by_call(project: Project, call: Call, depth: int) -> Call | None:
    if maker_kind(project, call) is not None and called_name(call) in MADE:
        return call
    if call.method == "begin" and call.receiver is not None:
        return maker_of(project, call.receiver, depth + 1)
    func = project.value_of(call.func)
    if func.kind is Kind.ASYNC_FACTORY:
        return maker_of(project, call.func, depth + 1)
    if func.kind is Kind.FUNCTION and isinstance(func.definition, FunctionDef):
        return _made_by_function(project, func.definition, depth + 1)
    return None


def _made_by_function(project: Project, function: FunctionDef, depth: int) -> Call | None:
    given: list[Node | None] = [one.value for one in function.find(Yield, nested=False)]
    given = given or [one.value for one in function.find(Return, nested=False)]
    makers = {None if one is None else maker_of(project, one, depth) for one in given}
    return next(iter(makers)) if len(makers) == 1 else None


def provider_of(project: Project, param: Param) -> FunctionDef | None:
    """The function of `Depends(function)`, in the default, the annotation, or the alias it names."""
    depends = [one for one in (param.default,) if isinstance(one, Call)]
    annotation = param.annotation
    if isinstance(annotation, Name):
        annotation = _alias(project, annotation)
    if isinstance(annotation, Subscript):
        depends += [one for one in annotation.items if isinstance(one, Call)]
    for call in depends:
        if call.method in DEPENDS and call.args:
            function = project.value_of(call.args[0]).definition
            return function if isinstance(function, FunctionDef) else None
    return None


def _alias(project: Project, name: Name) -> Node | None:
    found = project.scopes(name.file).lookup(name.id, name)
    if found is None:
        return None
    target = project.target(found[1][-1], name.file)
    node = None if target.binding is None else target.binding.node
    return getattr(node, "value", None)
