"""What a command line runs: which application server, application and worker count; keeps nothing else of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import PurePosixPath

from forge_doctor.dataclass import dataclass, replace


class Kind(StrEnum):
    """What sort of process a command line starts, before its relatives are known."""

    SERVER = "server"  # an application server; its tree tells master from worker
    MASTER = "master"  # says of itself that it supervises
    WORKER = "worker"  # says of itself that it works
    SPAWNED = "spawned"  # a child of multiprocessing's spawn or forkserver: its parent tells what it is
    HELPER = "helper"  # multiprocessing's resource tracker, forkserver, semaphore tracker
    PYTHON = "python"  # any other Python program: it may serve an application by itself
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The part of a command line that is safe to show and enough to judge.

    `name` is the program with its script or module, never an argument. `supervises` is True where
    a flag (`--workers 4`, `--reload`) says that children run the application; `keep_alive_s` how long its flag lets a
    connection idle between two requests.
    """

    kind: Kind
    name: str
    server: str = ""
    application: str = ""
    workers_flag: int | None = None
    supervises: bool = False
    keep_alive_s: int | None = None


SERVERS = frozenset({"uvicorn", "gunicorn", "hypercorn", "granian", "fastapi", "uwsgi"})
# Python programs that hold connections and may listen (metrics, debug ports) but serve no application.
BACKGROUND = frozenset(
    {
        "alembic",
        "arq",
        "celery",
        "dramatiq",
        "flower",
        "huey_consumer",
        "jupyter",
        "procrastinate",
        "pytest",
        "rq",
        "rqworker",
        "taskiq",
    }
)
# Options without a value: what follows them may be the application. Any other option hides the next
# word, so that the value of an unknown one (`--header Authorization:...`) is never taken for a name.
SWITCHES = frozenset(
    {
        *("--access-log", "--date-header", "--factory", "--proxy-headers", "--reload", "--server-header"),
        *("--use-colors", "--reset-contextvars", "--preload", "--daemon", "-D", "--capture-output", "-R"),
        *("--enable-stdio-inheritance", "--debug", "--log", "--ws", "--respawn-failed-workers", "--initgroups"),
        *(
            "--http2",
            "--reuse-port",
            "--master",
            "-M",
            "--enable-threads",
            "--die-on-term",
            "--suppress-ragged-eofs",
            "--do-handshake-on-connect",
            "--proxy-protocol",
        ),
    }
)
PYTHON = re.compile(r"(python|pypy)[\d.]*t?$")
TARGET = re.compile(r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?")
TITLE = re.compile(r"gunicorn: (master|worker)\b(?: \[([\w.:-]{1,100}))?")
GRANIAN_TITLE = re.compile(r"granian (?:asgi|asginl|rsgi|wsgi) \S+ ([A-Za-z_][\w.:]*)(?:\(\))?( worker-\d+)?")
MOD_WSGI_TITLE = re.compile(r"\(wsgi:([\w.:-]{1,100})\)")
UWSGI_TITLE = re.compile(r"uWSGI (master|worker)\b")
# What a celery with setproctitle calls itself: `[celeryd: celery@host:ForkPoolWorker-1] -active- (worker -A shop)`.
CELERY_TITLE = re.compile(r"\[celery(?:d|beat)?: [^\s\]:]{1,100}(?::([\w-]{1,40}))?\]")
SPAWNED = "from multiprocessing.spawn import spawn_main"
HELPERS = ("from multiprocessing.resource_tracker", "from multiprocessing.semaphore_tracker")
FORKSERVER = "from multiprocessing.forkserver import main"


def parse_command_line(argv: Sequence[str]) -> Program:
    """What `argv` runs; a wrapper (`sh -c`, `uv run`, `tini --`) is not what it starts."""
    words = [word for word in argv if word]
    if not words:
        return Program(kind=Kind.OTHER, name="")
    title = _parse_title(words[0])
    if title is not None:
        return title
    program, is_titled, _ = words[0].partition(": ")
    first = PurePosixPath(program).name
    if is_titled:
        return Program(kind=Kind.OTHER, name=_shown(first))
    if PYTHON.fullmatch(first):
        return _parse_python(first, words[1:])
    if first in SERVERS:
        return _parse_server(first, words[1:])
    return Program(kind=Kind.OTHER, name=_shown(first))


def is_title(words: str) -> bool:
    """Whether a server wrote this as its title, so that it is no command line to split."""
    return _parse_title(words) is not None


def _parse_title(title: str) -> Program | None:
    """Servers that set their own title (setproctitle) replace their whole command line by it."""
    if match := TITLE.match(title):
        kind = Kind.MASTER if match[1] == "master" else Kind.WORKER
        return _named(kind, "gunicorn", match[2] or "")
    if match := MOD_WSGI_TITLE.match(title):
        return _named(Kind.WORKER, "mod_wsgi", match[1])
    if match := CELERY_TITLE.match(title):
        return Program(kind=Kind.OTHER, name=f"celery {match[1] or ''}".strip())
    if match := UWSGI_TITLE.match(title):
        return _named(Kind.MASTER if match[1] == "master" else Kind.WORKER, "uwsgi", "")
    if match := GRANIAN_TITLE.match(title):
        return _named(Kind.WORKER if match[2] else Kind.MASTER, "granian", match[1])
    return None


def _parse_python(interpreter: str, words: Sequence[str]) -> Program:
    how, what, rest = _python_runs(words)
    if how == "-c":
        return _parse_code(interpreter, what)
    if how == "-m":
        name = what.split(".")[0] if what.endswith(".__main__") else what
        shown = f"{interpreter} -m {_shown(what)}"
    else:
        path = PurePosixPath(what)
        name = path.parent.name if path.name == "__main__.py" else path.name
        shown = f"{interpreter} {_shown(name)}".strip()
    if name in SERVERS:
        return _parse_server(name, rest)
    if name in BACKGROUND:
        return Program(kind=Kind.OTHER, name=name)
    return Program(kind=Kind.PYTHON, name=shown, application="" if how == "-m" else _shown(name))


def _python_runs(words: Sequence[str]) -> tuple[str, str, Sequence[str]]:
    """(`-c`, `-m` or ``, what follows it, its arguments), past the interpreter's own options."""
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] != "-":
        option = words[position]
        if option.startswith("--"):
            position += 2 if option == "--check-hash-based-pycs" else 1
            continue
        for index, letter in enumerate(option[1:], start=1):
            attached = option[index + 1 :]
            if letter in "cm":
                what = [attached, *words[position + 1 :]] if attached else list(words[position + 1 :])
                return f"-{letter}", what[0] if what else "", what[1:]
            if letter in "WX":
                position += 0 if attached else 1
                break
        position += 1
    rest = words[position:]
    return "", rest[0] if rest else "", rest[1:]


def _parse_code(interpreter: str, code: str) -> Program:
    if code.startswith((SPAWNED, FORKSERVER)):
        return Program(kind=Kind.SPAWNED, name=f"{interpreter} (multiprocessing)")
    if code.startswith(HELPERS):
        return Program(kind=Kind.HELPER, name=f"{interpreter} (multiprocessing)")
    return Program(kind=Kind.PYTHON, name=f"{interpreter} -c")


def _parse_server(server: str, words: Sequence[str]) -> Program:
    if server == "fastapi" and words[:1] not in (["run"], ["dev"]):
        return Program(kind=Kind.OTHER, name="fastapi")
    positional, options = _split(words)
    if server == "uwsgi":
        return _parse_uwsgi(options)
    workers = _number(options.get("--workers") or options.get("-w"))
    reloads = "--reload" in options or (server == "fastapi" and words[0] == "dev" and "--no-reload" not in options)
    application = _fastapi_target(positional, options) if server == "fastapi" else _target(positional[:1])
    supervises = reloads or (workers or 1) > 1 or server == "granian" or (server == "hypercorn" and workers != 0)
    kept = _number(options.get("--timeout-keep-alive") or options.get("--keep-alive"))
    return replace(_named(Kind.SERVER, server, application, workers, supervises=supervises), keep_alive_s=kept)


def _parse_uwsgi(options: dict[str, str]) -> Program:
    workers = _number(options.get("--processes") or options.get("--workers") or options.get("-p"))
    named = options.get("--module") or options.get("-w") or options.get("--wsgi") or ""
    return _named(Kind.SERVER, "uwsgi", _target([named]), workers, supervises="--master" in options or "-M" in options)


def _split(words: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """(words that are no option and no option's value, option -> its value)."""
    positional: list[str] = []
    options: dict[str, str] = {}
    pending = ""
    for word in words:
        if word.startswith("-"):
            option, _, value = word.partition("=")
            if re.fullmatch(r"-w\d+", word):
                option, value = "-w", word[2:]
            options[option] = value
            pending = "" if value or option in SWITCHES or option.startswith("--no-") else option
        elif pending:
            options[pending] = word
            pending = ""
        else:
            positional.append(word)
    return positional, options


def _fastapi_target(positional: Sequence[str], options: dict[str, str]) -> str:
    """`shop.main:app` from --entrypoint, else the file and --app; the first positional is `run` or `dev`."""
    if entrypoint := options.get("--entrypoint") or options.get("-e"):
        return _target([entrypoint])
    path = _shown(PurePosixPath(positional[1]).name) if len(positional) > 1 else ""
    app = _target([options.get("--app", "")])
    return f"{path}:{app}" if path and app else path


def _target(words: Sequence[str]) -> str:
    """`shop.main:app`; a factory's arguments, which may be anything, are left out."""
    word = words[0].partition("(")[0] if words else ""
    return word if TARGET.fullmatch(word) else ""


def _named(
    kind: Kind, server: str, application: str, workers: int | None = None, *, supervises: bool = False
) -> Program:
    return Program(
        kind=kind,
        name=f"{server} {application}".strip(),
        server=server,
        application=application,
        workers_flag=workers,
        supervises=supervises,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _shown(name: str) -> str:
    """The leading part of a program's name that can hold no argument."""
    match = re.match(r"[\w.+-]{1,64}", name)
    return match[0] if match else ""
