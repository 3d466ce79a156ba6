"""How a Python process was started, as far as its source and interpreter go: /proc alone, nothing is run in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from forge_doctor.dataclass import dataclass

FOLDER_FLAGS = ("--app-dir", "--chdir")
PYTHON = ("python", "pypy")
# Folders no application lies in by itself: to search them would be to search the machine.
TOO_LARGE = frozenset({"/", "/root", "/home", "/tmp", "/usr", "/opt", "/srv", "/var"})  # noqa: S108 - compared only


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """`interpreter` is how it was called (that of its virtual environment, not where the link leads), empty where
    not known; `folders` are where its modules may lie, the likeliest first; `root` leads to its file system; `scripts`
    are the Python files its command line names."""

    pid: int
    interpreter: str = ""
    directory: str = ""
    folders: tuple[str, ...] = ()
    root: str = ""
    scripts: tuple[str, ...] = ()


def read_runtime(pid: int, parent_pid: int | None = None) -> Runtime | None:
    """What /proc tells of the process; of a child whose title hides it, its parent's. None where we may not read it."""
    try:
        directory = os.readlink(f"/proc/{pid}/cwd")  # noqa: PTH115 - a link of /proc
        words = _command_line(pid)
        variables = _environment(pid)
    except OSError:
        return None
    above = _command_line(parent_pid) if parent_pid else ()
    interpreter = _interpreter(words, pid) or _interpreter(above, pid)
    root = "" if _same_root(pid) else f"/proc/{pid}/root"
    folders = [*_folders(words, directory), *_folders(above, directory), directory]
    folders += [each for each in variables.get("PYTHONPATH", "").split(os.pathsep) if each]
    folders += _editable(root, interpreter)
    return Runtime(
        pid=pid,
        interpreter=interpreter,
        directory=directory,
        folders=tuple(dict.fromkeys(os.path.normpath(each) for each in folders)),
        root=root,
        scripts=tuple(os.path.join(directory, word) for word in (*words, *above) if word.endswith(".py")),  # noqa: PTH118
    )


def find_source(runtime: Runtime, application: str) -> Path | None:
    """The folder its modules are in: the first that has the application's; without a name, one that has Python files."""
    if application.partition(":")[0].endswith(".py"):
        return _around_script(runtime, application.partition(":")[0])
    module = application.partition(":")[0].strip().replace(".", "/")
    for folder in runtime.folders:
        place = Path(runtime.root + folder)
        if module and any(place.joinpath(name).is_file() for name in _files_of(module)):
            return place
    for folder in runtime.folders:
        place = Path(runtime.root + folder)
        if folder not in TOO_LARGE and not module and any(place.glob("*.py")):
            return place
    return None


def _around_script(runtime: Runtime, name: str) -> Path | None:
    """The working directory where the script lies below it, else the script's own folder."""
    for path in (one for one in runtime.scripts if os.path.basename(one) == name):  # noqa: PTH119 - of another file system
        if Path(runtime.root + path).is_file():
            own = runtime.directory
            is_below = path.startswith(own.rstrip("/") + "/") and own not in TOO_LARGE
            return Path(runtime.root + (own if is_below else os.path.dirname(path)))  # noqa: PTH120
    return next((Path(runtime.root + one) for one in runtime.folders if Path(runtime.root + one, name).is_file()), None)


def _files_of(module: str) -> tuple[str, ...]:
    first = module.partition("/")[0]
    return (module, f"{module}.py", f"{module}/__init__.py", f"{first}/__init__.py")


def _command_line(pid: int) -> tuple[str, ...]:
    try:
        return tuple(Path(f"/proc/{pid}/cmdline").read_text(errors="replace").rstrip("\0").split("\0"))
    except OSError:
        return ()


def _environment(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/environ").read_text(errors="replace")
    pairs = (entry.partition("=")[::2] for entry in text.split("\0"))
    return {name: value for name, value in pairs if name in ("PYTHONPATH", "VIRTUAL_ENV")}


def _interpreter(words: Sequence[str], pid: int) -> str:
    """`argv[0]` where it is a Python by its path; of a script, what its first line names."""
    if not words or not words[0].startswith("/"):
        return ""
    if os.path.basename(words[0]).startswith(PYTHON):  # noqa: PTH119 - a string from another file system
        return words[0]
    try:
        with open(f"/proc/{pid}/root{words[0]}", "rb") as script:  # noqa: PTH123 - a path through /proc
            first = script.readline(300)
    except OSError:
        return ""
    name = first[2:].strip().split()[:1] if first.startswith(b"#!") else []
    return name[0].decode(errors="replace") if name and b"python" in name[0] else ""


def _folders(words: Sequence[str], directory: str) -> Iterator[str]:
    for index, word in enumerate(words):
        flag, given, value = word.partition("=")
        if flag in FOLDER_FLAGS:
            found = value if given else words[index + 1] if index + 1 < len(words) else ""
            if found:
                yield os.path.join(directory, found)  # noqa: PTH118 - a string from another file system


def _editable(root: str, interpreter: str) -> Iterator[str]:
    """What `.pth` files of its environment add to the path: a package installed to be edited lies there."""
    if not interpreter:
        return
    environment = Path(root + os.path.dirname(os.path.dirname(interpreter)))  # noqa: PTH120 - as above
    for path in sorted(environment.glob("lib/python3*/site-packages/*.pth")):
        try:
            lines = path.read_text(errors="replace").splitlines()
        except OSError:
            continue
        yield from (line.strip() for line in lines if line.startswith("/"))
    yield from (str(each)[len(root) :] for each in environment.glob("lib/python3*/site-packages"))


def _same_root(pid: int) -> bool:
    try:
        return os.readlink(f"/proc/{pid}/root") == "/" and os.path.samefile(f"/proc/{pid}/root", "/")  # noqa: PTH115, PTH121
    except OSError:
        return True
