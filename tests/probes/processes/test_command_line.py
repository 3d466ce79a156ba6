"""Command lines as people write them: the server, application and worker count, and no look-alike."""

from __future__ import annotations

import pytest

from forge_doctor.probes.processes.command_line import Kind, parse_command_line

SPAWN = "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=5, pipe_handle=7)"
TRACKER = "from multiprocessing.resource_tracker import main;main(4)"


@pytest.mark.parametrize(
    ("line", "server", "application", "workers"),
    [
        ("/v/bin/python3 /v/bin/uvicorn shop.main:app", "uvicorn", "shop.main:app", None),
        ("/v/bin/python3.12 -m uvicorn shop.main:app --workers 4", "uvicorn", "shop.main:app", 4),
        ("python -B -Wignore -X dev -m uvicorn --workers=2 shop.main:app", "uvicorn", "shop.main:app", 2),
        ("python -W error -m uvicorn --host 0.0.0.0 --reload shop.main:app", "uvicorn", "shop.main:app", None),
        ("/v/bin/uvicorn --factory shop.main:create --port 80", "uvicorn", "shop.main:create", None),
        ("/v/bin/uvicorn --no-access-log shop.main:app", "uvicorn", "shop.main:app", None),
        ("uvicorn shop.api.v1:container.app", "uvicorn", "shop.api.v1:container.app", None),
        ("python /v/bin/gunicorn -w 3 -k uvicorn.workers.UvicornWorker shop.main:app", "gunicorn", "shop.main:app", 3),
        ("python /v/bin/gunicorn -w3 --preload shop.main:create('live')", "gunicorn", "shop.main:create", 3),
        ("python /v/bin/gunicorn -c conf.py shop.main", "gunicorn", "shop.main", None),
        ("python -m hypercorn -w 2 -b 127.0.0.1:80 shop.main:app", "hypercorn", "shop.main:app", 2),
        ("python /v/bin/granian --interface asgi --workers 2 shop.main:app", "granian", "shop.main:app", 2),
        ("python /v/bin/fastapi run src/shop/main.py --workers 4", "fastapi", "main.py", 4),
        ("python /v/bin/fastapi run --app api src/shop/main.py", "fastapi", "main.py:api", None),
        ("python /v/bin/fastapi dev", "fastapi", "", None),
        ("python /v/bin/fastapi run --entrypoint shop.main:app", "fastapi", "shop.main:app", None),
        ("python /v/lib/python3.12/site-packages/uvicorn/__main__.py shop.main:app", "uvicorn", "shop.main:app", None),
        ("pypy3 -m uvicorn shop:app", "uvicorn", "shop:app", None),
        ("uwsgi --http :80 --module shop.wsgi:application --processes 4", "uwsgi", "shop.wsgi:application", 4),
        ("/v/bin/uwsgi --master -p 2 -w shop.wsgi", "uwsgi", "shop.wsgi", 2),
        ("uwsgi --ini /etc/shop.ini", "uwsgi", "", None),
    ],
)
def test_reads_server_application_and_workers(line: str, server: str, application: str, workers: int | None) -> None:
    program = parse_command_line(line.split())
    assert (program.kind, program.server, program.application) == (Kind.SERVER, server, application)
    assert program.workers_flag == workers


@pytest.mark.parametrize(
    ("title", "kind", "name"),
    [
        ("gunicorn: master [shop.main:app]", Kind.MASTER, "gunicorn shop.main:app"),
        ("gunicorn: worker [shop.main:app]", Kind.WORKER, "gunicorn shop.main:app"),
        ("gunicorn: worker [shop]", Kind.WORKER, "gunicorn shop"),
        ("granian asgi 0.0.0.0:8000 shop.main:app", Kind.MASTER, "granian shop.main:app"),
        ("granian asgi 0.0.0.0:8000 shop.main:app worker-2", Kind.WORKER, "granian shop.main:app"),
        ("(wsgi:shop)       -k start", Kind.WORKER, "mod_wsgi shop"),
        ("uWSGI master", Kind.MASTER, "uwsgi"),
        ("uWSGI worker 2", Kind.WORKER, "uwsgi"),
        ("[celeryd: celery@web-1:ForkPoolWorker-2] -active- (worker -A shop)", Kind.OTHER, "celery ForkPoolWorker-2"),
        ("[celeryd: celery@web-1:MainProcess] -active- (worker -A shop)", Kind.OTHER, "celery MainProcess"),
    ],
)
def test_reads_the_titles_servers_give_themselves(title: str, kind: Kind, name: str) -> None:
    program = parse_command_line([title, "", "", ""])
    assert (program.kind, program.name) == (kind, name)


@pytest.mark.parametrize(
    "argv",
    [
        ["tail", "-F", "uvicorn.log"],
        ["grep", "uvicorn"],
        ["vim", "uvicorn.py"],
        ["python", "uvicorn.py"],
        ["python", "-m", "pytest", "uvicorn"],
        ["sh", "-c", "uvicorn shop.main:app --workers 4"],
        ["/bin/bash", "/srv/uvicorn", "shop.main:app"],
        ["uv", "run", "uvicorn", "shop.main:app"],
        ["python", "/usr/bin/poetry", "run", "uvicorn", "shop.main:app"],
        ["/usr/bin/tini", "--", "uvicorn", "shop.main:app"],
        ["/usr/bin/dumb-init", "gunicorn", "shop.main:app"],
        ["sudo", "-u", "shop", "uvicorn", "shop.main:app"],
        ["python", "/v/bin/fastapi", "cloud", "deploy"],
        ["python", "-c", "import uvicorn; print(uvicorn.__version__)"],
        ["gunicorn: dirty-arbiter [shop.main:app]"],
        ["postgres: uvicorn shop 127.0.0.1(40000) idle"],
        [""],
        [],
    ],
)
def test_look_alikes_and_wrappers_are_no_server(argv: list[str]) -> None:
    assert parse_command_line(argv).server == ""


@pytest.mark.parametrize("flags", [[], ["-B", "-Wignore"], ["-X", "dev"]])
def test_multiprocessings_children_are_told_from_its_tracker(flags: list[str]) -> None:
    """An interpreter hands its own options down: they stand before the -c."""
    assert parse_command_line(["/v/bin/python3", *flags, "-c", SPAWN, "--multiprocessing-fork"]).kind is Kind.SPAWNED
    assert parse_command_line(["/v/bin/python3", *flags, "-c", TRACKER]).kind is Kind.HELPER


@pytest.mark.parametrize(
    ("line", "runner"),
    [
        ("python /v/bin/celery -A shop worker", "celery"),
        ("python /v/bin/arq shop.jobs.WorkerSettings", "arq"),
        ("python -m taskiq worker shop.jobs:broker", "taskiq"),
        ("/v/bin/python3 /v/bin/dramatiq shop.jobs -p 2", "dramatiq"),
        ("python -m rq.cli worker", "rq.cli"),
        ("python /v/bin/rq worker", "rq"),
        ("python -m procrastinate --app=shop.jobs.app worker", "procrastinate"),
    ],
)
def test_job_runners_serve_nothing_and_are_named(line: str, runner: str) -> None:
    program = parse_command_line(line.split())
    assert program.kind in (Kind.OTHER, Kind.PYTHON)
    assert program.server == ""
    assert program.name.split()[-1] == runner


@pytest.mark.parametrize(
    ("argv", "supervises"),
    [
        (["uwsgi", "--master", "-w", "shop"], True),
        (["uwsgi", "-w", "shop"], False),
        (["uvicorn", "shop:app"], False),
        (["uvicorn", "shop:app", "--workers", "1"], False),
        (["uvicorn", "shop:app", "--workers", "2"], True),
        (["uvicorn", "shop:app", "--reload"], True),
        (["fastapi", "run", "shop.py"], False),
        (["fastapi", "dev", "shop.py"], True),
        (["fastapi", "dev", "shop.py", "--no-reload"], False),
        (["hypercorn", "shop:app"], True),
        (["hypercorn", "-w", "0", "shop:app"], False),
        (["granian", "shop:app"], True),
    ],
)
def test_says_whether_children_run_the_application(argv: list[str], supervises: bool) -> None:
    assert parse_command_line(argv).supervises is supervises


@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (["psql", "postgresql://shop:hunter2@db/shop"], "psql"),
        (["/usr/lib/postgresql/15/bin/psql", "-c", "select 'hunter2'"], "psql"),
        (["python", "manage.py", "migrate", "--password", "hunter2"], "python manage.py"),
        (["python3", "/srv/shop/import_orders.py", "hunter2"], "python3 import_orders.py"),
        (["python", "-m", "shop.worker", "hunter2"], "python -m shop.worker"),
        (["python", "-c", "connect('hunter2')"], "python -c"),
        (["python", "-c'hunter2'"], "python -c"),
        (["python", "/v/bin/celery", "-A", "shop", "worker", "-b", "redis://:hunter2@db"], "celery"),
        (["java", "-Dpassword=hunter2", "-jar", "etl.jar"], "java"),
        (["postgres: walreceiver hunter2"], "postgres"),
        (["worker;password=hunter2"], "worker"),
        (["uvicorn", "--header", "Authorization:hunter2", "shop:app"], "uvicorn shop:app"),
        (["uvicorn", "--unknown-switch", "hunter2:hunter2"], "uvicorn"),
        (["gunicorn", "shop:create('hunter2')"], "gunicorn shop:create"),
    ],
)
def test_the_name_shown_holds_no_argument(argv: list[str], name: str) -> None:
    program = parse_command_line(argv)
    assert program.name == name
    assert "hunter2" not in repr(program)
