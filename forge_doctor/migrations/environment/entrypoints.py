"""Which start scripts upgrade the database before they start the application, and run in several replicas at once.

Compose files and Kubernetes manifests are read as text, by their indentation: a block that says `replicas: 3` is looked
through for what it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from forge_doctor.migrations.environment.workers import FOLDERS
from forge_doctor.regex import regex

MANIFESTS = ("*.yml", "*.yaml")
PLACES = (*FOLDERS, "kubernetes", "manifests", "deployment", "deployments", "infra")
COMPOSE = regex(r"(?m)^services:[ \t]*+$")
SERVICE = regex(r"(?m)^(?P<indent>[ \t]{1,8}+)(?P<name>[\w.-]{1,80}):[ \t]*+(?:#[^\n]*+)?$")
REPLICAS = regex(r"(?m)^[ \t]*+(?:replicas|scale):[ \t]*+[\"']?(?P<count>[2-9]|[1-9]\d{1,4})\b")
DEPLOYMENT = regex(r"(?m)^kind:[ \t]*+[\"']?(?:Deployment|StatefulSet|ReplicaSet)\b")
UPGRADE = regex(r"\balembic\b[^\n#]{0,120}?\bupgrade\b")
START = regex(
    r"\b(?:uvicorn|gunicorn|hypercorn|granian|daphne)\b|\bfastapi\s{1,4}(?:run|dev)\b|\bexec\s{1,4}[\"']?\$@|"
    r"\bpython[\d.]{0,5}\s{1,4}(?:-m\s{1,4})?(?!-)[\w./]{1,80}"
)
NAMED = regex(r"(?m)^[ \t]*+(?:command|entrypoint|args):")
BUILT = regex(r"(?m)^[ \t]*+build:")
MOST_BYTES = 200_000


class Entry(NamedTuple):
    """Where the upgrade is written, and where it is told how many run it; `is_sure` where the one names the other."""

    path: Path
    line: int
    told: Path
    told_line: int
    replicas: int
    is_sure: bool


class _Text(NamedTuple):
    """A file without its comments."""

    path: Path
    text: str


def started_by_replicas(root: Path) -> Iterator[Entry]:
    """Every upgrade that several replicas begin with."""
    scripts = [one for one in _texts(root, ("*.sh",)) if _upgrade_in(one.text) >= 0]
    images = [*_texts(root, ("Dockerfile*", "*.dockerfile"))]
    for manifest in _texts(root, MANIFESTS):
        for block, at, is_compose in _blocks(manifest.text):
            replicas = REPLICAS.search(block)
            if replicas is None:
                continue
            found = _run_by(manifest, block, at, scripts, images if is_compose else [])
            if found is not None:
                path, line, is_sure = found
                told_line = _line(manifest.text, at + replicas.start("count"))
                yield Entry(path, line, manifest.path, told_line, int(replicas["count"]), is_sure and is_compose)


def _run_by(
    manifest: _Text, block: str, at: int, scripts: list[_Text], images: list[_Text]
) -> tuple[Path, int, bool] | None:
    """Where the upgrade that a block runs is written, and whether the block says so itself."""
    own = _upgrade_in(block)
    if own >= 0:
        return manifest.path, _line(manifest.text, at + own), True
    for script in scripts:
        if script.path.name in block:
            return script.path, _line(script.text, _upgrade_in(script.text)), True
    if NAMED.search(block) is None and BUILT.search(block) is not None and len(images) == 1:
        (image,) = images
        if _upgrade_in(image.text) >= 0:
            return image.path, _line(image.text, _upgrade_in(image.text)), False
        for script in scripts:
            if script.path.name in image.text:
                return script.path, _line(script.text, _upgrade_in(script.text)), False
    return None


def _upgrade_in(text: str) -> int:
    """The place of an upgrade behind which the application is started; -1 where there is none."""
    found = UPGRADE.search(text)
    return found.start() if found is not None and START.search(text, found.end()) is not None else -1


def _blocks(text: str) -> Iterator[tuple[str, int, bool]]:
    """The services of a compose file, the deployments of a manifest: each with its place, and whether it is a service."""
    services = COMPOSE.search(text)
    if services is not None:
        yield from _services(text, services.end())
        return
    at = 0
    for document in re.split(r"(?m)^(?=---)", text):
        if DEPLOYMENT.search(document) is not None:
            yield document, at, False
        at += len(document)


def _services(text: str, start: int) -> Iterator[tuple[str, int, bool]]:
    first = SERVICE.search(text, start)
    if first is None:
        return
    heads = [one.start() for one in SERVICE.finditer(text, start) if one["indent"] == first["indent"]]
    for at, end in zip(heads, [*heads[1:], len(text)], strict=True):
        yield text[at:end], at, True


def _texts(root: Path, patterns: tuple[str, ...]) -> Iterator[_Text]:
    for folder in dict.fromkeys(PLACES):
        at = root / folder
        for path in sorted({path for pattern in patterns for path in at.glob(pattern)} if at.is_dir() else ()):
            try:
                with path.open("rb") as opened:
                    text = opened.read(MOST_BYTES).decode("utf-8", "replace")
            except OSError:
                continue
            yield _Text(path, re.sub(r"(?m)^[ \t]*+#[^\n]*+", lambda found: " " * len(found[0]), text))


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
