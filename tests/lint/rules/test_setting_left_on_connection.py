"""`setting-left-on-connection` tells a value of one request that stays on a pooled connection; what ends with the transaction,
is the same for all or is taken off is let be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

RULE = "setting-left-on-connection"
BAD = {
    "bound": """    await db.execute(text("SELECT set_config('app.org', :org, false)"), {"org": org})  # expect medium\n""",
    "filled in": """    await db.execute(text(f"SET app.org = '{org}'"))  # expect medium\n""",
    "a path": """    await db.execute(text(f'SET search_path TO "{org}", public'))  # expect medium\n""",
    "for the session": """    await db.execute(text(f"set session app.org = '{org}'"))  # expect medium\n""",
    "committed here": (
        '    async with Session() as own:\n        await own.execute(text(f"SET search_path TO {org}"))  # expect medium\n'
        "        await own.commit()\n"
    ),
}
GOOD = {
    "for the transaction": """    await db.execute(text("SELECT set_config('app.org', :org, true)"), {"org": org})\n""",
    "local": """    await db.execute(text(f"SET LOCAL app.org = '{org}'"))\n""",
    "the same for all": """    await db.execute(text("SET statement_timeout = 1000"))\n""",
    "an update": """    await db.execute(text("UPDATE a SET b = :org"), {"org": org})\n""",
    "of the transaction": '    await db.execute(text(f"SET TRANSACTION ISOLATION LEVEL {org}"))\n',
    "taken back": '    async with Session() as own:\n        await own.execute(text(f"SET search_path TO {org}"))\n',
    "taken off": '    await db.execute(text(f"SET search_path TO {org}"))\n    await db.execute(text("RESET search_path"))\n',
}


@pytest.mark.parametrize("name", [*BAD, *GOOD])
def test_only_what_stays_on_the_connection_is_found(name: str, tmp_path: Path) -> None:
    code = {**BAD, **GOOD}[name]
    check_source(project(f"async def f(db: AsyncSession, org):\n{code}"), RULE, tmp_path)


@pytest.mark.parametrize("options", [", poolclass=NullPool", ""])
def test_a_pool_that_keeps_nothing_leaves_nothing_behind(options: str, tmp_path: Path) -> None:
    mark = "" if options else "  # expect medium"
    source = (
        "from sqlalchemy import NullPool, text\nfrom sqlalchemy.ext.asyncio import AsyncSession, create_async_engine\n"
        f'engine = create_async_engine("postgresql+asyncpg://localhost/shop"{options})\n'
        f'async def f(db: AsyncSession, org):\n    await db.execute(text(f"SET search_path TO {{org}}")){mark}\n'
    )
    check_source(source.replace("NullPool, ", "" if not options else "NullPool, "), RULE, tmp_path)
