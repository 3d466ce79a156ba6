"""Tests of where the names of imports lead."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.source import SourceFile


def opened(project: Project, folder: Path) -> SourceFile:
    file = project.open(folder / "orders.py")
    assert file is not None
    return file


@pytest.mark.parametrize(
    ("text", "name", "leads_to"),
    [
        ("class Orders:\n    orders = 1\n", "orders", None),
        ("class Orders:\n    pass\n", "other", None),
        ("class Orders:\n    pass\n", "Orders", "Orders"),
        ("from lib import *\n", "orders", "orders"),
        ("from lib import *\n", "other", None),
        ("from lib import orders as given\n", "given", "orders"),
    ],
)
def test_a_name_leads_to_the_same_when_the_trees_were_let_go_of(
    tmp_path: Path, text: str, name: str, leads_to: str | None
) -> None:
    (tmp_path / "orders.py").write_text(text)
    (tmp_path / "lib.py").write_text("def orders(): ...\n")
    project = Project(tmp_path)
    for _ in range(2):
        found = project.export(opened(project, tmp_path), name)
        assert (None if found is None else found.dotted) == leads_to
        assert found is None or found.binding is not None
        project = project.renewed()


def test_a_module_is_not_parsed_again_for_a_name_that_it_does_not_bind(tmp_path: Path) -> None:
    (tmp_path / "orders.py").write_text("class Orders:\n    orders = 1\n")
    project = Project(tmp_path)
    assert project.export(opened(project, tmp_path), "orders") is None
    fresh = project.renewed()
    again = opened(fresh, tmp_path)
    assert fresh.export(again, "orders") is None
    assert "tree" not in vars(again)
    assert fresh.export(again, "Orders") is not None
    assert "tree" in vars(again)
