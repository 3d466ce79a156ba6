"""The same question asked again is answered from what was kept, and never where a run would say something else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from forge_doctor.cli.shell import run_again
from forge_doctor.kept_results.file_status import PRESENCE
from forge_doctor.kept_results.kept_run import BETWEEN, BETWEEN_NAMES, run_document
from tests.support.git_repository import GitRepository, new_repository
from tests.support.lint_command import ROOT, Ran, lint

SESSION = "from sqlalchemy.ext.asyncio import AsyncSession\n\n\nasync def save(db: AsyncSession):\n    "
FAULTY, MENDED = f"{SESSION}db.commit()\n", f"{SESSION}await db.commit()\n"
AGAIN = "told again\n"


def write(folder: Path, name: str, text: str = FAULTY) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where answers are kept; every file counts as written long before the run."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(run_again, "STARTED_NS", time.time_ns() + 3_600_000_000_000)
    return tmp_path / "cache/forge-doctor/lint"


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    shop = tmp_path / "work/shop"
    write(shop, "app/save.py")
    write(shop, "app/fine.py", MENDED)
    write(shop, "docs/index.md", "# Shop\n")
    write(shop, ".gitignore", "drafts/\n")
    write(shop, "drafts/save.py")
    write(shop, "requirements.txt", "sqlalchemy>=2\n")
    write(shop, "pyproject.toml", '[tool.forge-doctor.lint]\nbaseline = "baseline.json"\n')
    lint(shop, "--no-cache", "--write-baseline", "baseline.json", "--select", "session-used-after-block")
    (tmp_path / "elsewhere").mkdir()
    (shop / "linked").symlink_to(tmp_path / "elsewhere")
    return new_repository(shop)


def kept(cache: Path) -> list[Path]:
    return sorted(cache.glob("*.run"))


def mark(cache: Path) -> None:
    """Let every kept answer say that it was told again."""
    for place in kept(cache):
        digest, status, _, statuses, names = place.read_bytes().partition(b"\n")[2].decode().split(BETWEEN)
        document = run_document(digest, int(status), AGAIN, names.split(BETWEEN_NAMES), statuses)
        assert document is not None
        place.write_bytes(document)


def asked_twice(cache: Path, shop: Path, *arguments: str) -> Ran:
    """Asked until the answer is told again, which is seen; gives what was told first."""
    first = lint(shop, *arguments)
    lint(shop, *arguments)
    mark(cache)
    assert lint(shop, *arguments) == Ran(first.status, AGAIN, "")
    return first


CHANGES: dict[str, Callable[[GitRepository], object]] = {
    "a file edited": lambda it: write(it.path, "app/fine.py"),
    "one of the same size": lambda it: write(it.path, "app/save.py", FAULTY.replace("db.commit", "db.flush( ")),
    "a file put beside": lambda it: write(it.path, "app/more.py"),
    "one in a folder that had none": lambda it: write(it.path, "docs/example.py"),
    "one in a hidden folder": lambda it: write(it.path, ".scripts/run.py"),
    "a file gone": lambda it: (it.path / "app/save.py").unlink(),
    "a file of another name": lambda it: (it.path / "app/save.py").rename(it.path / "app/store.py"),
    "settings of the project": lambda it: write(
        it.path, "forge-doctor.toml", '[lint]\nignore = ["unawaited-session-call"]\n'
    ),
    "settings nearer": lambda it: write(it.path, "pyproject.toml", "[tool.forge-doctor.lint]\nexclude = ['save.py']\n"),
    "an ignore file": lambda it: write(it.path, "app/.gitignore", "fine.py\n"),
    "the ignore file": lambda it: write(it.path, ".gitignore", ""),
    "the repository's own ignore file": lambda it: write(it.path, ".git/info/exclude", "app/\n"),
    "the user's ignore file": lambda it: write(it.path.parents[1], "config/git/ignore", "save.py\n"),
    "the user's settings of git": lambda it: write(
        it.path.parents[1], "config/git/config", f"[core]\n  excludesFile = {it.path}/docs/index.md\n"
    ),
    "an ignored file that git tracks": lambda it: it.git("add", "--force", "drafts/save.py"),
    "a repository inside": lambda it: (write(it.path, "inner/a.py"), new_repository(it.path / "inner")),
    "the baseline": lambda it: lint(it.path, "--no-cache", "--write-baseline", "baseline.json"),
    "a project inside": lambda it: write(it.path, "app/pyproject.toml", "[project]\n"),
    "an environment": lambda it: write(it.path, "app/pyvenv.cfg", ""),
    "what a link leads to": lambda it: (
        (it.path / "linked").unlink(),
        (it.path / "linked").symlink_to(it.path / "app/save.py"),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_answer_outlives_a_change(change: str, cache: Path, repository: GitRepository) -> None:
    shop = repository.path
    repository.commit()
    asked_twice(cache, shop, ".")
    CHANGES[change](repository)
    now = lint(shop, ".")
    assert now == lint(shop, ".", "--no-cache")
    assert AGAIN not in now.out


@pytest.mark.parametrize("gitignore", ["--gitignore", "--no-gitignore"])
def test_where_git_has_no_say_the_same_holds(gitignore: str, cache: Path, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    write(shop, "app/save.py")
    write(shop, "app/draft.py")
    asked_twice(cache, shop, gitignore)
    write(shop, ".gitignore", "draft.py\n")
    assert lint(shop, gitignore) == lint(shop, gitignore, "--no-cache")
    new_repository(shop)
    assert lint(shop, gitignore) == lint(shop, gitignore, "--no-cache")
    write(tmp_path, "forge-doctor.toml", '[lint]\nselect = ["session-used-after-block"]\n')
    assert lint(shop, gitignore) == lint(shop, gitignore, "--no-cache")
    assert lint(shop, gitignore).status == 0


def test_no_secret_of_the_environment_is_kept(
    cache: Path, repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", "wR7tide-9opal")
    asked_twice(cache, repository.path, ".")
    assert kept(cache)
    assert all(b"wR7tide" not in place.read_bytes() for place in cache.iterdir())
    monkeypatch.setenv("PGPASSWORD", "other")
    assert lint(repository.path, ".").out != AGAIN


def test_another_question_has_another_answer(
    cache: Path, repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = repository.path
    asked_twice(cache, shop, ".")
    assert "app/save.py" in lint(shop, "app").out
    assert lint(shop, ".", "--output-format", "json").out.startswith("{")
    assert lint(shop / "app", ".").out == lint(shop / "app", ".", "--no-cache").out
    monkeypatch.setenv("FORGE_DOCTOR_LINT_SELECT", "session-used-after-block")
    assert lint(shop, ".").status == 0
    monkeypatch.delenv("FORGE_DOCTOR_LINT_SELECT")
    monkeypatch.setenv("SHLVL", "9")
    assert lint(shop, ".").out == AGAIN


@pytest.mark.parametrize(
    "arguments",
    [
        *(("app", "--fix"), ("app", "--diff"), ("app", "--since", "HEAD"), ("app", "--output-file", "out.txt")),
        *(("app", "--html", "out.html"), ("app", "--exclude", "!venv"), ("app", "--no-cache"), ("missing.py",)),
        *(("app", "--select", "nonsense"), ("app", "--write-baseline", "new.json")),
    ],
)
def test_what_does_more_than_tell_or_was_not_looked_at_is_not_kept(
    arguments: tuple[str, ...], cache: Path, repository: GitRepository
) -> None:
    repository.commit()
    for _ in range(2):
        lint(repository.path, *arguments)
    assert kept(cache) == []


def test_what_could_not_be_looked_at_is_not_kept(cache: Path, repository: GitRepository) -> None:
    (repository.path / "app/nowhere.py").mkdir()
    (repository.path / "app/long.py").write_bytes(b"x" * 70_000_000)
    for _ in range(2):
        assert "long.py" in lint(repository.path).out
    assert kept(cache) == []


def test_nothing_is_kept_of_what_changed_about_when_the_run_began(
    cache: Path, repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_again, "STARTED_NS", time.time_ns() + 500_000_000)
    for _ in range(2):
        lint(repository.path)
    assert kept(cache) == []


@pytest.mark.parametrize("spoiled", [b"", b"\xff" * 99, b"00000000\n\0\0"])
def test_what_somebody_spoiled_is_no_answer(spoiled: bytes, cache: Path, repository: GitRepository) -> None:
    first = asked_twice(cache, repository.path, ".")
    for place in kept(cache):
        place.write_bytes(spoiled or place.read_bytes()[:-9])
    assert lint(repository.path, ".") == first


PROCESS = """
import sys
from forge_doctor.cli.shell import run_again
run_again.STARTED_NS += 3_600_000_000_000
before = {*sys.modules}
import atexit
atexit.register(lambda: sys.stderr.write(",".join(sorted({*sys.modules} - before))))
from forge_doctor.cli import main
main()
"""


def test_a_process_of_its_own_tells_it_with_next_to_nothing_loaded(cache: Path, repository: GitRepository) -> None:
    assert cache
    command = [sys.executable, "-c", PROCESS, "lint", "."]
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}

    def ran() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=repository.path, capture_output=True, text=True, check=False, env=variables)

    first, _, again = ran(), ran(), ran()
    assert "tree_sitter" in first.stderr
    assert {name.partition(".")[0] for name in again.stderr.split(",")} <= {
        "forge_doctor",
        "atexit",
        "gc",
        "_blake2",
        "zlib",
        "",
    }
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout) == (1, first.stdout)


WATCHED = """
import builtins, io, os, sys
from pathlib import Path
from forge_doctor.cli.shell import run_again
run_again.STARTED_NS += 3_600_000_000_000
touched = set()

def watch(module, name):
    inner = getattr(module, name)
    def seen(place=".", *others, **named):
        if isinstance(place, (str, bytes, os.PathLike)):
            touched.add((name, os.path.abspath(os.fsdecode(place))))
        return inner(place, *others, **named)
    setattr(module, name, seen)

for name in ("stat", "lstat", "scandir", "listdir", "open", "readlink"):
    watch(os, name)
watch(io, "open")
builtins.open = io.open

def tell():
    sys.stderr.write("\\n".join(f"{name} {place}" for name, place in sorted(touched)))

import atexit
from forge_doctor.cli import main
atexit.register(tell)
main()
"""


def test_all_that_a_run_touches_is_looked_at_again(cache: Path, repository: GitRepository, tmp_path: Path) -> None:
    shop = repository.path
    write(shop, "setup.cfg", "[metadata]\n")
    write(shop, "tests/conftest.py", MENDED)
    write(shop, "compose.yaml", "services: {}\n")
    write(shop, "app/routes.py", f"from app.fine import save\nimport requests, linked.more, build.x\n{FAULTY}")
    command = [sys.executable, "-c", WATCHED, "lint", "app", "tests/conftest.py", "drafts"]
    for _ in range(2):
        ran = subprocess.run(
            command, cwd=shop, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        assert ran.returncode == 1, ran.stderr
    (place,) = kept(cache)
    names = {*place.read_text().split(BETWEEN)[-1].split(BETWEEN_NAMES)}
    touched = [line.split(" ", 1) for line in ran.stderr.splitlines()]
    ours = [(how, Path(what)) for how, what in touched if Path(what).is_relative_to(tmp_path / "work") or what in names]
    assert len(ours) > 20
    missed = [
        (how, what)
        for how, what in ours
        if str(what) not in names
        and PRESENCE + str(what) not in names
        # Whether a name is there is told by the folder it would be in.
        and not (how in ("stat", "lstat", "readlink") and str(what.parent) in names and not what.is_file())
        # A folder above that became a link leads to another folder, whose number is another.
        and not (how == "lstat" and shop.is_relative_to(what))
    ]
    assert missed == []
