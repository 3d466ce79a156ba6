"""Start scripts that upgrade first: told where several replicas run them, and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.migration_trees import ENV, migrations_json, shop, write

SCRIPT = '#!/bin/sh\nset -e\n# alembic upgrade head\nalembic -c alembic.ini upgrade head\nexec uvicorn app:app "$@"\n'
IMAGE = "FROM python:3.13\nCOPY . .\nCMD {command}\n"
COMPOSE = "services:\n  db:\n    image: postgres\n  api:\n{own}\n    deploy:\n      replicas: {count}\n"
POD = "apiVersion: apps/v1\nkind: {kind}\nspec:\n  replicas: {count}\n  template:\n    spec:\n      containers:\n        - {run}\n"
BY_SCRIPT = IMAGE.format(command='["./start.sh"]')
LISTED = '    command:\n      - sh\n      - -c\n      - "alembic upgrade head; exec gunicorn app:app"'
UP_AND_RUN = "alembic upgrade head && uvicorn app:app --workers 2"
ARGS = f"args: ['sh', '-c', '{UP_AND_RUN}']"
RUN = f'sh -c "{UP_AND_RUN}"'
BY_ITSELF = IMAGE.format(command=RUN)


def found(folder: Path, files: Mapping[str, str]) -> list[tuple[str, int, str]]:
    ran = migrations_json(write(folder, shop() | files), "--select", "migrate-at-startup")
    return [(one["location"]["target"], one["location"]["line"], one["confidence"]) for one in ran.findings]


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"docker-compose.yml": COMPOSE.format(own=f"    command: {RUN}", count=3)}, ("docker-compose.yml", 5, "high")),
        (
            {"compose.yaml": COMPOSE.format(own=LISTED, count=2)},
            ("compose.yaml", 8, "high"),
        ),
        (
            {"deploy/compose.prod.yml": COMPOSE.format(own="    entrypoint: ./scripts/start.sh", count=12), "scripts/start.sh": SCRIPT},
            ("scripts/start.sh", 4, "high"),
        ),
        (
            {"docker-compose.yml": COMPOSE.format(own="    build: .", count=2), "Dockerfile": BY_ITSELF},
            ("Dockerfile", 3, "medium"),
        ),
        (
            {"docker-compose.yml": COMPOSE.format(own="    build: .", count=2), "Dockerfile": BY_SCRIPT, "start.sh": SCRIPT},
            ("start.sh", 4, "medium"),
        ),
        (
            {"k8s/api.yaml": "---\nkind: Service\n---\n" + POD.format(kind="Deployment", count=3, run=ARGS)},
            ("k8s/api.yaml", 11, "medium"),
        ),
    ],
)  # fmt: skip
def test_replicas_that_begin_with_an_upgrade_are_told(
    files: dict[str, str], place: tuple[str, int, str], tmp_path: Path
) -> None:
    assert found(tmp_path, files) == [place]
    assert (
        found(
            tmp_path,
            files | {"migrations/env.py": ENV.replace("SET lock_timeout = '4s'", "SELECT pg_advisory_xact_lock(1)")},
        )
        == []
    )


@pytest.mark.parametrize(
    "files",
    [
        {"docker-compose.yml": COMPOSE.format(own=f"    command: {RUN}", count=1)},
        {"docker-compose.yml": f"services:\n  api:\n    command: {RUN}\n  worker:\n    command: celery\n    deploy:\n      replicas: 4\n"},
        {"docker-compose.yml": COMPOSE.format(own="    command: alembic upgrade head", count=3)},
        {"docker-compose.yml": COMPOSE.format(own="    command: uvicorn app:app", count=3), "start.sh": SCRIPT},
        {"docker-compose.yml": COMPOSE.format(own="    build: .\n    command: uvicorn app:app", count=3), "Dockerfile": BY_ITSELF},
        {"docker-compose.yml": COMPOSE.format(own=f"    # command: {RUN}\n    command: uvicorn app:app", count=3)},
        {"start.sh": SCRIPT, "Dockerfile": IMAGE.format(command="./start.sh")},
        {"k8s/job.yaml": POD.format(kind="Job", count=3, run=ARGS)},
    ],
)  # fmt: skip
def test_one_process_and_a_step_of_its_own_are_not(files: dict[str, str], tmp_path: Path) -> None:
    assert found(tmp_path, files) == []
