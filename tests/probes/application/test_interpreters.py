"""`--app` with the application's own Python, in which forge-doctor is not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.probes.application.app_engine import Interpreter, read_engine
from forge_doctor.probes.application.interpreters import find_interpreter

ENGINE = """
import os
import shop_settings
from sqlalchemy.ext.asyncio import create_async_engine
url = f"postgresql+asyncpg://shop:{os.environ['SHOP_SECRET']}@db/shop?password=hunter2"
engine = create_async_engine(url, pool_size=shop_settings.SIZE)
"""
NEEDED = ("sqlalchemy", "asyncpg", "greenlet", "typing_extensions.py", "async_timeout")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the application's libraries and a module of its own, without forge-doctor."""
    home = tmp_path_factory.mktemp("service") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    ours = Path(sysconfig.get_path("purelib"))
    found = [*sys.path, ours]
    for name in NEEDED:
        place = next((Path(folder, name) for folder in map(str, found) if Path(folder, name).exists()), None)
        if place is not None:
            (packages / name).symlink_to(place)
    (packages / "shop_settings.py").write_text("SIZE = 17\n")
    home.parent.joinpath("shop_db.py").write_text(ENGINE)
    done = subprocess.run([home / "bin" / "python", "-c", "import forge_doctor"], capture_output=True, cwd=home.parent)
    assert done.returncode != 0, "the environment must not have it"
    return home


def test_the_engine_is_read_without_forge_doctor_in_the_environment(environment: Path) -> None:
    python = Interpreter(
        path=str(environment / "bin" / "python"), folder=environment.parent, environment={"SHOP_SECRET": "hunter2"}
    )
    facts = read_engine("shop_db:engine", python=python)
    assert facts.pool_size == 17
    assert "hunter2" not in repr(facts)


def test_our_own_python_cannot_and_the_message_says_which_did(environment: Path) -> None:
    with pytest.raises(UsageProblem, match="shop_settings"):
        read_engine("shop_db:engine", directory=environment.parent)
    python = Interpreter(path=str(environment / "bin" / "python"), folder=environment.parent, environment={})
    with pytest.raises(UsageProblem, match=r"fails with KeyError: 'SHOP_SECRET'.*imported with .*\.venv/bin/python"):
        read_engine("shop_db:engine", python=python)


def test_a_python_that_is_none(tmp_path: Path) -> None:
    python = Interpreter(path=str(tmp_path / "python"))
    with pytest.raises(UsageProblem, match=r"--python .*/python: cannot be run: No such file"):
        read_engine("shop_db:engine", python=python)


@pytest.fixture
def worker(environment: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The application running from its folder, with its secret in its environment."""
    script = environment.parent / "serve.py"
    script.write_text("import time\nprint('up', flush=True)\ntime.sleep(600)\n")
    process = subprocess.Popen(
        [environment / "bin" / "python", script],
        cwd=environment.parent,
        env={"SHOP_SECRET": "hunter2", "PATH": os.defpath},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_workers_own_python_folder_and_environment_are_used(
    environment: Path, worker: subprocess.Popen[bytes]
) -> None:
    found = find_interpreter("shop_db:engine", python=None, variables={})
    assert found.path == str(environment / "bin" / "python")
    assert found.folder == environment.parent
    assert read_engine("shop_db:engine", python=found).pool_size == 17


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("has_library", [False, True])
def test_a_python_that_only_stands_in_the_folder_runs_no_application(
    tmp_path: Path, has_library: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A one-liner of a shell whose environment has no SQLAlchemy; that of another has it."""
    monkeypatch.chdir(tmp_path)
    module = f"stands_{time.time_ns()}"
    (tmp_path / f"{module}.py").touch()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "other"], check=True)
    (packages,) = tmp_path.glob("other/lib/python*/site-packages")
    if has_library:
        (packages / "sqlalchemy").mkdir()
    program = tmp_path / "other" / "bin" / "python"
    told = "import sys; print('up', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [program, "-c", told], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as standing:
        assert standing.stdout is not None
        assert standing.stdin is not None
        standing.stdout.readline()
        found = find_interpreter(f"{module}:engine", python=None, variables={})
        standing.stdin.close()
    assert found.path == (str(program) if has_library else sys.executable)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_server_comes_before_a_program(environment: Path, worker: subprocess.Popen[bytes], tmp_path: Path) -> None:
    """Of two that have the module, whichever began first."""
    (tmp_path / "shop_db.py").touch()
    (tmp_path / "uvicorn.py").write_text("import sys\nprint('up', flush=True)\nsys.stdin.read()\n")
    command = [str(environment / "bin" / "python"), "-m", "uvicorn", "shop_db:app"]
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as serving:
        assert serving.stdout is not None
        assert serving.stdin is not None
        serving.stdout.readline()
        found = find_interpreter("shop_db:engine", python=None, variables={})
        serving.stdin.close()
    assert found.folder == tmp_path


def test_without_a_worker_what_lies_at_hand(environment: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = f"no_such_module_{time.time_ns()}:engine"
    assert find_interpreter(name, python=None, variables={}).path == sys.executable
    told = find_interpreter(name, python=None, variables={"VIRTUAL_ENV": str(environment)})
    assert told.path == str(environment / "bin" / "python")
    (tmp_path / ".venv").symlink_to(environment)
    assert find_interpreter(name, python=None, variables={}).path == str(tmp_path / ".venv" / "bin" / "python")
    assert find_interpreter(name, python=Path(shutil.which("true") or "/bin/true"), variables={}).path.endswith("true")
