"""Objects that a plain session's legacy query loads: `session.query(Order).filter(...).first()`; follows no query by a name."""

from __future__ import annotations

from forge_doctor.code.orm.query_chain import SHARED
from forge_doctor.code.orm.statements import Sql
from forge_doctor.code.semantics.library.kinds import words
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Call, Name
from forge_doctor.finding import Confidence
from forge_doctor.lint.dataflow.objects.loaded_objects import Loaded, Shape

ONE = words("first one one_or_none get")
FETCHING = ONE | {"all"}


def fetched(project: Project, call: Call) -> Loaded | None:
    """What the last call of such a chain gives."""
    if call.method not in FETCHING:
        return None
    query = call.receiver
    while isinstance(query, Call) and query.method in SHARED:
        query = query.receiver
    if not isinstance(query, Call) or query.method != "query" or query.receiver is None or len(query.args) != 1:
        return None
    value = project.known(query.receiver)
    if not value.kind.is_sync_session or value.confidence is Confidence.LOW or not isinstance(query.args[0], Name):
        return None
    model = project.model_of(query.args[0])
    if model is None:
        return None
    shape = Shape.OBJECT if call.method in ONE else Shape.MANY
    sql = Sql(verb="select", entities=query.args, parts=(call,))
    return Loaded(model=model, sql=sql, shape=shape, session=query.receiver, call=call)
