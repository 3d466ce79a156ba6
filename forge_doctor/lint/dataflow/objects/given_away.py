"""Objects that a function of the project returns after a commit has emptied them, and what their takers read of them."""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Attribute, Await, Call, FunctionDef, Name, Return
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.expired_reads import (
    ExpiredRead,
    attributes_read,
    binding_before,
    is_filled,
    is_lost,
    may_be_used,
    model_in,
    names_behind,
)
from forge_doctor.lint.dataflow.objects.expiring import Why, causes
from forge_doctor.lint.dataflow.objects.expiry import expiry_of
from forge_doctor.lint.dataflow.objects.loaded import loaded


def reads_of_given(file: SourceFile, project: Project) -> Iterator[ExpiredRead]:
    """Reads of what an `async def` of the project has given away expired: `user = await register()`."""
    for assign in file.query(Assign):
        function, value = assign.function, assign.value
        call = value.value if isinstance(value, Await) and isinstance(assign.target, Name) else None
        if function is None or not function.is_async or not isinstance(call, Call):
            continue
        giver = project.value_of(call).definition
        left = left_expired(project, giver) if isinstance(giver, FunctionDef) else None
        if left is None or not isinstance(giver, FunctionDef):
            continue
        given = left.cause._replace(statement=assign)
        seen: set[str] = set()
        for name in names_behind(function, given):
            text = (name.parent or name).text if isinstance(name.parent, Attribute) else name.text
            if name.text != assign.target.text or text in seen or not may_be_used(project, name):
                continue
            bound = binding_before(project, name, given)
            attributes, is_sure = attributes_read(project, name, left.model)
            lost = is_lost(project, left.model, attributes)
            if bound is assign and lost and always_before(assign, name) and not is_filled(function, given, name):
                seen.add(text)
                sure = left.confidence if is_sure else Confidence.LOW
                yield left._replace(
                    name=name, attributes=tuple(sorted(lost)), confidence=min(sure, Confidence.MEDIUM), given_by=giver
                )


def left_expired(project: Project, function: FunctionDef) -> ExpiredRead | None:
    """The object that a function returns, where a commit has emptied it by then; worked out once."""
    known: dict[FunctionDef, ExpiredRead | None] = function.file.kept.setdefault(left_expired, {})
    if function not in known:
        known[function] = None
        known[function] = _left_expired(project, function)
    return known[function]


def _left_expired(project: Project, function: FunctionDef) -> ExpiredRead | None:
    data = function.file.data[function.start : function.end]
    if b".commit(" not in data and b".begin(" not in data:
        return None
    returns = [one.value for one in function.find(Return, nested=False)]
    values = [one for one in returns if one is not None and one.text != "None"]
    if not function.is_async or len(values) != 1 or not isinstance(values[0], Name):
        return None
    name = values[0]
    for cause in causes(function.file, project):
        if cause.node.function is not function or cause.why not in (Why.COMMIT, Why.BLOCK):
            continue
        # The way out of a block commits.
        inside = cause.why is Why.BLOCK and cause.statement.contains(name)
        bound = binding_before(project, name, cause)
        if bound is None or not (
            inside or (always_before(cause.statement, name) and not is_filled(function, cause, name))
        ):
            continue
        model = model_in(project, function, cause, name, bound, loaded(project, name))
        expiry = None if model is None else expiry_of(project, cause.session)
        if model is not None and expiry is not None:
            return ExpiredRead(cause, name, model, (), min(cause.confidence, expiry.confidence), expiry)
    return None
