"""Runs the rules over files, by one process or several, and spares those whose results are known from earlier runs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from forge_doctor.lint.modules import Modules, Roots
from forge_doctor.lint.reading import Reading
from forge_doctor.lint.run import FileResult, Projects, Rule, lint_files, without_collector
from forge_doctor.lint.surface import Surface

Surfaces = Mapping[Path, Mapping[Path, Surface]]
# To survey a whole project for the first time for the sake of a few files costs more than to lint them.
FEW = 16


def look(
    files: Sequence[Path], rules: tuple[Rule, ...], overlay: Mapping[Path, bytes], jobs: int | None
) -> tuple[FileResult, ...]:
    """Without a cache."""
    return _linted(files, rules, overlay, {}, jobs)


def look_with_cache(
    files: Sequence[Path], rules: tuple[Rule, ...], jobs: int | None, folder: Path, way: Iterable[str]
) -> tuple[FileResult, ...]:
    """With results kept in `folder`, apart for each `way` of linting; `files` in full."""
    from forge_doctor.lint.result_cache import ResultCache
    from forge_doctor.lint.result_store import is_kept, store_for

    way = (*way, *(rule.id for rule in rules))
    by_root = _by_root(files)
    caches = {root: ResultCache(store_for(folder, root, way), Reading(root, {})) for root in by_root}
    if len(files) <= FEW and not all(is_kept(cache.store) for cache in caches.values()):
        return look(files, rules, {}, jobs)
    for root, cache in caches.items():
        cache.survey(Modules(root))
    known = {path: caches[root].results.get(str(path)) for root, own in by_root.items() for path in own}
    missing = [path for path in files if known[path] is None]
    surfaces = {root: cache.surfaces for root, cache in caches.items()}
    fresh = dict(zip(missing, _linted(missing, rules, {}, surfaces, jobs), strict=True))
    for root, cache in caches.items():
        cache.take(fresh[path] for path in by_root[root] if path in fresh)
        cache.save()
    return tuple(known[path] or fresh[path] for path in files)


def _by_root(files: Sequence[Path]) -> dict[Path, list[Path]]:
    """The files of each project."""
    found: dict[str, list[Path]] = {}
    roots = Roots()
    for path in files:
        found.setdefault(roots.of(os.path.dirname(path)), []).append(path)  # noqa: PTH120 - each file passes here
    return {Path(root): own for root, own in found.items()}


def _linted(
    files: Sequence[Path],
    rules: tuple[Rule, ...],
    overlay: Mapping[Path, bytes],
    surfaces: Surfaces,
    jobs: int | None,
) -> tuple[FileResult, ...]:
    from forge_doctor.lint.parallel import default_jobs, lint_shared

    processes = min(jobs or default_jobs(len(files)), len(files))
    if processes > 1:
        return lint_shared(files, [rule.id for rule in rules], overlay, surfaces, processes)
    with without_collector():
        return tuple(lint_files(files, rules, Projects(None, overlay, surfaces)))
