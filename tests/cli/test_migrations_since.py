"""`forge-doctor migrations` on a change: --since, --pending, and what CI says of the base branch."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.git_repository import GitRepository, new_repository
from tests.support.lint_command import Ran
from tests.support.migration_trees import (
    ENV,
    INDEX_DOWN,
    INDEX_UP,
    migrations,
    migrations_json,
    revision,
    shop,
    write,
)

OLD = "index-not-concurrent migrations/versions/b002.py:11"
NEW = "index-not-concurrent migrations/versions/c003.py:11"
VARIABLES = ("CI", "GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "SYSTEM_PULLREQUEST_TARGETBRANCH")


def index(id_: str, down: str) -> str:
    return revision(id_, down, INDEX_UP.replace("ix_note", f"ix_{id_}"), INDEX_DOWN.replace("ix_note", f"ix_{id_}"))


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def repository(tmp_path: Path) -> GitRepository:
    """`main` has a revision with a fault, the branch `work` one more."""
    made = new_repository(tmp_path)
    write(tmp_path, shop(b002=index("b002", "a001")))
    made.commit()
    made.git("switch", "--quiet", "--create", "work")
    write(tmp_path, {"migrations/versions/c003.py": index("c003", "b002")})
    made.commit()
    return made


def places(ran: Ran) -> list[str]:
    return [one for one in ran.places if one.startswith("index")]


def test_without_a_word_all_is_judged(repository: GitRepository) -> None:
    assert places(migrations_json(repository.path)) == [OLD, NEW]


@pytest.mark.parametrize("arguments", [("--since", "main"), ("--pending",), ("--since", "HEAD~1")])
def test_only_what_is_new_is_judged(arguments: tuple[str, ...], repository: GitRepository) -> None:
    ran = migrations_json(repository.path, *arguments)
    assert places(ran) == [NEW]
    assert '"judged": 1' in ran.out


def test_what_is_not_committed_is_new(repository: GitRepository) -> None:
    repository.write("migrations/versions/d004.py", index("d004", "c003"))
    assert [one for one in places(migrations_json(repository.path, "--since", "HEAD")) if "d004" in one] == [
        "index-not-concurrent migrations/versions/d004.py:11"
    ]


def test_the_graph_is_judged_whole(repository: GitRepository) -> None:
    repository.write("migrations/versions/d004.py", revision("d004", "b002", "pass"))
    ran = migrations_json(repository.path, "--since", "HEAD", "--select", "multiple-heads")
    assert [one["check"] for one in ran.findings] == ["multiple-heads", "multiple-heads"]


def test_old_lines_of_env_py_are_left_in_peace(tmp_path: Path) -> None:
    made = new_repository(tmp_path)
    write(tmp_path, {**shop(), "migrations/env.py": ENV.replace("\n\nrun_migrations_online()\n", "\n")})
    made.commit()
    assert migrations_json(tmp_path, "--since", "HEAD").findings == []
    write(tmp_path, {"migrations/env.py": ENV.replace("run_migrations_online()\n", "").replace("-> None:", ":")})
    assert [one["check"] for one in migrations_json(tmp_path, "--since", "HEAD").findings][:1] == [
        "env-run-migrations-not-called"
    ]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GITHUB_BASE_REF", "main"),
        ("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main"),
        ("SYSTEM_PULLREQUEST_TARGETBRANCH", "refs/heads/main"),
    ],
)
def test_ci_compares_with_the_base_of_the_change(
    variable: str, value: str, repository: GitRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv(variable, value)
    assert places(migrations_json(repository.path)) == [NEW]
    assert places(migrations_json(repository.path, "--all")) == [OLD, NEW]


def test_ci_without_a_change_compares_with_origin(
    repository: GitRepository, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    clone = tmp_path_factory.mktemp("clone") / "shop"
    repository.git("switch", "--quiet", "main")
    repository.git("clone", "--quiet", str(repository.path), str(clone))
    assert places(migrations_json(clone)) == []
    assert places(migrations_json(repository.path)) == [OLD]


def test_a_base_that_the_clone_lacks_is_said(repository: GitRepository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GITHUB_BASE_REF", "release")
    ran = migrations(repository.path)
    assert (ran.status, ran.out) == (3, "")
    assert "GITHUB_BASE_REF names release, which this clone does not have: git fetch origin release" in ran.err


def test_an_unknown_reference_is_said(repository: GitRepository) -> None:
    ran = migrations(repository.path, "--since", "nowhere")
    assert (ran.status, ran.out) == (2, "")
    assert "--since nowhere: git knows no such commit, branch or tag" in ran.err


def test_ci_outside_of_git_judges_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("GITHUB_BASE_REF", "main")
    write(tmp_path, shop(b002=index("b002", "a001")))
    assert places(migrations_json(tmp_path)) == [OLD]


def test_before_the_first_commit_all_is_new(tmp_path: Path) -> None:
    made = new_repository(tmp_path)
    write(tmp_path, shop(b002=index("b002", "a001")))
    assert places(migrations_json(tmp_path, "--since", "HEAD")) == [OLD]
    made.commit()
    assert places(migrations_json(tmp_path, "--since", "HEAD")) == []
