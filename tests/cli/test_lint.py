"""`forge-doctor lint` as users run it: a real process, real files, a real git."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.git_repository import GitRepository, new_repository
from tests.support.lint_command import command, environment, lint, lint_json
from tests.support.unprivileged import without_root

FAULTY = """\
from sqlalchemy.ext.asyncio import AsyncSession


async def save(db: AsyncSession) -> None:
    db.commit()
"""
MENDED = FAULTY.replace("db.commit", "await db.commit")
RULE = "unawaited-session-call"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with one fault in `app/save.py`."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/pyproject.toml").write_text('[project]\nname = "shop"\n')
    return write(tmp_path / "shop", app__save=FAULTY, app__fine=MENDED)


@pytest.fixture
def repository(shop: Path) -> GitRepository:
    return new_repository(shop)


def configure(shop: Path, text: str) -> None:
    (shop / "pyproject.toml").write_text(f"[tool.forge-doctor.lint]\n{text}\n")


def test_a_fault_is_told_with_its_place_and_exits_1(shop: Path) -> None:
    ran = lint(shop)
    assert ran.status == 1
    assert "app/save.py:5:5" in ran.out
    assert RULE in ran.out


def test_clean_code_exits_0(shop: Path) -> None:
    assert lint(shop, "app/fine.py").status == 0


def test_without_paths_the_whole_project_is_linted_from_any_folder_in_it(shop: Path) -> None:
    (shop / "docs").mkdir()
    assert lint_json(shop / "docs").places == [f"{RULE} {shop}/app/save.py:5"]


def test_an_unsure_finding_does_not_fail_the_run(shop: Path) -> None:
    write(shop, app__save="async def save(session):\n    session.commit()\n")
    ran = lint_json(shop, "app/save.py", "--min-confidence", "low")
    assert [one["confidence"] for one in ran.findings] == ["low"]
    assert ran.status == 0


def test_a_path_that_is_not_there_exits_2_and_a_folder_without_python_3(shop: Path) -> None:
    missing = lint(shop, "app/nowhere.py")
    assert (missing.status, missing.out) == (2, "")
    assert missing.err.startswith("forge-doctor: app/nowhere.py: No such file or directory")
    (shop / "docs").mkdir()
    empty = lint(shop, "docs")
    assert (empty.status, empty.out) == (3, "")
    assert empty.err.startswith("forge-doctor: docs: no Python file to lint there")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--select", "unawaited-sesion-call"), "unknown check 'unawaited-sesion-call'; did you mean"),
        (("--fix", "--add-ignores"), "--fix and --add-ignores: can only be used one at a time"),
        (("--fix", "--watch"), "--fix: cannot be used with --watch"),
        (("--fix", "-"), "--fix: cannot be used with stdin (-)"),
        (("-", "app"), "-: cannot be used with other paths"),
        (("--stdin-filename", "x.py"), "--stdin-filename: needs - as the path"),
        (("--unsafe-fixes",), "--unsafe-fixes: needs --fix or --diff"),
        (("--reason", "x"), "--reason: needs --add-ignores"),
        (("--since", "main"), "--since main: "),
        (("--baseline", "no.json"), "--baseline no.json: there is no such file"),
        (("--write-baseline", "no/b.json"), "--write-baseline no/b.json: cannot be written"),
    ],
)
def test_options_that_contradict_each_other_or_name_nothing_exit_2(
    shop: Path, arguments: tuple[str, ...], message: str
) -> None:
    ran = lint(shop, *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert ran.err.startswith(f"forge-doctor: {message}")
    assert ran.err.count("\n") == 1


def test_stdin_is_judged_as_the_file_it_is_said_to_be(shop: Path) -> None:
    write(shop, app__db="from sqlalchemy.ext.asyncio import AsyncSession\n\n\nclass Own(AsyncSession):\n    pass\n")
    code = b"from app.db import Own\n\n\nasync def f(db: Own):\n    db.commit()\n"
    ran = lint_json(shop, "-", "--stdin-filename", "app/save.py", stdin=code)
    assert ran.places == [f"{RULE} app/save.py:5"]
    assert lint_json(shop, "-", stdin=MENDED.encode()).status == 0
    assert (shop / "app/save.py").read_text() == FAULTY


def test_files_named_one_by_one_give_what_the_whole_run_gives(shop: Path) -> None:
    write(
        shop,
        app__db=(
            "from typing import Annotated\nfrom fastapi import Depends\n"
            "from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker\n\n\n"
            "factory = async_sessionmaker(expire_on_commit=False)\n\n\nasync def get_db():\n"
            "    async with factory() as session:\n        yield session\n\n\n"
            "Db = Annotated[AsyncSession, Depends(get_db)]\n"
        ),
        app__orders="from app import Db\n\n\nasync def order(db: Db):\n    db.flush()\n",
        app__repo="from app import Db\n\n\nclass Repo:\n    def __init__(self, db: Db):\n        self.db = db\n",
        app__users="from app.repo import Repo\n\n\nclass Users(Repo):\n    async def f(s):\n        s.db.commit()\n",
    )
    (shop / "app/__init__.py").write_text("from app.db import Db\n")
    whole = lint_json(shop)
    unawaited = [place.split()[1] for place in whole.places if place.startswith(f"{RULE} ")]
    assert unawaited == ["app/orders.py:5", "app/save.py:5", "app/users.py:6"]
    singly = [lint_json(shop, f"app/{path.name}").findings for path in sorted((shop / "app").glob("*.py"))]
    key = lambda one: json.dumps(one, sort_keys=True)  # noqa: E731
    assert sorted((one for found in singly for one in found), key=key) == sorted(whole.findings, key=key)
    from_inside = lint_json(shop / "app", "users.py", "orders.py").places
    assert from_inside == [f"{RULE} orders.py:5", f"{RULE} users.py:6"]


def test_excludes_and_per_file_ignores_come_from_the_configuration(shop: Path) -> None:
    write(shop, app__legacy__old=FAULTY, tests__test_a=FAULTY, app__kept=FAULTY)
    configure(shop, f'exclude = ["app/legacy"]\nper-file-ignores = {{ "tests" = ["{RULE}"] }}')
    assert lint_json(shop).places == [f"{RULE} app/kept.py:5", f"{RULE} app/save.py:5"]
    assert lint_json(shop, "--exclude", "kept.py").places == [f"{RULE} app/save.py:5"]
    assert lint_json(shop, "app/legacy/old.py").places == [f"{RULE} app/legacy/old.py:5"]


def test_force_exclude_leaves_out_named_files_and_nothing_left_is_clean(shop: Path) -> None:
    configure(shop, 'exclude = ["app/save.py"]')
    ran = lint_json(shop, "app/save.py", "--force-exclude")
    assert (ran.status, ran.findings) == (0, [])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('exlude = ["a"]', "unknown key 'exlude' in [tool.forge-doctor.lint]; did you mean 'exclude'?"),
        ('per-file-ignores = { "a" = ["unawaited-sesion-call"] }', "per-file-ignores 'a': unknown check"),
        ('baseline = "gone.json"', "gone.json: there is no such file"),
    ],
)
def test_a_mistake_in_the_configuration_is_named(shop: Path, text: str, message: str) -> None:
    configure(shop, text)
    ran = lint(shop)
    assert (ran.status, ran.out) == (2, "")
    assert message in ran.err


def test_an_ignore_with_a_reason_mutes_and_an_unused_one_is_told(shop: Path) -> None:
    mark = f"  # forge-doctor: ignore[{RULE}] a double"
    write(shop, app__save=FAULTY.replace("commit()", f"commit(){mark}"), app__fine=MENDED.rstrip() + mark + "\n")
    ran = lint_json(shop)
    assert ran.places == ["unused-ignore app/fine.py:5"]
    assert ran.status == 0
    selected = lint_json(shop, "--select", "unexplained-ignore")
    assert selected.findings == []


def test_fix_mends_the_file_tells_on_stderr_and_leaves_the_rest(shop: Path) -> None:
    write(shop, app__crlf=FAULTY.replace("\n", "\r\n"))
    ran = lint_json(shop, "--fix")
    assert (ran.status, ran.findings) == (0, [])
    assert ran.err == f"forge-doctor: fixed: 2 findings in 2 files ({RULE} 2)\n"
    assert (shop / "app/save.py").read_text() == MENDED
    assert (shop / "app/crlf.py").read_bytes() == MENDED.replace("\n", "\r\n").encode()
    assert (shop / "app/fine.py").read_text() == MENDED


def test_fix_follows_what_other_modules_say(shop: Path) -> None:
    write(
        shop,
        app__db="from sqlalchemy.ext.asyncio import AsyncSession\n\n\nclass Own(AsyncSession):\n    pass\n",
        app__use="from app.db import Own\n\n\nasync def f(db: Own, query):\n    return db.execute(query).scalars()\n",
    )
    lint(shop, "app/use.py", "--fix")
    assert "    return (await db.execute(query)).scalars()\n" in (shop / "app/use.py").read_text()


def test_diff_prints_a_patch_git_applies_and_writes_nothing(repository: GitRepository) -> None:
    shop = repository.path
    write(shop, app__save=FAULTY.rstrip("\n"))
    ran = lint(shop, "--diff")
    assert ran.status == 1
    assert (shop / "app/save.py").read_text() == FAULTY.rstrip("\n")
    (shop / "fix.patch").write_text(ran.out)
    repository.git("apply", "fix.patch")
    assert (shop / "app/save.py").read_text() == MENDED.rstrip("\n")
    again = lint(shop, "--diff")
    assert (again.status, again.out) == (0, "")


def test_a_file_that_cannot_be_written_is_named_and_the_finding_stays(shop: Path) -> None:
    write(shop, app__save="# coding: ascii\n" + FAULTY)
    (shop / "app/link.py").symlink_to("save.py")
    (shop / "app/save.py").write_bytes(("# coding: utf-7\n" + FAULTY).encode() + b"x = '+AGE-'\n")
    ran = lint_json(shop, "--fix")
    assert "app/save.py: left alone: " in ran.err
    assert ran.places == [f"{RULE} app/save.py:6"]
    assert ran.status == 1


def test_a_baseline_leaves_only_new_findings(shop: Path) -> None:
    written = lint(shop, "--write-baseline", "known.json")
    assert (written.status, written.out) == (0, "")
    assert written.err == "forge-doctor: known.json: 1 finding written\n"
    write(shop, app__save="# moved\n\n" + FAULTY)
    known = lint_json(shop, "--baseline", "known.json")
    assert (known.status, known.findings) == (0, [])
    write(shop, app__save=FAULTY + "    db.flush()\n")
    assert lint_json(shop, "--baseline", "known.json").places == [f"{RULE} app/save.py:6"]
    configure(shop, 'baseline = "known.json"')
    assert lint_json(shop / "app").places == [f"{RULE} save.py:6"]
    write(shop, app__save=MENDED)
    assert "gone: 1 finding of the baseline" in lint(shop).err


def test_a_baseline_of_some_files_keeps_what_is_known_of_the_others(shop: Path) -> None:
    write(shop, app__other=FAULTY, app__third=FAULTY)
    lint(shop, "--write-baseline", "known.json")
    (shop / "app/third.py").unlink()
    write(shop, app__save=MENDED)
    lint(shop, "app/save.py", "--write-baseline", "known.json")
    entries = json.loads((shop / "known.json").read_text())["findings"]
    assert [entry["path"] for entry in entries] == ["app/other.py"]


def test_since_tells_only_what_changed(repository: GitRepository) -> None:
    repository.commit()
    clean = lint_json(repository.path, "--since", "HEAD")
    assert (clean.status, clean.findings) == (0, [])
    write(repository.path, app__save=FAULTY + "    db.flush()\n", app__new=FAULTY)
    ran = lint_json(repository.path, "--since", "HEAD")
    assert ran.places == [f"{RULE} app/new.py:5", f"{RULE} app/save.py:6"]


def test_add_ignores_silences_what_is_there_and_asks_for_reasons(shop: Path) -> None:
    ran = lint(shop, "--add-ignores")
    assert (ran.status, ran.out) == (0, "")
    assert (shop / "app/save.py").read_text() == FAULTY.replace("()\n", f"()  # forge-doctor: ignore[{RULE}]\n")
    assert lint_json(shop).places == ["unexplained-ignore app/save.py:5"]
    write(shop, app__save=FAULTY)
    lint(shop, "--add-ignores", "--reason", "a recording double")
    assert lint_json(shop).findings == []


def test_statistics_count_the_findings_by_rule(shop: Path) -> None:
    write(shop, app__more=FAULTY)
    lines = [line.split() for line in lint(shop, "--statistics").out.splitlines()]
    assert [RULE, "2", "2"] in lines


def test_a_file_without_utf8_in_its_name_is_told_and_mended(shop: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(shop) + b"/app/caf\xe9.py"))
    path.write_text(FAULTY)
    for output_format in ("text", "json"):
        ran = lint(shop, "--output-format", output_format)
        assert ran.status == 1
        assert "caf\\xe9.py" in ran.out.replace("\\\\", "\\")
    lint(shop, "--fix")
    assert path.read_text() == MENDED


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(shop: Path) -> None:
    write(shop, app__other=FAULTY)
    lint_json(shop)  # imports what an ordinary user may not
    with without_root(shop):
        (shop / "app/other.py").chmod(0)
        partly = lint_json(shop)
        blind = lint_json(shop, "app/other.py")
    assert (partly.status, partly.places) == (1, [f"{RULE} app/save.py:5"])
    assert blind.status == 3
    for ran in (partly, blind):
        assert ["app/other.py" in one["reason"] for one in json.loads(ran.out)["not_run"]] == [True]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 100,
        b"def f(:\n",
        b"\xef\xbb\xbf" + FAULTY.encode(),
        b"# coding: nonsense\n",
        b"x = '\xff'\n",
        b"{% if x %}\n{{ session }}\n{% endif %}\n",
        b"x = 1\r\n\x0c\r\ny = 2\r",
        b"session = [" + b"1, " * 700_000 + b"]\n",
        b"session = " + b"(" * 500 + b")" * 500 + b"\n",
        b"# forge-doctor: ignore[" + b"a" * 1000,
        b"\xff\xfe" + "session = 1".encode("utf-16-le"),
    ],
    ids=lambda data: repr(data[:20]),
)
def test_no_content_raises_and_no_change_is_made_without_a_fix(shop: Path, data: bytes) -> None:
    path = shop / "app/odd.py"
    path.write_bytes(data)
    for arguments in ((), ("--diff",)):
        ran = lint(shop, "app/odd.py", "--min-confidence", "low", *arguments)
        assert ran.status in (0, 1, 3)
        assert path.read_bytes() == data
    assert lint(shop, "app/odd.py", "--min-confidence", "low", "--add-ignores").status in (0, 3)
    assert lint_json(shop).places.count(f"{RULE} app/save.py:5") == 1


def test_watch_lints_again_when_a_file_changes_and_ends_cleanly_on_interrupt(shop: Path) -> None:
    process = subprocess.Popen(
        command("--watch", "-f", "concise"), cwd=shop, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        os.set_blocking(process.stdout.fileno(), False)
        wait_for(process, b"app/save.py:5")
        write(shop, app__save="\n" + FAULTY)
        wait_for(process, b"app/save.py:6")
        write(shop, app__save=MENDED)
        wait_for(process, b"no findings")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0
    assert err == b""


def wait_for(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdout is not None
    seen = b""
    deadline = time.monotonic() + 20
    while text not in seen:
        assert time.monotonic() < deadline, seen
        assert process.poll() is None, process.communicate()
        seen += process.stdout.read() or b""
        time.sleep(0.05)


def test_results_are_kept_in_the_cache_folder_unless_told_not_to(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    write(shop, **{f"app__other_{number}": "" for number in range(20)})
    cold = lint_json(shop, "--no-cache")
    assert not cache.exists()
    assert lint_json(shop).findings == cold.findings
    kept = list((cache / "forge-doctor" / "lint").glob("*.json"))
    assert len(kept) == 1
    assert lint_json(shop).findings == cold.findings


def test_a_baseline_goes_into_a_new_file_an_empty_one_or_a_pipe_and_over_nothing_else(shop: Path) -> None:
    (shop / "empty.json").touch()
    for file in ("empty.json", "/dev/stdout"):
        written = lint(shop, "--write-baseline", file)
        assert (written.status, written.err) == (0, f"forge-doctor: {file}: 1 finding written\n")
    assert lint(shop, "--baseline", "empty.json").status == 0
    (shop / "notes.txt").write_text("to do")
    refused = lint(shop, "--write-baseline", "notes.txt")
    assert (refused.status, (shop / "notes.txt").read_text()) == (2, "to do")
    assert "holds what is no baseline" in refused.err
