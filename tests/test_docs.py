"""The site: a page with an anchor for everything that `helpUri` can point to, and nothing from elsewhere in it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from forge_doctor import DOCUMENTATION
from forge_doctor.check import documentation
from forge_doctor.cli.entries import entries_by_command

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site, as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    for line in ((sys.executable, ".ci/docs.py", str(folder)),):
        subprocess.run(line, cwd=ROOT, check=True, timeout=60)
    subprocess.run(
        (sys.executable, "-m", "zensical", "build"), cwd=folder, check=True, capture_output=True, timeout=120
    )
    return folder / "site"


def test_every_fault_has_the_page_and_the_anchor_its_uri_names(site: Path) -> None:
    for _, entries in entries_by_command():
        for entry in entries:
            address, _, anchor = documentation(entry.id).partition("#")
            page = site / "rules" / address.removeprefix(DOCUMENTATION + "/") / "index.html"
            assert f'id="{anchor}"' in page.read_text(encoding="utf-8")


def test_the_manual_and_its_code_are_on_the_page(site: Path) -> None:
    page = (site / "rules/commit-in-loop/index.html").read_text(encoding="utf-8")
    assert "<strong>Why:</strong>" in page
    assert "<code>" in page
    assert "for" in page
    assert "users" in page


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    loaded = re.compile(
        r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(https?:)?//(?!example\.com)", re.IGNORECASE
    )
    for path in site.rglob("*.html"):
        assert not [one[0] for one in loaded.finditer(path.read_text(encoding="utf-8"))], path


def test_the_man_page_is_roff_that_man_shows(tmp_path: Path) -> None:
    done = subprocess.run(
        (sys.executable, ".ci/man_page.py"), cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    if shutil.which("groff") is None:
        pytest.skip("groff is not installed (Debian's package groff-base)")
    shown = subprocess.run(
        ("groff", "-man", "-Tascii", "-ww", "-P-c"),
        input=done.stdout,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert shown.stderr == ""
    plain = " ".join(re.sub(r".\x08", "", shown.stdout).split())
    for wanted in ("FORGE-DOCTOR(1)", "pool", "--output-format", "--fail-on", "EXIT STATUS", "could not be inspected"):
        assert wanted in plain
