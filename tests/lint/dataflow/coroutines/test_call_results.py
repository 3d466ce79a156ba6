"""Tests of what is asked of a call that nobody knows, and of its awaited twin."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Node
from forge_doctor.code.syntax.source import parse
from forge_doctor.lint.dataflow.coroutines.call_results import awaited_twin

HEAD = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def main(orders, db: AsyncSession):\n"


@pytest.mark.parametrize(
    ("lines", "twin"),
    [
        ("    await orders.store(db)\n    orders.store(db)\n", 5),
        ("    orders.store(db)\n    await orders.store(1)\n    await orders.store(other=db)\n", 7),
        ("    orders.store(1)\n    await orders.store(db)\n", None),
        ("    orders.store(db)\n    await orders.store(1)\n", None),
        ("    orders.store(db)\n    await others.store(db)\n", None),
        ("    orders.store(db)\n", None),
    ],
)
def test_the_twin_is_written_the_same_awaited_and_given_a_session(lines: str, twin: int | None) -> None:
    file = parse(HEAD + lines)
    call = next(file.calls("store", awaited=False))
    found = awaited_twin(Project(Path("/nowhere")), call)
    assert (None if found is None else found.line) == twin


@pytest.mark.parametrize(("awaited", "most"), [(0, 0), (1, 1)])
def test_what_a_call_is_given_is_asked_only_where_one_like_it_is_awaited(
    awaited: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At most once for each argument of either, however many calls there are of another object."""
    asked: list[str] = []
    known = Project.known
    monkeypatch.setattr(Project, "known", lambda self, node: asked.append(node.text) or known(self, node))
    file = parse(HEAD + "    orders.store(db)\n" + "    await orders.store(db)\n" * awaited + "    o.store(db)\n" * 50)
    project = Project(Path("/nowhere"))
    found: list[Node | None] = [awaited_twin(project, one) for one in file.calls("store", awaited=False)]
    assert sum(one is not None for one in found) == most
    assert len(asked) == 2 * most
