"""Which files around a project start the application in more than one process; reads them as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from forge_doctor.regex import regex

STARTERS = ("Dockerfile*", "*.dockerfile", "*.sh", "Procfile", "docker-compose*.y*ml", "compose*.y*ml", "gunicorn*.py",
            "fly.toml", "Makefile", "justfile", "package.json")  # fmt: skip
FOLDERS = ("", "docker", "deploy", "scripts", "bin", "backend", "api", "server", "app", ".docker", "ops", "k8s")
SEVERAL = regex(
    rb"(?:--workers|\s-w|WEB_CONCURRENCY|\bworkers|\breplicas)[\s=:\"',]{1,4}(?:\$\{\w{1,40}:-)?(?P<count>[2-9]|[1-9]\d)\b"
)
MOST_BYTES = 200_000


def several_workers(root: Path) -> tuple[str, ...]:
    """The places that start several, as `entrypoint.sh:2: --workers 4`; the first of each file."""
    return tuple(_found(root))[:3]


def _found(root: Path) -> Iterator[str]:
    for folder in FOLDERS:
        at = root / folder
        if not at.is_dir():
            continue
        for path in sorted({path for pattern in STARTERS for path in at.glob(pattern) if path.is_file()}):
            try:
                with path.open("rb") as opened:
                    data = opened.read(MOST_BYTES)
            except OSError:
                continue
            match = SEVERAL.search(data)
            if match is not None:
                line = data.count(b"\n", 0, match.start("count")) + 1
                yield f"{path.relative_to(root).as_posix()}:{line}: {match[0].decode('utf-8', 'replace').strip()}"
