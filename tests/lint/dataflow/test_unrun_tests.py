"""What a test that is skipped, marked to fail, or read by type checkers alone does is no finding; of others it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import lint_source

RULE = "unawaited-session-call"
HEAD = (
    "import pytest\nimport unittest\nfrom packaging import version\nfrom sqlalchemy.ext.asyncio import AsyncSession\n"
)
CODE = "async def test_f(db: AsyncSession):\n    db.commit()\n"
IN_CLASS = "class TestOld:\n    async def test_f(self, db: AsyncSession):\n        db.commit()\n"
UNRUN = (
    "@pytest.mark.skip(reason='needs a server')\n",
    "@pytest.mark.xfail\n",
    "@pytest.mark.xfail(reason='known', strict=True)\n",
    "@unittest.skip('later')\n",
    "@unittest.expectedFailure\n",
    "@pytest.mark.skipif(version.parse(VERSION) >= version.parse('2.0'), reason='old')\n",
    "@unittest.skipIf(sqlalchemy.__version__ >= '2', 'old')\n",
)
RUN = (
    "@pytest.mark.asyncio\n",
    "@pytest.mark.parametrize('skip', [1, 2])\n",
    "@pytest.mark.skipif(not DSN, reason='no server')\n",
    "@pytest.mark.usefixtures('skipped_mail')\n",
)


def told(path: str, code: str, folder: Path) -> int:
    return len(lint_source({path: HEAD + code}, RULE, folder))


@pytest.mark.parametrize("body", [CODE, IN_CLASS])
@pytest.mark.parametrize("mark", UNRUN)
def test_a_test_that_does_not_count_is_silent(mark: str, body: str, tmp_path: Path) -> None:
    assert told("tests/test_a.py", mark + body, tmp_path) == 0


@pytest.mark.parametrize("body", [CODE, IN_CLASS])
@pytest.mark.parametrize("mark", RUN)
def test_one_that_counts_is_told(mark: str, body: str, tmp_path: Path) -> None:
    assert told("tests/test_a.py", mark + body, tmp_path) == 1


def test_the_mark_of_a_module(tmp_path: Path) -> None:
    assert told("tests/test_a.py", "pytestmark = pytest.mark.skip('later')\n" + CODE, tmp_path) == 0
    assert told("tests/test_b.py", "pytestmark = [\n    pytest.mark.skip('later'),\n]\n" + CODE, tmp_path) == 0
    assert told("tests/test_c.py", "pytestmark = pytest.mark.asyncio\n" + CODE, tmp_path) == 1


def test_only_tests_are_skipped(tmp_path: Path) -> None:
    """A decorator of that name in a program is its own."""
    assert told("app/jobs.py", "@skip\n" + CODE, tmp_path) == 1


def test_files_for_type_checkers(tmp_path: Path) -> None:
    assert told("test/typing/plain_files/session.py", CODE, tmp_path) == 0
    assert told("tests/usage.py", CODE + "    assert_type(db.new, object)\n", tmp_path) == 0
    # What a test runner finds by its name is run, whatever it asserts.
    assert told("test/typing/test_session.py", CODE, tmp_path) == 1
    assert told("tests/test_usage.py", CODE + "    assert_type(db.new, object)\n", tmp_path) == 1
    assert told("src/typing/session.py", CODE, tmp_path) == 1
