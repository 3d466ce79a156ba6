"""Objects that code makes and saves, instead of loading them."""

from __future__ import annotations

from forge_doctor.code.orm.statements import Sql
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Call, Name, Sequence
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.sessions.transactions import calls_named, is_awaited

ADDING = ("add", "add_all")
SAVING = ("commit", "flush", "refresh")


def saved(project: Project, name: Name, binding: Binding) -> Loaded | None:
    """An object that was made under a name and has been saved where that name stands: added, and flushed since."""
    node, function = binding.node, name.function
    made = node.value if isinstance(node, Assign) and not binding.path else None
    if function is None or not isinstance(made, Call) or not name.file.mentions(b".add"):
        return None
    added = next((one for one in calls_named(function, ADDING, made.end, name.start) if adds(one, name.id)), None)
    if added is None or added.receiver is None or project.value_of(made.func).kind is not Kind.CLASS:
        return None
    session = added.receiver
    model = project.model_of(made.func)
    if model is None or not any(
        one.receiver is not None
        and one.receiver.text == session.text
        and is_awaited(one)  # a plain Session loads on access, and may
        and always_before(one, name)
        for one in calls_named(function, SAVING, added.end, name.start)
    ):  # fmt: skip
        return None
    sql = Sql(verb="insert", parts=(made,), understood=True)
    return Loaded(model=model, sql=sql, shape=Shape.OBJECT, session=session, call=made, is_made=True)


def adds(call: Call, name: str) -> bool:
    """Whether it is `session.add(name)` or `session.add_all([..., name])`."""
    if call.method == "add" and call.receiver is not None:
        return [one.text for one in call.args] == [name]
    listed = call.args[0] if call.method == "add_all" and call.args else None
    return isinstance(listed, Sequence) and any(one.text == name for one in listed.elts)
