"""Runs the rules over files, by one process or several, and spares those whose results are known from earlier runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from forge_doctor.code.files.contents import Reading, regular_bytes
from forge_doctor.code.files.modules import Modules, Roots
from forge_doctor.code.syntax.prefilter import DATABASE_WORDS
from forge_doctor.lint.cache.file_result import FileResult

if TYPE_CHECKING:
    from forge_doctor.code.semantics.names.outline import LateSurface, Surface, Surfaces
    from forge_doctor.lint.cache.result_cache import ResultCache
    from forge_doctor.lint.judge import Rule

# Called only where there is a file to lint.
Rules = Callable[[], "tuple[Rule, ...]"]
SurfacesByRoot = Mapping[Path, "Surfaces"]
# To survey a whole project costs more than to lint so few files that have nothing to do with a database.
FEW = 16


class Looked(NamedTuple):
    """The results, in the order of the files; how many of them were `fresh`, not known before; the folders of the projects
    around the files; and the names of what the results rest on, as in `FileResult.digests`."""

    results: tuple[FileResult, ...]
    fresh: int
    roots: tuple[Path, ...]
    grounds: Callable[[], set[str]]


def look(
    files: Sequence[Path], rules: Rules, overlay: Mapping[Path, bytes], jobs: int | None
) -> tuple[FileResult, ...]:
    """Without a cache."""
    return _linted(files, rules, overlay, {}, jobs)


def look_with_cache(files: Sequence[Path], rules: Rules, jobs: int | None, folder: Path, way: Iterable[str]) -> Looked:
    """With results kept in `folder`, apart for each `way` of linting; `files` in full."""
    from forge_doctor.kept_results.store import store_for
    from forge_doctor.lint.cache.result_cache import ResultCache

    by_root = _by_root(files)
    way = tuple(way)
    stores = {root: store_for(folder, root, way) for root in by_root}
    fresh: dict[Path, FileResult] = {}
    if len(files) <= FEW and not any(map(_is_there, stores.values())):
        alone = [path for path in files if not _has_to_do_with_database(path)]
        fresh.update(zip(alone, look(alone, rules, {}, jobs), strict=True))
    by_root = _by_root([path for path in files if path not in fresh])
    caches = {root: ResultCache(stores[root], Reading(root, {})) for root in by_root}
    known = _with_caches(caches, by_root, rules, jobs, fresh)

    def grounds() -> set[str]:
        found = {name for one in fresh.values() for name, _ in one.digests}
        return found.union(
            *(cache.grounds(path for path in by_root[root] if path in known) for root, cache in caches.items())
        )

    results = fresh | known
    return Looked(tuple(results[path] for path in files), len(fresh), tuple(stores), grounds)


def _is_there(store: Path) -> bool:
    """Whether a project has kept results: to read those costs less than what a rule may ask of all its files."""
    return os.path.exists(store)  # noqa: PTH110 - a folder closed to us holds nothing: `Path.exists` would raise


def _has_to_do_with_database(path: Path) -> bool:
    data = Reading(path.parent, {}).bytes_of(path) or b""
    return any(word in data for word in DATABASE_WORDS)


def _with_caches(
    caches: Mapping[Path, ResultCache],
    by_root: Mapping[Path, Sequence[Path]],
    rules: Rules,
    jobs: int | None,
    fresh: dict[Path, FileResult],
) -> dict[Path, FileResult]:
    """What was known of the files; the others are linted, and their results added to `fresh`."""
    for root, cache in caches.items():
        cache.survey(Modules(root))
    known = {path: result for root, own in by_root.items() for path in own if (result := caches[root].result(path))}
    missing = [path for own in by_root.values() for path in own if path not in known]
    surfaces = {root: cache.surfaces for root, cache in caches.items()} if missing else {}
    fresh.update(zip(missing, _linted(missing, rules, {}, surfaces, jobs), strict=True))
    for root, cache in caches.items():
        cache.take(fresh[path] for path in by_root[root] if path in fresh)
        cache.save()
    return known


def _by_root(files: Sequence[Path]) -> dict[Path, list[Path]]:
    """The files of each project."""
    found: dict[str, list[Path]] = {}
    roots = Roots()
    for path in files:
        found.setdefault(roots.of(os.path.dirname(path)), []).append(path)  # noqa: PTH120 - each file passes here
    return {Path(root): own for root, own in found.items()}


def _linted(
    files: Sequence[Path],
    rules: Rules,
    overlay: Mapping[Path, bytes],
    surfaces: SurfacesByRoot,
    jobs: int | None,
) -> tuple[FileResult, ...]:
    if not files:
        return ()
    from forge_doctor.lint.judge import Projects, lint_files, without_collector
    from forge_doctor.lint.parallel import default_jobs, lint_shared

    processes = min(jobs or default_jobs(len(files)), len(files))
    are_kept = bool(surfaces)
    if processes > 1:
        ids = [rule.id for rule in rules()]
        return lint_shared(files, ids, overlay, surfaces or _surveyed(files), processes, are_kept=are_kept)
    with without_collector():
        return tuple(lint_files(files, rules(), Projects(None, overlay, surfaces, are_results_kept=are_kept)))


def _surveyed(files: Sequence[Path]) -> SurfacesByRoot:
    """What the files of each project tell unopened, looked for once for all processes."""
    from forge_doctor.code.semantics.names.outline import surface_of

    found: dict[Path, dict[Path, Surface | LateSurface]] = {}
    for root in _by_root([path.absolute() for path in files]):
        read = ((Path(name), regular_bytes(Path(name))) for name in Modules(root).files())
        found[root] = {path: surface_of(data) for path, data in read if data is not None}
    return found
