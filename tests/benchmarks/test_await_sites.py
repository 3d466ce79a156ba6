"""Awaits are found with their kind, and taken away one at a time."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.benchmarks.await_sites import Site, sites_of, without_await

KIND_OF = {
    "await db.commit()": "bare",
    "x = await db.get(A, 1)": "assigned",
    "x: int = await db.scalar(q)": "assigned",
    "x = await db.get(A, 1) if x else None": "assigned",
    "return await db.scalar(q)": "returned",
    "x = (await db.execute(q)).scalars()": "chained",
    "x = (await db.execute(q))[0]": "chained",
    "x = y[await db.scalar(q)]": "other",
    "f(await db.scalar(q))": "argument",
    "f(*await db.scalars(q))": "argument",
    "f(x=await db.scalar(q))": "argument",
    "if await db.scalar(q): pass": "condition",
    "while (await db.scalar(q)) > 1: pass": "condition",
    "x = not await db.scalar(q)": "condition",
    "x = 1 if await db.scalar(q) else 2": "condition",
    "x = [y for y in z if await db.scalar(y)]": "condition",
    "if (x := await db.scalar(q)): pass": "assigned",
    "for x in await db.scalars(q): pass": "iterated",
    "x = [y for y in await db.scalars(q)]": "iterated",
    "x = f'{await db.scalar(q)}'": "other",
}


def sites(source: str) -> list[Site]:
    return list(sites_of(Path("m.py"), source.encode(), ast.parse(source)))


@pytest.mark.parametrize(("statement", "kind"), KIND_OF.items())
def test_the_kind_is_how_the_awaited_value_is_used(statement: str, kind: str) -> None:
    (site,) = sites(f"async def f(db, q, x, y, z):\n    {statement}\n")
    assert (site.kind, site.line) == (kind, 2)


@pytest.mark.parametrize("statement", KIND_OF)
def test_only_the_word_await_is_taken_away(statement: str) -> None:
    source = f"async def f(db, q, x, y, z, s='ü'):  # é\n    {statement}  # ü\n"
    (site,) = sites(source)
    mutated = without_await(source.encode(), site)
    assert mutated is not None
    assert mutated.decode() == source.replace("await ", "")


def test_the_statement_of_a_block_is_its_head() -> None:
    (site,) = sites(
        "async def f(db):\n    for x in (\n        await db.scalars(1)\n    ):\n        print(x)\n        y = 1\n"
    )
    assert (site.line, site.end_line) == (2, 4)


def test_a_call_is_known_by_its_names_and_place() -> None:
    source = "class C:\n    async def f(self):\n        return await self.repo.get(self.db, user_id=key)\n"
    (site,) = sites(source)
    assert (site.called, site.receiver_name, site.argument_names) == ("get", "repo", ("db", "key"))
    assert site.within == "C.f"
    assert source[slice(*site.function)] == "self.repo.get"
    assert site.receiver is not None
    assert source[slice(*site.receiver)] == "self.repo"


def test_what_is_no_call_or_stands_in_a_lambda_is_no_site() -> None:
    assert sites("async def f(db):\n    await db\n    await db.x\n    await make()()\n") == []


def test_text_that_would_not_parse_is_no_mutation() -> None:
    source = "async def f(db):\n    return [await db.get(x) async for x in db.stream()]\n"
    (site,) = sites(source)
    assert without_await(source.encode(), site) is not None
    broken = source.replace("return", "retur")
    assert without_await(broken.encode(), site) is None
