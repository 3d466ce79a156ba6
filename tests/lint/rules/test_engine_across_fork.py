"""`engine-across-fork`: a pool with connections that a forked process goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source

RULE = "engine-across-fork"
HEAD = """\
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool, Process
from sqlalchemy import create_engine, text
from sqlalchemy.orm import sessionmaker
engine = create_engine("postgresql+psycopg://localhost/shop"{pool})
Session = sessionmaker(engine)
def work(n=0):
    with Session() as session:
        session.execute(text("select 1"))
def fresh(n=0):
    engine.dispose(close=False)
    work()
def pure(n=0):
    return n
def main(first):
    {before}
    {fork}
"""
TAKEN = "with engine.connect() as c: c.execute(text('select 1'))"
START = "Process(target=work).start()"


@pytest.mark.parametrize(
    ("before", "fork", "told"),
    [
        (TAKEN, START, True),
        (TAKEN, "multiprocessing.Process(target=work, args=(1,)).start()", True),
        (TAKEN, "with Pool(4) as pool: pool.map(work, range(3))", True),
        (TAKEN, "with ProcessPoolExecutor() as pool: pool.submit(work, 1)", True),
        (TAKEN, "Process(target=fresh).start()", False),
        (TAKEN, "Process(target=pure).start()", False),
        (TAKEN, "with Pool(4, initializer=fresh) as pool: pool.map(work, range(3))", False),
        (TAKEN + "\n    engine.dispose()", START, False),
        ("if first:\n        " + TAKEN, START, False),
        ("pass", START, False),
        (TAKEN, "list(map(work, range(3)))", False),
        ("multiprocessing.set_start_method('spawn')\n    " + TAKEN, START, False),
    ],
)
def test_only_a_pool_with_connections_is_found(before: str, fork: str, told: bool, tmp_path: Path) -> None:
    mark = "  # expect medium" if told else ""
    check_source(HEAD.format(pool="", before=before, fork=fork + mark), RULE, tmp_path)


def test_an_engine_that_keeps_no_connection_has_none_to_share(tmp_path: Path) -> None:
    code = HEAD.format(pool=", poolclass=NullPool", before=TAKEN, fork=START)
    check_source("from sqlalchemy.pool import NullPool\n" + code, RULE, tmp_path)
