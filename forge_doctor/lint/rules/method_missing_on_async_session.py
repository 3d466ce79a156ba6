"""A method of Session is called that AsyncSession does not have.

Why: the bulk methods of the legacy API were left out of AsyncSession, as `query` was: AttributeError the first time the
line runs. The 2.0 form is `session.execute(insert(Model), rows)`, or `add_all` for objects.

Bad:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, users):
        db.bulk_save_objects(users)
        await db.commit()

Good:

    from sqlalchemy.ext.asyncio import AsyncSession

    async def save(db: AsyncSession, users):
        db.add_all(users)
        await db.commit()

Wrong when: a subclass of the project defines the method or answers any name, the code asks with `hasattr`, or the session is
    the synchronous one inside `run_sync`.
Source: https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html#sqlalchemy.ext.asyncio.AsyncSession (the methods of
    Session that AsyncSession lacks, compared for 2.0.30 and 2.1.9)
"""

from __future__ import annotations

from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.semantics.inference.kept_answers import kept_for_the_run
from forge_doctor.code.semantics.names.marks import Mark
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.semantics.project_outline import marked_files
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_mocked
from forge_doctor.finding import Confidence, Finding, Severity
from forge_doctor.lint.dataflow.sessions.own_methods import may_have

SUSPECT = WordsThen(
    rb"\.\s*(?:bulk_\w+|enable_relationship_loading|prepare|exec)\s*\(",
    *(b"bulk_", b"enable_relationship_loading", b"prepare", b"exec"),
)
LINE_DOES = ("queries",)
INSTEAD = {
    "bulk_save_objects": "add_all(objects)",
    "bulk_insert_mappings": "await {name}.execute(insert(Model), rows)",
    "bulk_update_mappings": "await {name}.execute(update(Model), rows)",
    "enable_relationship_loading": "await {name}.run_sync(lambda sync: sync.enable_relationship_loading(row))",
    "exec": "await {name}.execute(statement), or sqlmodel.ext.asyncio.session.AsyncSession, also as class_= of the factory",
    "prepare": "await {name}.run_sync(lambda sync: sync.prepare())",
}


@check(severity=Severity.ERROR)
def method_missing_on_async_session(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at every call of one of those methods."""
    for call in file.calls(*INSTEAD):
        receiver = call.receiver
        if receiver is None or is_mocked(receiver):
            continue
        value = project.known(receiver)
        if not value.kind.is_async_session or value.confidence is not Confidence.HIGH:
            continue
        if may_have(project, value, call):
            continue
        if call.method == "exec" and has_sqlmodel_session(project):
            continue
        mend = INSTEAD[call.method].format(name=receiver.text)
        yield file.finding(
            method_missing_on_async_session,
            call,
            f"`{receiver.text}` is {value.label}, which has no `{call.method}`: the line fails with AttributeError",
            confidence=Confidence.HIGH,
            remedy=mend if mend.startswith("await") else f"{receiver.text}.{mend}",
        )


@kept_for_the_run
def has_sqlmodel_session(project: Project) -> bool:
    """Whether a file of the project names the session class of SQLModel, which has `exec()`."""
    return bool(marked_files(project, Mark.SQLMODEL))
