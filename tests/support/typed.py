"""Types what was printed, as a person does: statements into psql, with names chosen to break out of them.

A `Printed` prints a remedy for a name. It is typed line by line after `before`; then `proof` must be true and the witness,
a table that no statement names, must be as it was.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.postgres import FreshDatabase, PostgresServer, client_programs, new_database

HOSTILE = (
    'x"; DROP TABLE witness; --',
    "x'; DROP TABLE witness; --",
    'a"."b',
    "shop.orders",
    "$(touch owned)",
    "`touch owned`",
    ";touch owned",
    "\\! touch owned",
    "new\n\\! touch owned\n; DROP TABLE witness; --",
    "back\\slash\\' \\gexec",
    "per%cent %(x)s %s {x}",
    ":bind ::text :'x'",
    "$$; DROP TABLE witness; $$",
    "/* DROP TABLE witness",
    "-- x",
    "Mixed Case",
    "select",
    "ünïcode 漢字 🐘",
    "'",
    "\t\x1b[2J\u202e",
)
SQL = re.compile(
    r"(?:SELECT|ALTER|SET|ROLLBACK|DROP|CREATE|REINDEX|ANALYZE|VACUUM|GRANT|DELETE|UPDATE|SHOW|RESET)\b[^;]*"
)
# A statement behind the words that say when to type it.
ADVISED = re.compile(
    r"^--(?! one that fails| make it| by itself)[^:]*:\s+(?=(?:SELECT|ALTER|DROP|REINDEX|CREATE|VACUUM|ANALYZE)\b)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """`{i}` and `{s}` in `before`, `proof` and `after` stand for the name as an identifier and as a string; `{ix}` and
    `{sx}` for `other_name` of it. `lines` is how many of the remedy are typed.
    """

    id: str
    remedy: Callable[[str], str]
    before: str = ""
    proof: str = "true"
    after: str = ""
    lines: int = 1
    names: tuple[str, ...] = HOSTILE

    def script(self, name: str) -> str:
        """What psql is given for one name."""
        typed = statements(self.remedy(name))
        assert len(typed) == self.lines, typed
        filled = [_filled(one, name) for one in (self.before, self.proof, self.after)]
        return "\n".join((filled[0], *typed, f"\\echo {MARK}", f"SELECT {filled[1]};", f"\\echo {MARK}", filled[2]))


MARK = "----- proof -----"


def statements(remedy: str) -> tuple[str, ...]:
    """The lines of a remedy that are typed into psql, those behind `-- if that is not enough:` too; no code, no sentence."""
    lines = (ADVISED.sub("", line.strip()) for line in remedy.split("\n"))
    return tuple(line for line in lines if SQL.match(line) and (";" in line or "\\gexec" in line))


@contextmanager
def witnessed(server: PostgresServer) -> Iterator[FreshDatabase]:
    """A database with the witness in it."""
    with new_database(server) as database:
        database.sql("CREATE TABLE witness (n int); INSERT INTO witness VALUES (1)")
        yield database
        assert database.sql("SELECT sum(n) FROM witness") == "1"


def type_all(database: FreshDatabase, printed: Printed, folder: str) -> None:
    """One psql for all names of a case; each error and each proof that is not true fails."""
    script = "\n".join(printed.script(name) for name in printed.names)
    output = type_in(database, script, folder)
    proofs = re.findall(rf"^{MARK}\n(.*?)\n{MARK}$", output, re.MULTILINE | re.DOTALL)
    wrong = {name: proof for name, proof in zip(printed.names, proofs, strict=True) if proof != "t"}
    assert not wrong, {name: printed.remedy(name) for name in wrong}


def type_in(database: FreshDatabase, script: str, folder: str = "/") -> str:
    """What psql prints for a script; an error raises with the server's message."""
    server = database.server
    command = [str(client_programs(server.bin_dir) / "psql"), "-XAtq", "-v", "ON_ERROR_STOP=1"]
    command += ["-h", str(server.socket_dir), "-p", str(server.port), "-U", server.user, "-d", database.name, "-f", "-"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, timeout=60, cwd=folder)
    assert done.returncode == 0, f"{done.stderr}\n{_near(script, done.stderr)}"
    return done.stdout


def identifier(name: str) -> str:
    """As a test writes a name itself, apart from how the package does."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """As a test writes a string itself."""
    return "'" + text.replace("'", "''") + "'"


def other_name(name: str) -> str:
    """For an index, which may not be called as its table is."""
    return f"{name} ix"


def _filled(text: str, name: str) -> str:
    other = other_name(name)
    forms = {"{i}": identifier(name), "{s}": literal(name), "{ix}": identifier(other), "{sx}": literal(other)}
    return re.sub(r"\{(?:ix|sx|i|s)\}", lambda found: forms[found[0]], text)


def _near(script: str, error: str) -> str:
    found = re.search(r"<stdin>:(\d+)", error)
    return "\n".join(script.splitlines()[max(0, int(found[1]) - 3) : int(found[1])]) if found else ""
