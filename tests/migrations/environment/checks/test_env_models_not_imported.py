"""`env-models-not-imported`: modules of models that env.py does not load."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-models-not-imported"
BASE = "from sqlalchemy.orm import DeclarativeBase\n\nclass Base(DeclarativeBase): ...\n"


def model(name: str, base: str = "shop.base") -> str:
    return f"from {base} import Base\n\nclass {name}(Base):\n    __tablename__ = '{name.lower()}s'\n"


SHOP = {"shop/__init__.py": "", "shop/base.py": BASE, "shop/orders.py": model("Order"), "shop/users.py": model("User")}
HEAD = "from alembic import context\nfrom shop.base import Base\n"
END = "context.configure(connection=connection, target_metadata=target_metadata)\n"
GIVEN = "target_metadata = Base.metadata"


@pytest.mark.parametrize(
    ("imports", "confidence"),
    [
        ("", "high"),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shop.orders\n    import shop.users\n",
            "high",
        ),
        ("import shop.orders\n", "medium"),
        ("from shop import users\n", "medium"),
        ("from shop.users import (  # both\n    User,\n)\n", "medium"),
    ],
)
def test_models_that_nothing_loads_are_found(imports: str, confidence: str, tmp_path: Path) -> None:
    env = f"{HEAD}{imports}{GIVEN}  # expect {confidence}\n{END}"
    (found,) = expect({**SHOP, "env.py": env}, CHECK, tmp_path)
    assert "import shop." in found.remedy


@pytest.mark.parametrize(
    "files",
    [
        {"env.py": HEAD + "import shop.orders, shop.users\n" + GIVEN + "\n" + END},
        {"env.py": HEAD + "from shop import orders, users\n" + GIVEN + "\n" + END},
        {"env.py": HEAD + "from shop import *\n" + GIVEN + "\n" + END, "shop/__init__.py": "from . import orders, users\n"},
        {"env.py": HEAD + GIVEN + "\n" + END, "shop/__init__.py": "from .orders import Order\nfrom .users import User\n"},
        {"env.py": HEAD + "def load():\n    import shop.orders\n    import shop.users\nload()\n" + GIVEN + "\n" + END},
        {"env.py": HEAD + "import importlib\nimportlib.import_module('shop.orders')\n" + GIVEN + "\n" + END},
        {"env.py": HEAD + "from shop.loader import load\nload()\n" + GIVEN + "\n" + END,
         "shop/loader.py": "import pkgutil\n\ndef load():\n    list(pkgutil.walk_packages('.'))\n"},
        {"env.py": HEAD + "metadata = Base.metadata\n" + "context.configure(connection=c, target_metadata=merged(metadata))\n"},
    ],
)  # fmt: skip
def test_what_is_loaded_or_out_of_sight_is_not(files: dict[str, str], tmp_path: Path) -> None:
    expect({**SHOP, **files}, CHECK, tmp_path)


@pytest.mark.parametrize(
    "other",
    [
        "from sqlalchemy.orm import DeclarativeBase\n\nclass Other(DeclarativeBase): ...\n\nclass Log(Other):\n    __tablename__ = 'l'\n",
        "from shop.base import Base\n\nclass Mixin(Base):\n    __abstract__ = True\n    __tablename__ = 'm'\n",
        "from shop.base import Base\n\nclass Plain(Base):\n    pass\n",
        "from shop.base import Base\n\ndef make():\n    class Late(Base):\n        __tablename__ = 'late'\n    return Late\n",
    ],
)
def test_classes_of_another_metadata_or_without_a_table_do_not_count(other: str, tmp_path: Path) -> None:
    env = HEAD + "import shop.orders, shop.users\n" + GIVEN + "\n" + END
    expect({**SHOP, "shop/other.py": other, "tests/test_a.py": model("Fake"), "env.py": env}, CHECK, tmp_path)


def test_a_list_of_metadata_is_several_bases(tmp_path: Path) -> None:
    files = {
        **SHOP,
        "bill/__init__.py": "",
        "bill/base.py": BASE,
        "bill/rows.py": model("Row", "bill.base"),
        "env.py": "from alembic import context\nfrom shop.base import Base\nfrom bill.base import Base as Bill\n"
        "import shop.orders, shop.users\ntarget_metadata = [Base.metadata, Bill.metadata]  # expect medium\n" + END,
    }
    (found,) = expect(files, CHECK, tmp_path)
    assert "rows" in found.message


def test_tables_of_sqlmodel_count(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/models.py": "from sqlmodel import SQLModel\n\nclass Hero(SQLModel, table=True):\n    id: int\n",
        "env.py": "from alembic import context\nfrom sqlmodel import SQLModel\ntarget_metadata = SQLModel.metadata  # expect high\n"
        + END,
    }
    expect(files, CHECK, tmp_path)


def test_tables_made_with_a_metadata_of_their_own_count(tmp_path: Path) -> None:
    files = {
        "shop/__init__.py": "",
        "shop/db.py": "from sqlalchemy import MetaData\nmetadata = MetaData()\nother = MetaData()\n",
        "shop/tables.py": "from sqlalchemy import Table\nfrom shop.db import metadata, other\n"
        "notes = Table('notes', metadata)\nlogs = Table('logs', other)\n",
        "env.py": "from alembic import context\nfrom shop.db import metadata\ntarget_metadata = metadata  # expect high\n"
        + END,
    }
    (found,) = expect(files, CHECK, tmp_path)
    assert "notes" in found.message
    assert "logs" not in found.message
    loaded = files["env.py"].replace("  # expect high", "").replace("target_", "import shop.tables\ntarget_", 1)
    expect({**files, "env.py": loaded}, CHECK, tmp_path / "loaded")
