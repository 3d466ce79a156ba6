"""`refresh-of-unsaved-object`: what was made and never given to the session has no row to be read again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

START = "async def f(db: AsyncSession, name, other):\n    user = User(name=name)\n"
END = "    await db.commit()\n    await db.refresh(user)\n    return user\n"
BAD = [
    "from sqlalchemy import event\n@event.listens_for(User, 'load')\ndef told(one, context): ...\n"
    + START
    + END.replace("refresh(user)", "refresh(user)  # expect high"),
    START + END.replace("refresh(user)", "refresh(user)  # expect high"),
    START + "    user.age = 3\n    db.add(other)\n" + END.replace("refresh(user)", "refresh(user)  # expect high"),
]
GOOD = [
    START + "    db.add(user)\n" + END,
    START + "    other.user = user\n" + END,
    START + "    db.add(locals()['user'])\n" + END,
    "from sqlalchemy import event\n@event.listens_for(User, 'init')\ndef told(one, args, kwargs):\n    keep(one)\n"
    + START
    + END,
    START + "    other.append(user)\n" + END,
    START + "    user = await db.merge(user)\n" + END,
    START.replace("name=name", "orders=other") + END,
    START.replace("name=name", "**name") + END,
    START + "    user.orders = other\n    db.add_all(other)\n" + END,
    "async def f(db: AsyncSession, user: User):\n" + END,
    "async def f(db: AsyncSession, key):\n    user = await db.get(User, key)\n" + END,
]


@pytest.mark.parametrize("code", BAD)
def test_an_object_nobody_added_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "refresh-of-unsaved-object", tmp_path)


@pytest.mark.parametrize(("event", "told"), [("'init'", ""), ('"init"', ""), ("'load'", "  # expect high")])
def test_a_listener_of_any_file_may_add_what_is_made(event: str, told: str, tmp_path: Path) -> None:
    files = project(START + END.replace("refresh(user)", f"refresh(user){told}"))
    files["app/listeners.py"] = (
        "from sqlalchemy import event\nfrom app.models import User\n"
        f"@event.listens_for(User, {event})\ndef told(one, args, kwargs):\n    current().add(one)\n"
    )
    check_source(files, "refresh-of-unsaved-object", tmp_path)


@pytest.mark.parametrize("code", GOOD)
def test_what_may_be_in_the_session_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "refresh-of-unsaved-object", tmp_path)
