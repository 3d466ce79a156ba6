"""The function of the project that a coroutine is made by; does not say whether anything runs it."""

from __future__ import annotations

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, FunctionDef, Node


def function_of_coroutine(project: Project, coroutine: Node) -> FunctionDef | None:
    """The function that is called, or that is only named where another calls it: `load` of `map(load, ids)`, of
    `anyio.run(load)`. A plain function is one of them: it may give back the coroutine of another."""
    if isinstance(coroutine, Call):
        return project.called(coroutine)
    definition = project.value_of(coroutine).definition
    return definition if isinstance(definition, FunctionDef) else None
