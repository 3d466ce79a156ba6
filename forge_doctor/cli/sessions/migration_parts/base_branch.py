"""Which branch a change is to be merged into, as the environment of CI and git tell it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.probes.git import ask_git

# What CI systems call the branch of a pull request's base: GitHub and Forgejo, GitLab, Azure, Bitbucket, Buildkite, Jenkins,
# Drone and Woodpecker, AppVeyor, Travis, Codefresh.
VARIABLES = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
    "CHANGE_TARGET",
    "DRONE_TARGET_BRANCH",
    "CI_COMMIT_TARGET_BRANCH",
    "TRAVIS_PULL_REQUEST_BRANCH",
    "CF_PULL_REQUEST_TARGET",
)
DEFAULTS = ("origin/HEAD", "origin/main", "origin/master")
LOCAL = ("main", "master")
NO = ("", "0", "false", "no")


class Base(NamedTuple):
    """A reference git knows, and what it is to be called in messages."""

    reference: str
    option: str


def base_branch(folder: Path, *, asked: bool, environment: Mapping[str, str] | None = None) -> Base | None:
    """The base of the change in a folder: in CI, or where it is asked for; None where every revision is to be judged.

    Raises `CannotInspect` where CI names a branch that this clone lacks, `UsageProblem` where it is asked for and there is none.
    """
    told = os.environ if environment is None else environment
    if not asked and told.get("CI", "").lower() in NO:
        return None
    named = next(((variable, told[variable]) for variable in VARIABLES if told.get(variable)), None)
    is_repository = ask_git(folder, "rev-parse", "--show-toplevel").ok
    if named is not None and is_repository:
        return _named(folder, *named)
    candidates = (*DEFAULTS, *(LOCAL if asked else ())) if is_repository else ()
    found = next((one for one in candidates if _knows(folder, one)), None)
    if found is None and asked:
        reason = (
            "there is no branch main or master, here or at origin" if is_repository else "it is in no git repository"
        )
        raise UsageProblem(f"--pending: {folder}: {reason}: name what it is to be compared with by --since")
    return None if found is None else Base(found, "--pending")


def _named(folder: Path, variable: str, branch: str) -> Base:
    short = branch.removeprefix("refs/heads/")
    for reference in (f"origin/{short}", short):
        if _knows(folder, reference):
            return Base(reference, variable)
    raise CannotInspect(
        f"{variable} names {short}, which this clone does not have: git fetch origin {short} (with GitHub's checkout: "
        "fetch-depth: 0), or judge every revision with --all"
    )


def _knows(folder: Path, reference: str) -> bool:
    return ask_git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}").ok
