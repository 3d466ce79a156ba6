"""The two files libpq reads, `.pgpass` and `pg_service.conf`; it writes neither."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from forge_doctor.dataclass import dataclass
from forge_doctor.errors import UsageProblem
from forge_doctor.probes.postgres.target import Host, Secret

SYSTEM_SERVICE_DIRS = ("/etc/postgresql-common", "/etc")
OTHERS = 0o077


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordFile:
    """A `.pgpass`: its entries, or why it was passed over."""

    path: Path
    entries: tuple[tuple[str, ...], ...] = ()
    ignored: str = ""

    def password(self, host: Host, database: str, user: str) -> Secret | None:
        """The first entry that fits, as libpq takes it."""
        name = "localhost" if host.is_socket else host.name
        wanted = (name, str(host.port), database, user)
        for entry in self.entries:
            if all(part in ("*", want) for part, want in zip(entry, wanted, strict=False)):
                return Secret(entry[4])
        return None


def read_password_file(environ: Mapping[str, str], path: str = "") -> PasswordFile:
    """The password file named by `path`, else PGPASSFILE, else `~/.pgpass`.

    One that others can read is passed over, as libpq does, and says so.
    """
    file = Path(path or environ.get("PGPASSFILE") or _home(environ) / ".pgpass")
    try:
        mode = file.stat().st_mode
        if not file.is_file():
            return PasswordFile(path=file, ignored="" if path == "" else f"{file} is not a plain file")
        if mode & OTHERS:
            reason = f"{file} was ignored: others may read it (mode {mode & 0o777:04o}); run: chmod 0600 {file}"
            return PasswordFile(path=file, ignored=reason)
        text = file.read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        named = path or environ.get("PGPASSFILE")
        return PasswordFile(path=file, ignored=f"{file} was ignored: it does not exist" if named else "")
    except OSError as error:
        return PasswordFile(path=file, ignored=f"{file} was ignored: {error.strerror}")
    return PasswordFile(path=file, entries=tuple(_entries(text)))


def read_service(name: str, environ: Mapping[str, str], source: str) -> tuple[Mapping[str, str], Path]:
    """The parameters of a service and the file that has them; raises `UsageProblem` where none has."""
    files = _service_files(environ)
    for file in files:
        try:
            parameters = _section(file.read_text(encoding="utf-8"), name)
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError) as error:
            raise UsageProblem(f"{file}: cannot be read: {error}") from None
        if parameters is not None:
            return parameters, file
    places = ", ".join(str(file) for file in files)
    raise UsageProblem(f"{source}: no section [{name}] in {places}: add it or name the file in PGSERVICEFILE")


def _service_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    own = Path(environ.get("PGSERVICEFILE") or _home(environ) / ".pg_service.conf")
    system = [environ["PGSYSCONFDIR"]] if environ.get("PGSYSCONFDIR") else SYSTEM_SERVICE_DIRS
    return own, *(Path(directory) / "pg_service.conf" for directory in system)


def _section(text: str, name: str) -> Mapping[str, str] | None:
    found: dict[str, str] | None = None
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            if found is not None:
                return found
            found = {} if line == f"[{name}]" else None
        elif found is not None and line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[key.strip()] = value.strip()
    return found


def _entries(text: str) -> list[tuple[str, ...]]:
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    parts = (re.findall(r"(?:^|:)((?:\\.|[^:\\])*)", line) for line in lines)
    # A password may hold bare colons: everything behind the fourth belongs to it.
    rows = ([*row[:4], ":".join(row[4:])] for row in parts if len(row) >= 5)
    return [tuple(re.sub(r"\\(.)", r"\1", part) for part in row) for row in rows]


def _home(environ: Mapping[str, str]) -> Path:
    return Path(environ["HOME"]) if environ.get("HOME") else Path.home()
