"""Whether a session that is annotated `Session` is an AsyncSession all the same: by its project, its module, its callers."""

from __future__ import annotations

from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.library.methods import TELLING
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_contents
from forge_doctor.code.syntax.nodes import Attribute, Call, ClassDef, FunctionDef, Name, Node, Param
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.use_def import is_read
from forge_doctor.regex import regex

AWAITED = regex(rb"await\s[\s(]*(\w+)\s*\.\s*(?:" + "|".join(sorted(TELLING)).encode() + rb")\b")
# What makes a synchronous engine or session; an old factory of async ones says so among its arguments.
SYNC_MAKERS = (
    regex(rb"(?<![\w])create_engine\s*\("),
    regex(rb"\bengine_from_config\s*\("),
    regex(rb"\bscoped_session\s*\("),
    # Nobody enters a factory as it is made: `async with sessionmaker() as db` has one in a variable of that name.
    regex(rb"(?<![\w])(?<!self\.)(?<!with )sessionmaker\s*\((?![^)]{0,300}\bAsyncSession\b)"),
)


def is_contradicted(project: Project, receiver: Node) -> bool:
    """Whether what is said of the session by its annotation is not to be believed."""
    if has_async_engines_alone(project) or any(True for _ in awaited_though_sync(project, receiver.file)):
        return True
    return _is_given_async(project, receiver)


@kept_for_the_run
def has_async_engines_alone(project: Project) -> bool:
    """Whether the project makes async engines and no other: then nothing in it can be a Session but inside `run_sync`."""
    has_async = False
    for data in marked_contents(project, Mark.ENGINES):
        if any(one.search(data) is not None for one in SYNC_MAKERS):
            return False
        has_async = has_async or b"create_async_engine" in data
    return has_async


def awaited_though_sync(project: Project, file: SourceFile) -> tuple[tuple[Param, frozenset[str]], ...]:
    """The parameters annotated with a sync session of which something is awaited, and what; found once."""
    found: tuple[tuple[Param, frozenset[str]], ...] | None = file.kept.get(awaited_though_sync)
    if found is None:
        names = {match.group(1).decode() for match in AWAITED.finditer(file.data)}
        params = [one for one in file.query(Param) if one.name in names] if names else []
        told = ((one, _awaited(project, one)) for one in params)
        found = file.kept[awaited_though_sync] = tuple((one, awaited) for one, awaited in told if awaited)
    return found


def _awaited(project: Project, param: Param) -> frozenset[str]:
    """What is awaited of a parameter whose annotation says that nothing of it can be."""
    function, annotation = param.function_of, param.annotation
    if function is None or annotation is None or not function.is_async:
        return frozenset()
    declared = project.annotated(annotation, function)
    if not declared.kind.is_sync_session or declared.definition is not None:
        return frozenset()
    read = next((one for one in function.find(Name) if one.text == param.name and is_read(one)), None)
    evidence = project.evidence(read) if read is not None else None
    if evidence is None or evidence.plain & TELLING:
        return frozenset()
    return frozenset(evidence.awaited & TELLING)


def _is_given_async(project: Project, receiver: Node) -> bool:
    """Whether a call in the same file hands an AsyncSession over for it."""
    function, name = receiver.function, receiver.text
    if isinstance(receiver, Attribute) and function is not None and function.is_method:
        class_ = function.owner
        function = project.method(class_, "__init__") if isinstance(class_, ClassDef) else None
        name = receiver.attr.lstrip("_")
        if function is None or not isinstance(class_, ClassDef) or function.file is not receiver.file:
            return False
        return any(_gives_async(project, function, name, call) for call in receiver.file.calls(class_.name))
    if function is None or function.param(name) is None:
        return False
    return any(
        _gives_async(project, function, name, call)
        for call in receiver.file.calls(function.name)
        if project.called(call) is function
    )


def _gives_async(project: Project, function: FunctionDef, name: str, call: Call) -> bool:
    if name not in function.param_names:
        return False
    given = function.argument(call, name)
    value = None if given is None else project.known(given)
    return value is not None and value.kind.is_async_session and value.confidence > Confidence.LOW
