"""Results and surfaces as plain JSON values and back."""

from __future__ import annotations

from typing import Any

from forge_doctor.code.semantics.names.mentions import Mention
from forge_doctor.code.semantics.names.outline import NOTHING, Surface
from forge_doctor.kept_results.plain_findings import finding_from, plain_finding
from forge_doctor.lint.cache.file_result import FileResult


def plain_surface(surface: Surface) -> list[Any]:
    """Nothing of most files."""
    mentions = [[one.by, one.name, one.offset] for one in surface.mentions]
    plain: list[Any] = [
        list(surface.async_names), list(surface.relationships), surface.makes_factory, mentions,
        list(surface.state_names), list(surface.data_access_names), list(surface.packages), list(surface.models),
        list(surface.ending_names), list(surface.giving_names), surface.has_async_sessions,
        [[str(mark), detail] for mark, detail in surface.marks],
    ]  # fmt: skip
    return plain if any(plain) else []


def is_plain_surface(plain: object) -> bool:
    """Whether it is one by its outer form."""
    flags = (2, 10)
    return isinstance(plain, list) and (
        not plain
        or (len(plain) == 12 and all(isinstance(one, bool if at in flags else list) for at, one in enumerate(plain)))
    )


def surface_from(plain: list[Any]) -> Surface:
    """The surface again."""
    if not plain:
        return NOTHING
    names, relationships, makes_factory, mentions, state_names, access, packages, models, *others = plain
    ending, giving, is_async, marks = others
    return Surface(
        async_names=tuple(names),
        relationships=tuple(relationships),
        makes_factory=makes_factory,
        mentions=tuple(Mention(by, name, offset) for by, name, offset in mentions),
        state_names=tuple(state_names),
        data_access_names=tuple(access),
        packages=tuple(packages),
        models=tuple(models),
        ending_names=tuple(ending),
        giving_names=tuple(giving),
        has_async_sessions=is_async,
        marks=tuple((mark, detail) for mark, detail in marks),
    )


def plain_result(result: FileResult) -> list[Any]:
    """Without digests."""
    return [result.path, [plain_finding(one) for one in result.findings]]


def result_from(plain: list[Any], *, is_unmarked: bool) -> FileResult:
    """The result again."""
    path, findings = plain
    found = tuple(finding_from(one) for one in findings)
    return FileResult(path=path, findings=found, is_unmarked=is_unmarked)
