"""Objects that code makes and saves, instead of loading them."""

from __future__ import annotations

import re

from forge_doctor.code.orm.mapped_attributes import column, is_collection
from forge_doctor.code.orm.statements import Sql
from forge_doctor.code.semantics.inference.models import Relationship
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.dominance import always_before
from forge_doctor.code.syntax.nodes import Assign, Call, Name, Sequence
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape
from forge_doctor.lint.dataflow.objects.model_owners import Owner, model_kept
from forge_doctor.lint.dataflow.sessions.transactions import calls_named, is_awaited
from forge_doctor.regex import regex

ADDING = ("add", "add_all")
WORDS = regex(r"\w+")
SAVING = ("commit", "flush", "refresh")


def saved(project: Project, name: Name, binding: Binding, owner: Owner | None = None) -> Loaded | None:
    """An object that was made under a name and has been saved where that name stands: added, and flushed since; `owner` is
    the object whose method makes it, which may keep the class: `self.model(**values)`."""
    node, function = binding.node, name.function
    made = node.value if isinstance(node, Assign) and not binding.path else None
    if function is None or not isinstance(made, Call) or not name.file.mentions(b".add"):
        return None
    added = next((one for one in calls_named(function, ADDING, made.end, name.start) if adds(one, name.id)), None)
    kept = None if added is None or owner is None else model_kept(project, made.func, owner)
    if added is None or added.receiver is None or (kept is None and project.value_of(made.func).kind is not Kind.CLASS):
        return None
    session = added.receiver
    model = kept or project.model_of(made.func)
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


def is_told_to_have_none(project: Project, held: Loaded, relationship: Relationship) -> bool:
    """Whether the one object of a relationship is surely none: nobody gave the new object its key, so that SQLAlchemy reads
    None without a query."""
    if not held.is_made or is_collection(relationship) or held.call.args:
        return False
    declared = relationship.node.value
    said = declared.keyword("foreign_keys") if isinstance(declared, Call) else None
    keys = [f"{relationship.name}_id"] if said is None else WORDS.findall(said.text)
    columns = [column(project, held.model, one) for one in keys if one in held.model.columns]
    if not columns or any(one is None or "default" in one.text for one in columns):
        return False
    function = held.call.function
    text = b"" if function is None else function.file.data[held.call.end : function.end]
    words = b"|".join(re.escape(one.target.text.encode()) for one in columns if one is not None)
    is_set = re.search(rb"\.(?:" + words + rb")\s*=[^=]|\bsetattr\b", text) is not None
    given = {one.name for one in held.call.keywords}
    return not is_set and not given.intersection((*keys, relationship.name, ""))


def adds(call: Call, name: str) -> bool:
    """Whether it is `session.add(name)` or `session.add_all([..., name])`."""
    if call.method == "add" and call.receiver is not None:
        return [one.text for one in call.args] == [name]
    listed = call.args[0] if call.method == "add_all" and call.args else None
    return isinstance(listed, Sequence) and any(one.text == name for one in listed.elts)
