"""`--html FILE` of the reporting commands: a page beside the report, or the page alone on stdout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from forge_doctor.pool.record import dump
from tests.support.lint_command import completed
from tests.support.migration_cases import write_tree
from tests.support.pages import Page
from tests.support.snapshots import idle_in_transaction, snapshot
from tests.support.terminal import BARE

LINE = (
    "2026-11-22 02:56:01,845 ERROR app: failed\nTraceback (most recent call last):\n"
    '  File "/app/shop/orders.py", line 41, in place\n    await s.execute(q)\n'
    "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00\n"
)
SOURCE = (
    "from sqlalchemy.ext.asyncio import AsyncSession\n\nasync def f(session: AsyncSession):\n    session.commit()\n"
)

REVISION = """
def upgrade():
    op.create_index("ix_orders_customer", "orders", ["customer_id"])


def downgrade():
    op.drop_index("ix_orders_customer", "orders")
"""


def forge_doctor(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return completed(cwd, *arguments, variables=BARE)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "seen.json").write_text(dump((snapshot(idle_in_transaction(1, 400.0)),)), "utf-8")
    (tmp_path / "shop.log").write_text(LINE, "utf-8")
    (tmp_path / "api.py").write_text(SOURCE, "utf-8")
    (tmp_path / "tree").mkdir()
    write_tree(tmp_path / "tree", REVISION)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ("pool", "--snapshot", "seen.json"),
        ("logs", "shop.log"),
        ("lint", "api.py"),
        ("migrations", "tree", "--all", "--no-live"),
    ],
)
def test_the_page_stands_beside_the_report_with_the_same_exit_code(words: tuple[str, ...], place: Path) -> None:
    alone = forge_doctor(*words, cwd=place)
    both = forge_doctor(*words, "--html", "page.html", cwd=place)
    assert (both.returncode, both.stdout, both.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert both.returncode == 1
    page = Page((place / "page.html").read_text("utf-8"))
    assert page.text_in("h1") == [f"forge-doctor {words[0]}"]
    assert list(page.acting()) == []
    assert page.of("article")


def test_the_page_alone_goes_to_stdout_or_is_a_format(place: Path) -> None:
    dash = forge_doctor("logs", "shop.log", "--html", "-", cwd=place)
    named = forge_doctor("logs", "shop.log", "--output-format", "html", cwd=place)
    assert dash.stdout == named.stdout
    assert Page(dash.stdout).text_in("h1") == ["forge-doctor logs"]


def test_two_reports_do_not_share_stdout(place: Path) -> None:
    done = forge_doctor("logs", "shop.log", "--html", "-", "-f", "json", cwd=place)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--html - and --output-format json: both want stdout" in done.stderr
    done = forge_doctor("logs", "shop.log", "--html", "-", "-f", "json", "-o", "r.json", cwd=place)
    assert done.returncode == 1
    assert '"schema": "forge-doctor/2"' in (place / "r.json").read_text("utf-8")
    assert Page(done.stdout).text_in("h1") == ["forge-doctor logs"]


def test_what_is_read_is_not_overwritten_and_what_cannot_be_written_is_said(place: Path) -> None:
    done = forge_doctor("logs", "shop.log", "--html", "shop.log", cwd=place)
    assert done.returncode == 2
    assert "--html shop.log: is read in this run" in done.stderr
    assert (place / "shop.log").read_text("utf-8") == LINE
    done = forge_doctor("logs", "shop.log", "--html", "no/page.html", cwd=place)
    assert done.returncode == 2
    assert "--html no/page.html: cannot be written: No such file or directory" in done.stderr
    assert done.stdout == ""  # before the look, not after it
    done = forge_doctor("logs", "shop.log", "--html", "/dev/null", cwd=place)
    assert done.returncode == 1
    assert not Path("/dev/null").is_file()


def test_a_server_that_cannot_be_examined_has_a_page_that_says_so(place: Path) -> None:
    words = ("pool", "--dsn", "postgresql://u@127.0.0.1:1/shop", "--no-scan", "--html", "page.html")
    done = forge_doctor(*words, cwd=place)
    assert done.returncode == 3
    assert "Not run" in Page((place / "page.html").read_text("utf-8")).text_in("span")
