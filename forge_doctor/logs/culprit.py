"""Finds the user's own frame in a traceback: not the standard library, not an installed distribution."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence

from forge_doctor.dataclass import dataclass
from forge_doctor.logs.records.event import Culprit
from forge_doctor.regex import regex
from forge_doctor.streams.heads.frames import HIDDEN, Frame, Section

_INSTALLED = regex(
    r"(?:^|/)(?:site-packages|dist-packages|Cellar|__pypackages__)/|\.egg/|\.(?:pyx|pxd|pxi|so|pyd|c)$|^<|/<|^frozen "
    r"|(?:^|/)(?:lib|lib64|Lib|lib/pypy)/?(?:python|pypy)\d(?:\.\d+)?t?/|(?:^|/)[Pp]ython3\d+/[Ll]ib/|/python3\d*\.zip/"
    r"|(?:^|/)(?:miniconda|anaconda|miniforge|\.conda)\d*/(?:envs/[^/]+/)?[Ll]ib/|(?:^|/)(?:bin|Scripts)/(?:[\w.-]+(?<!\.py)|django-admin\.py|[\w.-]+-script\.py)$"
    r"|(?:^|/)python\d\.\d+t?/(?:asyncio|logging|concurrent|contextlib|threading|importlib|multiprocessing|unittest)\b"
)
# Packages that turn up in odd places (vendored, zipped, relative paths of compiled code), told from
# a user's folder of the same name by what lies in it.
_FRAMEWORKS = {
    "sqlalchemy": "orm engine ext pool util sql dialects event connectors future testing exc.py",
    "asyncpg": "connection.py pool.py connect_utils.py protocol prepared_stmt.py transaction.py cursor.py exceptions"
    " connresource.py utils.py compat.py",
    "starlette": "routing.py applications.py middleware _exception_handler.py concurrency.py background.py responses.py"
    " requests.py endpoints.py testclient.py",
    "fastapi": "routing.py applications.py concurrency.py dependencies encoders.py _compat telemetry _body_limit.py"
    " middleware/asyncexitstack.py exception_handlers.py openapi",
    "uvicorn": "protocols middleware server.py main.py _subprocess.py lifespan supervisors workers.py loops config.py",
    "gunicorn": "arbiter.py workers app util.py glogging.py",
    "pydantic": "main.py _internal type_adapter.py deprecated functional_validators.py v1 dataclasses.py",
    "pydantic_core": "",
    "anyio": "_backends _core streams from_thread.py to_thread.py abc",
    "psycopg": "connection.py connection_async.py cursor.py cursor_async.py waiting.py generators.py _queries.py",
    "psycopg_pool": "",
    "uvloop": "loop.pyx",
    "sqlmodel": "ext orm main.py",
    "alembic": "command.py config.py runtime script operations util ddl autogenerate context.py",
    "h11": "_connection.py",
    "httptools": "parser",
    "importlib": "_bootstrap",
    "greenlet": "",
    "celery": "app worker concurrency",
    "hypercorn": "asyncio middleware app_wrappers.py",
    "asyncio": "base_events.py runners.py tasks.py events.py locks.py queues.py timeouts.py taskgroups.py",
    "logging": "__init__.py handlers.py config.py",
}
# What error reporters name from the folder of installed packages on (`vine/promises.py`): nobody's own package has such
# a name, as it would hide the installed one.
_INSTALLED_AS = regex(
    r"(?:"
    r"amqp|anyio|apscheduler|arq|asgiref|asyncmy|aiohttp|aiomysql|aiosqlite|billiard|boto3|botocore|celery"
    r"|channels|click|concurrent|daphne|ddtrace|django|dramatiq|elasticapm|flask|gevent|graphql|httpcore"
    r"|httpx|jinja2|kombu|litestar|mangum|multiprocessing|opentelemetry|peewee|psycopg2|pymysql|quart"
    r"|redis|requests|rest_framework|rq|sanic|sanic_routing|sentry_sdk|strawberry|structlog|taskiq|tenacity|tortoise|typer"
    r"|urllib3|vine|werkzeug"
    r")/"
    r"|(?:contextlib|functools|inspect|runpy|selectors|socket|ssl|threading|traceback|weakref)\.py$"
    r"|(?:json/(?:__init__|decoder|encoder)|http/client|urllib/request)\.py$"
)
# Where AWS Lambda and Vercel put the installed packages and a layer's: no folder of its own tells them from the function.
_FLAT = regex(r"/(?:opt/python|var/task)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How this log is read.

    `app_roots` are folders (or names of packages) that are the user's own even where they are
    installed; `reference` is a moment (seconds since the epoch) near the log's end, for stamps
    without a year; `zone_s` the offset from UTC of stamps without a zone.
    """

    app_roots: tuple[str, ...] = ()
    reference: float | None = None
    zone_s: float = 0.0


def normal_path(file: str) -> str:
    """The path with `/` between folders and no `.` folder."""
    path = file.replace("\\\\", "/").replace("\\", "/")
    while "/./" in path:
        path = path.replace("/./", "/")
    return path.removeprefix("./")


@functools.lru_cache(maxsize=4096)
def is_app(file: str, app_roots: tuple[str, ...] = ()) -> bool:
    """Whether a frame's file is the user's own code."""
    path = normal_path(file)
    for root in app_roots:
        rest = _below(path, normal_path(root).rstrip("/"))
        if rest is not None:
            return not _INSTALLED.search(rest)
    return bool(path) and not _INSTALLED.search(path) and not _framework(path)


def is_own(place: bytes, app_roots: tuple[str, ...] = ()) -> bool:
    """Whether a frame's place, its file first, is in the user's own code."""
    return is_app(place.rpartition(b":")[0].decode("utf-8", "replace"), app_roots)


def _below(path: str, root: str) -> str | None:
    if path.startswith(root + "/"):
        return path[len(root) + 1 :]
    if not root.startswith("/") and f"/{root}/" in path:
        return path.rpartition(f"/{root}/")[2]
    return None


def _framework(path: str) -> bool:
    flat = _FLAT.match(path)
    if _INSTALLED_AS.match(path, flat.end() if flat else 0):
        return True
    folders = path.split("/")
    for at, folder in enumerate(folders[:-1]):
        inside = _FRAMEWORKS.get(folder)
        if inside is None:
            continue
        rest = "/".join(folders[at + 1 :])
        if not inside or any(rest == entry or rest.startswith(entry + "/") for entry in inside.split()):
            return True
    return False


def find_culprit(sections: Sequence[Section], root: int, app_roots: tuple[str, ...]) -> Culprit | None:
    """The innermost user frame of the root section, else of the nearest one that has any.

    Sections after the root come first: they are the outer frames the exception went through. None where the frame may
    be among those that are not shown.
    """
    order = [root, *range(root + 1, len(sections)), *range(root - 1, -1, -1)]
    for at in order:
        found = innermost(sections[at].frames, app_roots)
        if found is not None or any(frame.file == HIDDEN for frame in sections[at].frames):
            return found
    return None


def innermost(frames: Iterable[Frame], app_roots: tuple[str, ...]) -> Culprit | None:
    """The last of the frames that is the user's own; none where frames behind it are not shown."""
    for frame in reversed(tuple(frames)):
        if frame.file == HIDDEN:
            return None
        if is_app(frame.file, app_roots):
            return Culprit(file=normal_path(frame.file), line=frame.line, function=frame.function, code=frame.code)
    return None
