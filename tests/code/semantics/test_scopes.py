"""Scopes tell the bindings of one name at a time, and those are all there are."""

from __future__ import annotations

from forge_doctor.code.semantics.names.bindings import How
from forge_doctor.code.semantics.names.reaching import reaching
from forge_doctor.code.semantics.names.scopes import Scope, Scopes
from forge_doctor.code.syntax.nodes import Assign, ClassDef, Name
from forge_doctor.code.syntax.source import parse

CODE = """
from shop.models import *
from shop.db import (
    engine as main_engine,
    Session,
)
import a.b, c as d

first, (second, *third) = load()

def route(session, *, limit=first):
    global total
    total = limit
    with session as inner:
        for one in inner:
            print(one)
"""


def scopes() -> tuple[Scope, Scope]:
    """Of the module and of its function."""
    found = Scopes(parse(CODE))
    inner = found.opened_by(found.functions[0])
    assert inner is not None
    return found.module, inner


def hows(scope: Scope, name: str) -> list[How]:
    """How the scope binds a name."""
    return [one.how for one in scope.bindings(name)]


def test_every_sort_of_statement_binds_its_names() -> None:
    module, route = scopes()
    assert [hows(module, name) for name in ("main_engine", "Session", "a", "d")] == [[How.IMPORT]] * 4
    assert [one.path for name in ("first", "second", "third") for one in module.bindings(name)] == [
        (0,), (1, 0), (1, 1, -1),
    ]  # fmt: skip
    assert hows(module, "route") == [How.FUNCTION]
    assert [hows(route, name) for name in ("session", "inner", "one")] == [[How.PARAM], [How.WITH], [How.FOR]]


def test_a_name_that_only_stands_in_a_statement_is_not_bound_by_it() -> None:
    module, route = scopes()
    assert [module.bindings(name) for name in ("engine", "load", "limit", "b", "c", "inner")] == [()] * 6
    assert route.bindings("first") == ()


OVERLOADED = """
from typing import overload
@overload
async def load(one: int) -> int: ...
@overload
async def load(one: str) -> str: ...
async def load(one):
    return one
class Declared:
    @overload
    async def save(self, one: int) -> int: ...
    @overload
    async def save(self, one: str) -> str: ...
"""


def test_a_function_with_overloads_is_the_one_with_its_code() -> None:
    found = Scopes(parse(OVERLOADED))
    assert [one.node.text.splitlines()[-1].strip() for one in found.module.bindings("load")] == ["return one"]
    declared = found.opened_by(next(one for one in found.file.query(ClassDef)))
    assert declared is not None
    assert hows(declared, "save") == [How.FUNCTION] * 2


def test_a_global_name_is_bound_outside() -> None:
    module, route = scopes()
    assert hows(module, "total") == [How.ASSIGN]
    assert route.bindings("total") == ()


def test_star_imports_are_told_by_their_modules() -> None:
    module, route = scopes()
    assert module.star_imports == ["shop.models"]
    assert route.star_imports == []


def test_a_function_sees_past_the_class_around_it() -> None:
    file = parse("name = 1\nclass Shop:\n    name = 2\n    def read(self):\n        return name\n")
    read = [one for one in file.query(Name) if one.text == "name"][-1]
    found = Scopes(file).lookup("name", read)
    assert found is not None
    assert [one.start for one in found[1]] == [0]


def test_a_class_body_sees_around_it_what_it_has_not_bound_yet() -> None:
    file = parse("make = 1\nclass Shop:\n    make: int = make\n    again = make\n")
    before, after = [one for one in file.query(Name) if one.text == "make" and isinstance(one.parent, Assign)][-2:]
    found = [Scopes(file).lookup("make", one) for one in (before, after)]
    assert [one and [binding.node.line for binding in one[1]] for one in found] == [[1], [3]]


def test_a_comprehensions_name_hides_the_one_around_it_but_not_from_what_it_walks_over() -> None:
    file = parse("def f(rows, one):\n    one = load()\n    return [one.name for one in one.parts], one\n")
    scopes = Scopes(file)
    reads = [name for name in file.query(Name) if name.text == "one"][2:]
    element, target, walked, outside = reads
    bound = {read: scopes.lookup("one", read) for read in reads}
    hows = {read: [one.how for one in found[1]] for read, found in bound.items() if found is not None}
    assert hows == {
        element: [How.FOR],
        target: [How.FOR],
        walked: [How.PARAM, How.ASSIGN],
        outside: [How.PARAM, How.ASSIGN],
    }


def test_what_one_branch_binds_does_not_reach_the_others() -> None:
    file = parse(
        "def f(one):\n    if one:\n        one = 1\n    elif one:\n        one = 2\n    else:\n        one.x\n    one.y\n"
    )
    scopes = Scopes(file)
    *_, tested, _, inner, after = [name for name in file.query(Name) if name.text == "one"]
    found = scopes.lookup("one", inner)
    assert found is not None
    lines = {read: [one.node.line for one in reaching(found[1], read)] for read in (tested, inner, after)}
    assert lines == {tested: [1], inner: [1], after: [5, 3, 1]}
