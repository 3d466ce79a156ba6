"""The logs that words name: files, folders, archives, standard input, containers; opens none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.finding import NotRun
from forge_doctor.streams.sources.archives import with_members
from forge_doctor.streams.sources.containers import ContainerSource
from forge_doctor.streams.sources.files import CHECK, Source, StdinSource, find_files, is_path

Found = TypeVar("Found")


def find_sources(
    words: Iterable[str],
    *,
    since: float | None = None,
    until: float | None = None,
    tail: int | None = None,
) -> tuple[list[Source], list[NotRun]]:
    """The sources, files first, and those that could not be found; raises `UsageProblem`.

    `since` and `until`, seconds since the epoch, and `tail` are asked of a container's Engine.
    """
    words = tuple(words)
    if "" in words:
        raise UsageProblem("a source without a name: an empty variable, perhaps; write . for this folder")
    plain, absent = find_files(word for word in words if word != "-" and is_path(word))
    files, broken = with_members(plain)
    found: list[Source] = [*files, *([StdinSource()] if "-" in words else [])]
    missing = [*absent, *broken]
    for word in (word for word in words if word != "-" and not is_path(word)):
        named = attempt(partial(_containers, word, since, until, tail), missing)
        found += [one for one in named if one not in found]
    return found, missing


def attempt(find: Callable[[], Sequence[Found]], missing: list[NotRun]) -> Sequence[Found]:
    """What was found; why nothing was, if so, goes to `missing`."""
    try:
        return find()
    except CannotInspect as problem:
        missing.append(NotRun(check=CHECK, reason=str(problem)))
        return ()


def _containers(word: str, since: float | None, until: float | None, tail: int | None) -> list[Source]:
    """The logs of the containers that a word names."""
    from forge_doctor.probes.docker.container_logs import find_container_logs

    return [ContainerSource(log=log, since=since, until=until, tail=tail) for log in find_container_logs(word)]
