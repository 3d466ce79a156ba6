"""A database password is written in the code.

Why: whoever can read the repository, an image or a stack trace has the password, and it stays in the
history after it was changed in the file. Development defaults (`postgres:postgres@localhost`) are not meant.

Bad:

    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine("postgresql+asyncpg://app:tr0ub4dor-9x@db.shop-internal.net/shop")

Good:

    import os
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(os.environ["DATABASE_URL"])

Source: https://cwe.mitre.org/data/definitions/798.html (use of hard-coded credentials)
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from forge_doctor.check import check
from forge_doctor.code.orm.dsn import Dsn, parse_dsn
from forge_doctor.code.orm.engines import engine_calls
from forge_doctor.code.orm.passwords import is_placeholder
from forge_doctor.code.semantics.literals import HOLE, text_of, whole_string
from forge_doctor.code.semantics.project import Project
from forge_doctor.code.syntax.nodes import Assign, Attribute, Call, Keyword, Name, Node, Param, Str
from forge_doctor.code.syntax.prefilter import WordsThen
from forge_doctor.code.syntax.source import SourceFile
from forge_doctor.code.syntax.stubs import is_test_file
from forge_doctor.finding import Confidence, Evidence, Finding, Severity
from forge_doctor.regex import regex

# Bounds, since without them a long line of colons takes the square of its length.
LOGIN = rb"://[^\s\"'/@:]{0,100}+:[^\s\"'@]{1,300}+@"
SUSPECT = WordsThen(LOGIN + rb"|URL\.create", b"://", b"URL.create")
URL_IN_BYTES = regex(rb"(?:postgres(?:ql)?|mysql|mariadb|mssql|oracle|cockroachdb)(?:\+\w{1,40})?" + LOGIN)
URL_NAME = regex(
    r"(?:database|db|dsn|sqlalchemy|postgres|pg|mysql|sql|engine).{0,60}(?:url|uri|dsn|string)|^dsn$|^_?(?:url|uri)$",
    re.IGNORECASE,
)
UNREAL_PATH = regex(
    r"(?:^|/)(?:examples?|docs?(?:_src)?|samples?|demos?|tutorials?|benchmarks?|fixtures)(?:/|$)|conftest|example"
)
EXAMPLE_HOST = regex(
    r"(?:^|\.)example(?:\.|$)|^(?:host|hostname|server|your|my)|placeholder|\.(?:test|invalid)$", re.IGNORECASE
)
EVEN_IF_EXPECTED_TO_FAIL = True


@check(severity=Severity.ERROR)
def credentials_in_code(file: SourceFile, project: Project) -> Iterator[Finding]:
    """Look at URLs with a password in strings, and at `URL.create(password="...")` of engines."""
    if is_test_file(file) or UNREAL_PATH.search(file.path):
        return
    for match in URL_IN_BYTES.finditer(file.data):
        node = whole_string(file.node_at(match.start()))
        text = None if node is None else text_of(node)
        dsn = None if text is None else parse_dsn(text)
        if node is not None and dsn is not None and is_used_as_url(node):
            yield from judged(file, node, dsn)
    for engine in engine_calls(file, project):
        given = engine.url_place
        if engine.dsn is not None and given is not engine.call and not isinstance(given, Str | Name):
            yield from judged(file, given, engine.dsn)


def is_used_as_url(node: Node) -> bool:
    """Whether it is given to a name, parameter or function that says it is a database's URL (docstrings are not)."""
    around = node.parent
    while isinstance(around, Call) or (isinstance(around, Keyword) and around.name == "default"):
        if getattr(around, "method", "") in ("create_engine", "create_async_engine", "make_url"):
            return True
        around = around.parent
    if isinstance(around, Assign):
        target = around.target
        return URL_NAME.search(target.attr if isinstance(target, Attribute) else target.text) is not None
    if isinstance(around, Keyword | Param):
        return URL_NAME.search(around.name) is not None
    return False


def judged(file: SourceFile, node: Node, dsn: Dsn) -> Iterator[Finding]:
    """Nothing for a placeholder; low where the host is this machine's or a neighbour's in a compose file."""
    if not dsn.password or is_placeholder(dsn) or EXAMPLE_HOST.search(dsn.host):
        return
    confidence = Confidence.LOW if dsn.is_local else Confidence.HIGH if HOLE not in dsn.host else Confidence.MEDIUM
    host = dsn.host.replace(HOLE, "...") or "a local socket"
    yield file.finding(
        credentials_in_code,
        node,
        f"the password of a database user on {host} is written in the code: everyone who can read the file has it",
        confidence=confidence,
        remedy='os.environ["DATABASE_URL"], or a settings class; then change the password',
        evidence=(Evidence(label="host", value=host, source="the URL"),),
    )
