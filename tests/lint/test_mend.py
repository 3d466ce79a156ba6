"""`--fix` with the real rules: it changes nothing but what it mends."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.finding import Confidence, Finding
from forge_doctor.lint.fixes.apply_edits import Fixed, fix_text
from forge_doctor.lint.judge import all_rules, judge_files

FILE = Path("/nowhere/app.py")
HEAD = ["from sqlalchemy.ext.asyncio import AsyncSession", "async def f(db: AsyncSession, q, é, *a):"]
RULES = tuple(rule for rule in all_rules() if rule.id == "unawaited-session-call")


def fixed(source: str, newline: str = "\n") -> Fixed:
    def relint(text: str) -> Sequence[Finding]:
        report = judge_files([FILE], RULES, overlay={FILE: text.encode()}, root=FILE.parent)
        return report.at_least(Confidence.MEDIUM).findings

    return fix_text(source, relint, newline=newline)


CALLS = st.sampled_from(
    [
        "db.commit()",
        "await db.commit()",
        "db.execute(q).scalars().all()",
        "(await db.execute(q)).scalars()",
        "db.scalar(q, {'é😀': [1,\n        2]})",
        "other.commit()",
        "'db.commit()'",
        "f'{é} db.commit()'",
        "[row for row in db.execute(q)]",
        "print(db.get(f, 1), *a)",
        "not db.get(f, 1)",
        "db.scalar(q) == 1",
    ]
)
LINES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "x = ", "return ", "if é: ", "é = 'é😀'; ", "assert "]),
        CALLS,
        st.sampled_from(["", "  # db.commit() é", "; y = 1", " \\\n        ; z = 2", " \f"]),
    ),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_fix_adds_awaits_and_changes_nothing_else(lines: list[str], newline: str, ends: bool) -> None:
    body = "\n".join(f"    {line}" for line in lines)
    source = newline.join("\n".join([*HEAD, body]).split("\n")) + newline * ends
    after = fixed(source, newline)
    assert after.refused == ()
    assert ast.dump(peeled(after.text)) == ast.dump(peeled(source))
    assert awaits(after.text) - awaits(source) == sum(after.mended.values())
    assert comments(after.text) == comments(source)
    assert after.text.count("\n") == source.count("\n")
    assert after.text.count("\r\n") == source.count("\r\n")
    assert fixed(after.text, newline).text == after.text


def test_the_rules_here_do_mend() -> None:
    after = fixed("\n".join([*HEAD, "    return db.execute(q).scalars(), db.get(f, 1)", ""]))
    assert after.text.endswith("    return (await db.execute(q)).scalars(), await db.get(f, 1)\n")
    assert after.mended == {"unawaited-session-call": 2}


def peeled(text: str) -> ast.AST:
    """The tree without its awaits."""

    class Peel(ast.NodeTransformer):
        def visit_Await(self, node: ast.Await) -> ast.AST:
            inner: ast.AST = self.visit(node.value)
            return inner

    return Peel().visit(ast.parse(text))  # type: ignore[no-any-return]


def awaits(text: str) -> int:
    return sum(isinstance(node, ast.Await) for node in ast.walk(ast.parse(text)))


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [token.string for token in tokens if token.type == tokenize.COMMENT]
