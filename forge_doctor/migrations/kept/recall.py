"""The judgements of an earlier run where they would be the same today, else new ones, kept for the next run."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forge_doctor.kept_results.file_status import status_of
from forge_doctor.kept_results.store import ODD, read_document, stamp, store_for, write_document
from forge_doctor.migrations.judgement import Judgement
from forge_doctor.migrations.kept.ground import (
    Ground,
    ground_below,
    is_same,
    is_sure,
    outermost,
    plain_ground,
)
from forge_doctor.migrations.kept.plain_judgement import judgement_from, plain_judgement
from forge_doctor.migrations.request import Request

if TYPE_CHECKING:
    from forge_doctor.migrations.tree.tree import Place

# A search of more files than that costs about what judging does.
MOST_FILES = 20_000


def recalled(request: Request, folder: Path) -> tuple[Judgement, ...]:
    """What the checks say of each tree; `folder` is where that is kept.

    Raises `UsageProblem` for a path that is not there, `CannotInspect` where there is no tree.
    """
    store = store_for(folder, request.scope.base, _way(request))
    kept = read_document(store)
    try:
        told = _still_told(kept, store) if kept else None
    except (*ODD, OSError):
        told = None
    return _anew(request, store) if told is None else told


def _still_told(kept: Mapping[str, Any], store: Path) -> tuple[Judgement, ...] | None:
    """What was said, where nothing that it rests on has changed."""
    ground = ground_below(map(Path, kept["tops"]))
    if not is_same(ground, kept["ground"], _written_ns(store)):
        return None
    told = tuple(map(judgement_from, kept["judgements"]))
    if not is_sure(kept["ground"], ground, _written_ns(store)):
        write_document(store, {**kept, "ground": plain_ground(ground)})
    return told


def _anew(request: Request, store: Path) -> tuple[Judgement, ...]:
    """Judge, and keep what was said unless something changed meanwhile or could not be judged."""
    from forge_doctor.migrations.judge import judge_trees, places_of

    trees = places_of(request)
    tops = outermost(_tops(request, trees))
    before = ground_below(map(Path, tops))
    judgements = judge_trees(request, trees)
    if _can_be_kept(judgements, before, tops):
        plain = plain_ground(before)
        if ground_below(map(Path, tops)) == before:
            told = [plain_judgement(one) for one in judgements]
            write_document(store, {"tops": tops, "ground": plain, "judgements": told})
    return judgements


def _tops(request: Request, trees: Sequence[Place]) -> Iterable[Path]:
    """Everything that was looked through."""
    for path in request.paths:
        yield path.resolve() if path.is_dir() else path.resolve().parent
    for place in trees:
        yield from (place.project, place.folder, *place.versions)
        if place.configuration is not None:
            yield place.configuration.file.parent


def _can_be_kept(judgements: Sequence[Judgement], ground: Ground, tops: Sequence[str]) -> bool:
    crashed = any(each.crashed for one in judgements for each in one.not_run)
    inside = tuple(os.path.join(top, "") for top in tops)  # noqa: PTH118 - a prefix, not a path
    strangers = any(not str(path).startswith(inside) for one in judgements for path in one.files)
    return not crashed and not strangers and len(ground.files) <= MOST_FILES


def _written_ns(store: Path) -> int:
    try:
        return store.stat().st_mtime_ns
    except OSError:
        return 0


def _way(request: Request) -> tuple[str, ...]:
    """What an answer depends on beside the files: our own code, the parser, and all that was asked for."""
    from importlib.util import find_spec

    from forge_doctor import __version__

    package = Path(__file__).parent.parent.parent
    parsers = [spec for name in ("tree_sitter", "tree_sitter_python", "pgparse") if (spec := find_spec(name))]
    folders = [Path(folder) for spec in parsers for folder in spec.submodule_search_locations or ()]
    files = [str(status_of(spec.origin or "")) for spec in parsers if spec.submodule_search_locations is None]
    own = stamp(*(package / name for name in ("migrations", "code", "suppression", "sql", "kept_results")), *folders)
    asked: Mapping[str, Any] = {
        "paths": [str(path.absolute()) for path in request.paths],
        "here": str(request.here),
        "scope": repr(request.scope),
        "checks": repr(request.checks.entries),
        "per file": [(repr(patterns), sorted(ids)) for patterns, ids in request.per_file.entries],
        "changed": None if request.changed is None else sorted(map(repr, request.changed.files.items())),
    }
    return ("migrations", __version__, sys.version, own, *files, repr(asked))
