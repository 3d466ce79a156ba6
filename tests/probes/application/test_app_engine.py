"""`--app package.module:engine`: the real pool of a real engine, and one clear sentence for everything else."""

from __future__ import annotations

import time
from pathlib import Path
from textwrap import dedent

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.probes.application.app_engine import EngineFacts, read_engine
from forge_doctor.redaction.held import forget, mask_held

MODULE = """
from sqlalchemy.ext.asyncio import create_async_engine

print('importing the shop: this must not be seen')
URL = 'postgresql+asyncpg://shop:hunter2@db.internal:5433/shop'
engine = create_async_engine(URL, pool_size=7, max_overflow=3, pool_timeout=4, pool_recycle=600, pool_pre_ping=True)
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the package `shop`."""
    directory = tmp_path_factory.mktemp("service")
    package = directory / "shop"
    package.mkdir()
    package.joinpath("__init__.py").touch()
    package.joinpath("db.py").write_text(MODULE)
    for name, source in {
        "exits": "raise SystemExit('no settings')",
        "exits_quietly": "import os; os._exit(3)",
        "secretive": "raise ValueError('bad DSN postgresql://shop:hunter2@db/shop\\nDATABASE_PASSWORD=hunter2')",
        "dependent": "import no_such_package",
        "unset": "import os\nurl = os.environ['SHOP_DATABASE_URL_THAT_IS_UNSET']",
        "broken": "def broken(:\n    pass",
        "hangs": "import time; time.sleep(60)",
        "parses": "import argparse; argparse.ArgumentParser().parse_args(); from shop.db import engine",
        "noisy": "import sys\nfor _ in range(100): sys.stderr.write('x' * 65536 + '\\n')\nraise SystemExit('at last')",
        "detached": "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True); from shop.db import *",
        "threaded": "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start(); from shop.db import *",
    }.items():
        package.joinpath(f"{name}.py").write_text(dedent(source) + "\n")
    return directory


def test_reads_every_number_of_the_pool_and_hides_the_password(shop: Path) -> None:
    assert read_engine("shop.db:engine", directory=shop) == EngineFacts(
        name="shop.db:engine",
        dialect="postgresql",
        driver="asyncpg",
        pool_class="AsyncAdaptedQueuePool",
        pool_size=7,
        max_overflow=3,
        pool_timeout_s=4,
        pool_recycle_s=600,
        pre_ping=True,
        url="postgresql+asyncpg://shop:***@db.internal:5433/shop",
    )


def test_the_password_of_the_engine_is_masked_from_then_on(shop: Path) -> None:
    forget()
    assert "***" not in mask_held("the server was sent hunter2")
    read_engine("shop.db:engine", directory=shop)
    assert mask_held("the server was sent hunter2") == "the server was sent ***"
    forget()


def test_an_application_that_parses_arguments_at_import_does_not_see_ours(shop: Path) -> None:
    assert read_engine("shop.parses:engine", directory=shop).pool_size == 7


def test_threads_the_application_starts_are_not_waited_for(shop: Path) -> None:
    started = time.monotonic()
    assert read_engine("shop.threaded:engine", directory=shop).pool_size == 7
    assert time.monotonic() - started < 30


def test_what_the_application_leaves_running_is_not_waited_for(shop: Path) -> None:
    started = time.monotonic()
    assert read_engine("shop.detached:engine", directory=shop).pool_size == 7
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("shop.db", "must be written package.module:engine"),
        ("shop/db.py:engine", "must be written package.module:engine"),
        ("shop.db:", "must be written package.module:engine"),
        ("shoop.db:engine", "no module named 'shoop'"),
        ("shop.db:engin", "module shop.db has no attribute 'engin'; did you mean 'engine'?"),
        ("shop.dependent:engine", "ModuleNotFoundError: No module named 'no_such_package' (dependent.py, line 1)"),
        ("shop.unset:engine", "KeyError: 'SHOP_DATABASE_URL_THAT_IS_UNSET' (unset.py, line 2)"),
        ("shop.broken:engine", "SyntaxError"),
        ("shop.exits:engine", "the application exited (1) while it was imported (its last words: no settings)"),
        ("shop.noisy:engine", "the application exited (1) while it was imported (its last words: at last)"),
        ("shop.exits_quietly:engine", "the application exited (3) while it was imported"),
    ],
)
def test_whatever_stands_in_the_way_is_one_sentence(
    shop: Path, spec: str, said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageProblem) as caught:
        read_engine(spec, directory=shop)
    message = str(caught.value)
    assert message.startswith(f"--app {spec}: ")
    assert said in message
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")


def test_an_error_that_quotes_a_password_is_told_without_it(shop: Path) -> None:
    with pytest.raises(UsageProblem, match=r"ValueError: bad DSN postgresql://shop:\*\*\*@db/shop") as caught:
        read_engine("shop.secretive:engine", directory=shop)
    assert "hunter2" not in str(caught.value)


def test_gives_up_on_an_application_that_hangs(shop: Path) -> None:
    started = time.monotonic()
    with pytest.raises(UsageProblem, match="was not imported within 1 s"):
        read_engine("shop.hangs:engine", directory=shop, timeout_s=1)
    assert time.monotonic() - started < 10
