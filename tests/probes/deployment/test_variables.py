"""Environments of real processes and `.env` files; what may not be read is None, not empty."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge_doctor.probes.deployment.variables import read_env_file, read_variables
from forge_doctor.redaction import held
from tests.support.app_server import wait_for
from tests.support.unprivileged import without_root


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    yield
    held.forget()


@pytest.fixture
def child() -> Iterator[int]:
    variables = {"SHOP_URL": "postgresql://eve:hunter2hunter@db/shop", "EMPTY": "", "LINES": "a\nb=c"}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=variables, stdin=subprocess.PIPE) as process:
        # Until the program is loaded the child has our own.
        assert wait_for(lambda: b"SHOP_URL" in Path(f"/proc/{process.pid}/environ").read_bytes() or None, 30)
        yield process.pid
        process.kill()


def test_values_come_whole_and_their_secrets_are_masked_from_then_on(child: int) -> None:
    found = read_variables(child)
    assert found is not None
    assert found["LINES"] == "a\nb=c"
    assert found["EMPTY"] == ""
    assert held.mask_held("said hunter2hunter") != "said hunter2hunter"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
def test_another_users_are_refused_and_not_taken_for_none(child: int, tmp_path: Path) -> None:
    with without_root(tmp_path):
        assert read_variables(child) is None


def test_an_env_file_is_read_as_people_write_it(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "# the shop\nexport DB_HOST=db\nDB_USER = 'eve' # not me\nDB_PASSWORD=\"a#b c\"\nDB_NAME=shop # name\n"
        "BROKEN LINE\nURL=postgres://u:p#x@h/d\n=nothing\n"
    )
    assert read_env_file(path) == {
        "DB_HOST": "db", "DB_USER": "eve", "DB_PASSWORD": "a#b c", "DB_NAME": "shop", "URL": "postgres://u:p#x@h/d",
    }  # fmt: skip
    assert read_env_file(tmp_path / "absent") == {}
    assert read_env_file(tmp_path) == {}
