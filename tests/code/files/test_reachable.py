"""Which files a module brings in, by what it imports and what that imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.code.files.reachable import reachable


def project(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def names(folder: Path, start: str, most: int = 1000) -> list[str]:
    return [str(path.relative_to(folder)) for path in reachable(folder / start, folder, most)]


@pytest.mark.parametrize(
    "line",
    [
        "import shop.orders",
        "import os, shop.orders as orders",
        "from shop import orders",
        "from shop import (\n    nothing,  # why not\n    orders,\n)",
        "from shop.orders import place",
        "from . import orders",
        "from .orders import place",
        "def late():\n    from shop.orders import place",
        "if True:\n    import shop.orders",
    ],
)
def test_every_way_to_import_is_followed(tmp_path: Path, line: str) -> None:
    project(tmp_path, shop__main=line, shop__orders="from shop import models", shop__models="", shop__other="")
    assert names(tmp_path, "shop/main.py") == ["shop/main.py", "shop/orders.py", "shop/models.py"]


def test_circles_end_and_what_is_not_of_the_project_is_left(tmp_path: Path) -> None:
    project(tmp_path, a="import b\nimport fastapi\nfrom sqlalchemy import select", b="import a")
    assert names(tmp_path, "a.py") == ["a.py", "b.py"]


def test_the_nearest_come_first_and_no_more_than_asked_for(tmp_path: Path) -> None:
    project(tmp_path, a="import b\nimport c", b="import d", c="", d="")
    assert names(tmp_path, "a.py") == ["a.py", "b.py", "c.py", "d.py"]
    assert names(tmp_path, "a.py", 2)[0] == "a.py"
    assert len(names(tmp_path, "a.py", 2)) <= 3


def test_a_file_that_is_gone_or_no_text_brings_nothing_in(tmp_path: Path) -> None:
    assert names(tmp_path, "absent.py") == ["absent.py"]
    (tmp_path / "x.py").write_bytes(b"\xff\xfeimport \x00 b\nfrom ..... import (\n")
    assert names(tmp_path, "x.py") == ["x.py"]
