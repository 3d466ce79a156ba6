"""Which function a call of a method runs that an abstract class or a Protocol only declares: the one that implements it,
where the project has one alone. Of two implementations it says nothing, whichever is the usual one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run, kept_with_trees
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, ClassDef, FunctionDef
from forge_doctor.code.syntax.stubs import is_declaration, is_double, is_protocol, is_test_path

MOST_FILES = 12  # with an async function of the name: a common one tells nothing


def function_run(project: Project, call: Call) -> FunctionDef | None:
    """The function of the project that a call runs, through a declaration to what implements it."""
    function = project.called(call)
    return function if function is None or not may_be_declared(function) else implementation(project, function)


def may_be_declared(function: FunctionDef) -> bool:
    """Cheap: whether it is an asynchronous method without code of its own."""
    return function.is_async and function.is_method and is_declaration(function)


@kept_with_trees
def implementation(project: Project, declared: FunctionDef) -> FunctionDef:
    """The one method that implements a declaration; the declaration itself where there is none, or more than one."""
    found = list(_implementations(project, declared))
    return found[0] if len(found) == 1 else declared


def _implementations(project: Project, declared: FunctionDef) -> Iterator[FunctionDef]:
    paths = files_defining(project).get(declared.name, ())
    above = b"" if declared.class_ is None else declared.class_.name.encode()
    for path in paths if len(paths) <= MOST_FILES else ():
        file = project.open(path, declared.file)
        # Who fits a Protocol by chance does not name it.
        for function in () if file is None or not file.mentions(above) else project.scopes(file).functions:
            owner = function.owner
            if function.name != declared.name or not isinstance(owner, ClassDef) or owner is declared.owner:
                continue
            if not is_declaration(function) and not is_double(owner) and implements(project, owner, declared):
                yield function


def implements(project: Project, class_: ClassDef, declared: FunctionDef) -> bool:
    """Whether a class is derived from that of a declaration, or has all methods of a Protocol."""
    above = declared.owner
    if not isinstance(above, ClassDef):
        return False
    if any(base.inner.definition is above for base in project.bases(class_)[1:]):
        return True
    if not is_protocol(above) or is_protocol(class_):
        return False
    own = {one.name: one for one in class_.methods}
    wanted = [one for one in above.methods if not one.name.startswith("__")]
    return all(one.name in own and own[one.name].param_names == one.param_names for one in wanted)


@kept_for_the_run
def files_defining(project: Project) -> dict[str, tuple[Path, ...]]:
    """The files, but those of tests, with an `async def` of a name."""
    found: dict[str, list[Path]] = {}
    for path, surface in project.surfaces.items():
        if not is_test_path(project.reading.name(path)):
            for name in surface.async_names:
                found.setdefault(name, []).append(path)
    return {name: tuple(paths) for name, paths in found.items()}
