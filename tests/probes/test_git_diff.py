"""What differs from a commit, asked of a real git whose configuration would start commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.probes.git import ask_git
from forge_doctor.probes.git_diff import diff_of_files
from tests.support.git_repository import GitRepository, new_repository


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    repository = new_repository(tmp_path / "shop")
    repository.write("app.py", "a = 1\nb = 2\n")
    repository.commit()
    return repository


def changed(repository: GitRepository) -> bytes:
    answer = diff_of_files(repository.path, repository.git("rev-parse", "HEAD").strip())
    assert answer.ok, answer.reason
    return answer.out


@pytest.mark.parametrize("kind", ["clean", "process"])
def test_no_filter_of_the_repository_is_run(repository: GitRepository, tmp_path: Path, kind: str) -> None:
    ran = tmp_path / "ran"
    repository.git("config", f"filter.mine.{kind}", f"touch {ran}; cat")
    repository.git("config", "filter.mine.required", "true")
    (repository.path / ".git/info/attributes").write_text("*.py filter=mine diff=mine\n", encoding="utf-8")
    repository.git("config", "diff.mine.textconv", f"touch {ran}; cat")
    repository.git("config", "diff.external", f"touch {ran}; true")
    repository.write("app.py", "a = 1\nb = 3\n")
    assert b"@@ -2 +2 @@" in changed(repository)
    assert not ran.exists()


def test_no_hook_is_run_and_nothing_is_written_into_the_repository(repository: GitRepository, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    hook = repository.path / ".git/hooks/post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {ran}\n", encoding="utf-8")
    hook.chmod(0o755)
    repository.write("app.py", "a = 1\nb = 3\n")
    before = sorted(path for path in (repository.path / ".git").rglob("*"))
    assert b"+b = 3" in changed(repository)
    assert not ran.exists()
    assert sorted(path for path in (repository.path / ".git").rglob("*")) == before


def test_a_lacking_object_is_fetched_from_nowhere(repository: GitRepository, tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    blob = repository.git("rev-parse", "HEAD:app.py").strip()
    (repository.path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    repository.git("config", "core.repositoryFormatVersion", "1")
    repository.git("config", "extensions.partialClone", "origin")
    repository.git("config", "remote.origin.promisor", "true")
    repository.git("config", "remote.origin.url", f"ext::sh -c 'touch {ran}'")
    repository.git("config", "protocol.ext.allow", "always")
    repository.write("app.py", "a = 1\nb = 3\n")
    answer = diff_of_files(repository.path, repository.git("rev-parse", "HEAD").strip())
    assert not answer.ok
    assert answer.reason
    assert not ran.exists()
    assert not ask_git(repository.path, "cat-file", "-e", blob).ok
    assert not ran.exists()


def test_line_ends_that_a_checkout_converted_are_no_change(repository: GitRepository) -> None:
    (repository.path / "app.py").write_bytes(b"a = 1\r\nb = 2\r\n")
    assert b"@@" not in changed(repository)
    (repository.path / "app.py").write_bytes(b"a = 1\r\nb = 3\r\n")
    assert b"@@ -2 +2 @@" in changed(repository)


def test_new_deleted_renamed_and_linked_files_are_told_apart(repository: GitRepository) -> None:
    lines = "".join(f"line_{number} = {number}\n" for number in range(20))
    repository.write("old.py", lines)
    repository.write("gone.py")
    repository.commit()
    repository.git("mv", "old.py", "new.py")
    repository.write("new.py", lines.replace("= 7\n", "= 70\n"))
    (repository.path / "gone.py").unlink()
    (repository.path / "link.py").symlink_to("app.py")
    repository.write("fresh.py", "import os\n")
    repository.git("add", "link.py", "fresh.py")
    told = changed(repository).decode()
    assert "rename from old.py" in told
    assert told.count("line_7 ") == 2
    assert "+++ b/fresh.py" in told
    assert "link.py" not in told
    assert "deleted file mode" in told


def test_a_repository_with_longer_names_is_asked_the_same(tmp_path: Path) -> None:
    repository = GitRepository(tmp_path)
    repository.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    repository.write("app.py", "a = 1\n")
    repository.commit()
    assert changed(repository) == b""
    repository.write("app.py", "a = 2\n")
    assert b"@@ -1 +1 @@" in changed(repository)
