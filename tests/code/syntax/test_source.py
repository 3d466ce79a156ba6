"""Any bytes become a source file: what cannot be read is said, and what can be is read."""

from __future__ import annotations

import sys

import pytest

from forge_doctor.code.syntax import source
from forge_doctor.code.syntax.nodes import Call, Except, FunctionDef, Node, While
from forge_doctor.code.syntax.source import SourceFile, parse

CALL = b"async def f(db):\n    await db.commit()\n"


@pytest.mark.parametrize(
    "data",
    [
        CALL,
        b"\xef\xbb\xbf" + CALL,
        CALL.replace(b"\n", b"\r\n"),
        CALL.replace(b"\n", b"\r"),
        b"\x0c\n" + CALL,
        b"# -*- coding: latin-1 -*-\n# caf\xe9\n" + CALL,
        b"x = (" + b"1 + " * 500_000 + b"1)\n" + CALL,
        b"x = " + b"(" * 500 + b")" * 500 + b"\n" + CALL,
        b"x = y" + b".a()" * 2000 + b"\n" + CALL,
        b"type X = int\nclass A[T = int]: pass\n" + CALL,
        b"try:\n    pass\nexcept A, B:\n    pass\n" + CALL,
        b'x = f"{a["b"]}"\ny = t"{x}"\n' + CALL,
    ],
    ids=[
        "plain",
        "bom",
        "crlf",
        "cr",
        "form-feed",
        "latin-1",
        "one-line-of-2-MB",
        "nested-500",
        "chain-2000",
        "3.13",
        "3.14",
        "3.12",
    ],
)
def test_a_call_is_found_in(data: bytes) -> None:
    file = SourceFile(data, "module.py")
    (call,) = file.calls("commit")
    assert call.function is not None
    assert (call.text, call.function.name) == ("db.commit()", "f")


@pytest.mark.parametrize(
    ("data", "message", "reader"),
    [
        (b"x = 1\n\0", "null bytes", ""),
        (b"# coding: nonsense\n", "cannot be decoded", ""),
        (b"# \xff\n", "cannot be decoded", ""),
        (b"def f(:\n    pass\n", "", ""),
        (b"from {{ name }}.db import x\n", "", "a template engine (it is a Jinja template)"),
        (b"x = f'{{%s}}'\ndef f(:\n", "", ""),
        (b"{% if x %}\nimport {{ name }}\n{% endif %}\n", "", "a template engine (it is a Jinja template)"),
    ],
)
def test_what_cannot_be_parsed_says_why(data: bytes, message: str, reader: str) -> None:
    problem = SourceFile(data, "module.py").problem
    assert problem is not None
    assert message in problem.message
    assert problem.reader == reader


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="this Python reads it itself")
def test_syntax_too_new_for_both_parsers_names_the_python_that_reads_it() -> None:
    problem = parse("def f[T = int](x: T): pass\n").problem
    assert problem is not None
    assert problem.reader == "Python 3.13"


def test_places_count_characters_not_bytes() -> None:
    file = parse("x = 'é'; f()\n")
    (call,) = file.query(Call)
    place = file.location(call)
    assert (place.line, place.column, place.end_line, place.end_column) == (1, 10, 1, 13)


def test_a_node_is_the_same_object_however_it_is_reached() -> None:
    file = parse("@d\ndef f():\n    return (g(1))\n")
    (function,) = file.query(FunctionDef)
    (call,) = function.find(Call)
    assert call.function is function
    assert function.body[0].children[0] is call
    assert [one.text for one in function.decorators] == ["d"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Orders()", True),
        ("x = [Orders(db)]", True),
        ("Orders (db)", False),
        ("shop.Orders(db)", False),
        ("@Orders(db)\ndef f(): ...", False),
        ("MyOrders(db)", False),
        ("shop.Orders(db); Orders(db)", True),
        ("Orders", False),
    ],
)
def test_a_name_is_called_alone_right_before_its_parenthesis(code: str, expected: bool) -> None:
    assert parse(code).calls_alone("Orders") is expected


@pytest.mark.parametrize(("kind", "lines"), [(Except, [5, 7, 12, 14, 20, 22]), (While, [2, 9, 17])])
def test_handlers_and_loops_are_looked_for_once_a_file(
    kind: type[Node], lines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    part = "    while x:\n        try:\n            pass\n        except* A:\n            pass\n        except B:\n            pass\n"
    file = parse(f"def f():\n{part}{part}def g():\n{part}")
    monkeypatch.setattr(source, "nodes_of", None)
    first, _ = file.query(FunctionDef)
    assert [node.line for node in file.query(kind)] == lines
    assert [node.line for node in first.find(kind)] == [line for line in lines if line < 15]
