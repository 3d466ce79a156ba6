"""Which of several bindings of a name, or of several values, tells what it holds."""

from __future__ import annotations

from collections.abc import Iterable

from forge_doctor.code.semantics.inference.models import Model
from forge_doctor.code.semantics.inference.narrowing import TOLD
from forge_doctor.code.semantics.library.kinds import Kind
from forge_doctor.code.semantics.names.bindings import Binding
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Call, ClassDef, ComprehensionFor, For, Name, Node, Starred, Tuple


def got_or_made(project: Project, bindings: Iterable[Binding]) -> Binding | None:
    """What loads the object, where each other binding makes one instead: `if user is None: user = User()`."""
    loading: list[Binding] = []
    made: set[ClassDef] = set()
    for one in bindings:
        value = one.node.value if isinstance(one.node, Assign) and not one.path else None
        model = project.model_of(value.func) if isinstance(value, Call) else None
        if model is not None and isinstance(value, Call) and project.value_of(value.func).kind is Kind.CLASS:
            made.add(model.class_)
        else:
            loading.append(one)
    return loading[0] if len(loading) == 1 and len(made) == 1 else None


def narrowed(project: Project, name: Name, model: Model) -> Model:
    """The subclass that `isinstance` says an object is of; else its model."""
    if not name.file.mentions(b"isinstance(") or project.value_of(name).why != TOLD:
        return model
    told = project.model_of(name)
    lineage = () if told is None else project.bases(told.class_)
    return told if told is not None and any(one.inner.definition is model.class_ for one in lineage) else model


def is_of_model(project: Project, node: Node, model: Model) -> bool:
    """Whether a name holds an object of the model, by its annotation or its class."""
    own = project.model_of(node) if isinstance(node, Name) else None
    return own is not None and own.class_ is model.class_


def keyed_by(walk: For | ComprehensionFor) -> Node | None:
    """The dict whose keys and values a loop walks over: `for name, user in users.items()`."""
    call = walk.iter
    is_pairs = isinstance(call, Call) and call.method == "items" and not call.args and not walk.is_async
    return call.receiver if is_pairs and isinstance(call, Call) else None


def values_at(values: list[Node], place: int) -> list[Node]:
    """What stands at one place of each of several tuples, without what is an empty list; the tuple itself where nobody can tell."""
    found = []
    for value in values:
        parts = value.elts if isinstance(value, Tuple) else ()
        is_plain = place < len(parts) and not any(isinstance(one, Starred) for one in parts)
        found.append(parts[place] if is_plain else value)
    return [one for one in found if one.text not in ("[]", "None")]
