"""No name is put into a statement or a command by hand: what is printed to be typed goes through the quoting module."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

import forge_doctor
from forge_doctor.probes.postgres import errors
from forge_doctor.probes.postgres.errors import ServerError
from forge_doctor.probes.postgres.target import Host, Target

ROOT = Path(forge_doctor.__file__).parent
# A statement or a command that is printed to be typed, and what may be put into it as it is.
STATEMENT = re.compile(r"\b(?:ALTER|GRANT|REVOKE|DROP|CREATE|REINDEX|VACUUM|ANALYZE|CLUSTER|RESET) [A-Z]")
COMMAND = re.compile(r"(?:^|[ `(])(?:psql|pg_isready|getent|docker|kubectl|ls -l?a|ping|lsof|ss|kill) ")
NAMES = re.compile(r"(?:name|user|role|database|table|relation|schema|index|container|target|host|column)s?$")
HOSTILE = (
    'x"; DROP TABLE t; --',
    "x'; SELECT 1; --",
    "$(touch /tmp/x)",
    ";touch x",
    "a b",
    "-rf",
    "`id`",
    "a\nb",
    "--",
)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_name_is_put_in_by_hand(path: Path) -> None:
    # `rows` says where a setting was made, which nobody types.
    if "demo" not in path.parts and "signatures" not in path.parts and path.name != "rows.py":
        assert list(unquoted(ast.parse(path.read_text()))) == []


@pytest.mark.parametrize(
    "source", ["f'ALTER ROLE \"{role}\" SET x'", "f'run: psql -U {target.user}'", "f'GRANT SELECT ON {table}'"]
)
def test_a_name_put_in_by_hand_is_seen(source: str) -> None:
    assert list(unquoted(ast.parse(source)))


def unquoted(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        said = "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
        begun = min((found.start() for found in (STATEMENT.search(said), COMMAND.search(said)) if found), default=-1)
        if begun < 0:
            continue
        position = 0
        for part in node.values:
            if isinstance(part, ast.Constant):
                position += len(str(part.value))
            elif isinstance(part, ast.FormattedValue):
                position += 2
                if position > begun and _is_name(part.value):
                    yield f"{node.lineno}: {ast.unparse(part.value)}"


def _is_name(value: ast.expr) -> bool:
    written = ast.unparse(value)
    return isinstance(value, ast.Name | ast.Attribute) and NAMES.search(written) is not None


REFUSALS = ("28P01", "28000", "3D000", "42501", "57P03", "08P01", "XX000")


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("sqlstate", REFUSALS)
def test_what_a_refusal_advises_is_one_command(sqlstate: str, hostile: str) -> None:
    target = Target(hosts=(Host(name=hostile, port=5432),), user=hostile, database=hostile)
    said = str(errors.refused_session(target, ServerError(sqlstate=sqlstate, message="no")))
    for command in re.findall(r"(?:try|databases|try again in a moment): ((?:psql|pg_isready) .*)", said, re.DOTALL):
        words = shlex.split(command.replace("$'", "'"))
        assert all(
            word in ("psql", "pg_isready", "-h", "-p", "-U", "-l", "5432") or set(word) & set(hostile) for word in words
        )
        assert len(words) <= 8
    for grant in re.findall(r"GRANT CONNECT ON DATABASE (.*)", said, re.DOTALL):
        assert re.fullmatch(r'(?:U&)?"(?:[^"]|"")*" TO (?:U&)?"(?:[^"]|"")*"', grant)
