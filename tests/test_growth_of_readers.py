"""More input is no more than its share of work, for whatever reads what may be of any size.

What goes through one text a character at a time, and `lint`, have tests of their own beside them.
"""

from __future__ import annotations

import dataclasses
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from forge_doctor.finding import Confidence, Finding, Location, Severity
from forge_doctor.kept_results.store import read_document, write_document
from forge_doctor.migrations.live import record as live_record
from forge_doctor.migrations.tree.configuration import configurations
from forge_doctor.pool import record as pool_record
from forge_doctor.pool.recorder.read import read_record
from forge_doctor.probes.deployment.mounts import parse_mounts
from forge_doctor.probes.deployment.variables import read_env_file
from forge_doctor.probes.postgres.libpq_files import read_password_file, read_service
from forge_doctor.probes.postgres.login_rules import Messages
from forge_doctor.redaction.held import forget
from forge_doctor.settings import Settings, load_settings
from forge_doctor.slow import record as slow_record
from forge_doctor.slow.run import run_slow
from forge_doctor.slow.server.plan_json import plan_of
from forge_doctor.sql.masking import sqlcommenter_tags, without_values
from forge_doctor.suppression.baseline import SCHEMA, fingerprint, read_baseline, unknown
from tests.support import live_migrations
from tests.support.engine_logs import BARE, BEGIN_AT, BY_REQUEST, Said, read_text
from tests.support.linear import MORE, assert_linear, takes_more_than_its_share
from tests.support.log_reading import read_whole
from tests.support.migration_cases import report_of, write_tree
from tests.support.recordings import Clock, recorder, seen_at
from tests.support.server_logs import FORMATS, Logged
from tests.support.slow_snapshots import snapshot as slow_snapshot
from tests.support.slow_snapshots import statement
from tests.support.snapshots import session, snapshot

# Work grows alike on every Python.
pytestmark = pytest.mark.slow

# A reader is given a folder and how much; it writes that, and gives what is to be measured.
Work = Callable[[], object]
READERS: dict[str, tuple[int, Callable[[Path, int], Work]]] = {}


def reader(size: int) -> Callable[[Callable[[Path, int], Work]], Callable[[Path, int], Work]]:
    """Registers a reader; `size` keeps the test short and is large enough that a square would show."""

    def register(make: Callable[[Path, int], Work]) -> Callable[[Path, int], Work]:
        READERS[make.__name__] = (size, make)
        return make

    return register


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@reader(150)
def snapshots_of_pool(folder: Path, size: int) -> Work:
    path = written(folder / "s", pool_record.dump((snapshot(*(session(pid) for pid in range(size))),)))
    return lambda: pool_record.load(path)


@reader(150)
def snapshots_of_slow(folder: Path, size: int) -> Work:
    own = (statement(f"SELECT a{number} FROM t WHERE b = $1", key=str(number)) for number in range(size))
    path = written(folder / "s", slow_record.dump(slow_snapshot(*own)))
    return lambda: slow_record.load(path)


@reader(150)
def snapshots_of_migrations(folder: Path, size: int) -> Work:
    own = live_migrations.snapshot(sessions=tuple(live_migrations.session(pid) for pid in range(size)))
    path = written(folder / "s", live_record.dump(own))
    return lambda: live_record.load(path)


@reader(60)
def rows_of_pg_stat_statements(_: Path, size: int) -> Work:
    own = (statement(f"SELECT a{number} FROM t WHERE b = $1", key=str(number)) for number in range(size))
    seen = slow_snapshot(*own)
    return lambda: run_slow(seen, Settings())


@reader(60)
def looks_of_a_recorder(folder: Path, size: int) -> Work:
    clock = Clock()
    writing = recorder(folder, clock)
    for number in range(size):
        assert writing.add(seen_at(clock, *(session(number + pid) for pid in range(5))))
        clock.on(2.0)
    writing.close()
    return lambda: read_record(folder)


@reader(400)
def plans_as_json(_: Path, size: int) -> Work:
    nodes = [{"Node Type": "Seq Scan", "Relation Name": f"t{n}", "Filter": f"(a = {n})"} for n in range(size)]
    text = json.dumps([{"Plan": {"Node Type": "Append", "Plans": nodes}}])
    return lambda: plan_of(text)


def engine_log(layout: Callable[[Said], str], size: int) -> str:
    def told() -> Iterator[str]:
        for number in range(size):
            for message in (
                "BEGIN (implicit)",
                f"SELECT a FROM t{number % 9} WHERE id = $1",
                f"({number},)",
                "ROLLBACK",
            ):
                yield layout(Said(at=BEGIN_AT, message=message, request=f"r{number}"))

    return "\n".join(told()) + "\n"


for kind, layout in (("json", BY_REQUEST["JSON"]), ("fields", BY_REQUEST["fields"]), ("bare", BARE["message alone"])):

    def logs_of_an_engine(folder: Path, size: int, layout: Callable[[Said], str] = layout) -> Work:
        text = engine_log(layout, size)
        return lambda: read_text(folder, text)

    READERS[f"logs_of_an_engine: {kind}"] = (120, logs_of_an_engine)

for kind in FORMATS:

    def logs_of_a_server(folder: Path, size: int, kind: str = kind) -> Work:
        plan = "plan:\nQuery Text: SELECT a FROM t\nAppend  (cost=0.00..9.00 rows=1 width=4)\n" + "\n".join(
            f"  ->  Seq Scan on t{n}  (cost=0.00..9.00 rows=1 width=4)" for n in range(4)
        )
        said = ("statement: SELECT {} FROM t", plan, "execute s{}: SELECT a FROM t WHERE b = $1")
        own = [
            Logged(message=f"duration: 12.5 ms  {said[n % 3].format(n)}", detail="Parameters: $1 = 'a'")
            for n in range(size)
        ]
        return lambda: read_text(folder, FORMATS[kind](own), names=["p.csv" if kind == "csvlog" else "p.log"])

    READERS[f"logs_of_a_server: {kind}"] = (120, logs_of_a_server)


@reader(60)
def logs_with_ever_new_errors(_: Path, size: int) -> Work:
    text = "".join(
        f'Traceback (most recent call last):\n  File "/app/a{n}.py", line 1, in f{n}\n    x()\nValueError: {n}\n'
        for n in range(size)
    )
    return lambda: read_whole(text)


@reader(40)
def operations_of_a_revision(folder: Path, size: int) -> Work:
    body = "".join(f"    op.add_column('t{n}', sa.Column('c', sa.Integer(), nullable=False))\n" for n in range(size))
    tree = write_tree(folder, f"def upgrade():\n{body}\n")
    return lambda: report_of(tree)


@reader(20)
def revisions_of_a_tree(folder: Path, size: int) -> Work:
    head = "import sqlalchemy as sa\nfrom alembic import op\nrevision = {!r}\ndown_revision = {!r}\n"
    tree = write_tree(folder, "def upgrade():\n    pass\n")
    versions = tree / "migrations" / "versions"
    for one in versions.glob("*.py"):
        one.unlink()
    for n in range(size):
        body = f"def upgrade():\n    op.add_column('t', sa.Column('c{n}', sa.Integer()))\n"
        written(versions / f"r{n}.py", head.format(f"r{n}", f"r{n - 1}" if n else None) + body)
    return lambda: report_of(tree)


@reader(300)
def baselines(folder: Path, size: int) -> Work:
    found = [
        Finding(
            check="x",
            severity=Severity.ERROR,
            confidence=Confidence.HIGH,
            message="m",
            location=Location(target=f"a{n}.py", line=n + 1),
        )
        for n in range(size)
    ]
    prints = [(one, fingerprint(one, one.location.target, "await x")) for one in found]
    known = [{**print_._asdict(), "count": 1} for _, print_ in prints]
    path = written(folder / "b", json.dumps({"schema": SCHEMA, "findings": known}))
    return lambda: unknown(prints, read_baseline(path))


@reader(1000)
def kept_results(folder: Path, size: int) -> Work:
    path = folder / "k.json"
    write_document(path, {f"a{n}.py": {"digest": str(n), "findings": []} for n in range(size)})
    return lambda: read_document(path)


@reader(300)
def configuration(folder: Path, size: int) -> Work:
    names = ", ".join(f'"a{n}/**"' for n in range(size))
    ignores = "".join(f'"b{n}.py" = ["unawaited-data-access"]\n' for n in range(size))
    path = written(folder / "forge-doctor.toml", f"[lint]\nexclude = [{names}]\n[lint.per-file-ignores]\n{ignores}")
    return lambda: load_settings(folder, path)


@reader(60)
def configuration_of_alembic(folder: Path, size: int) -> Work:
    text = "".join(f"[db{n}]\nscript_location = m{n}\nx = %(here)s\n" for n in range(size))
    path = written(folder / "alembic.ini", "[alembic]\nscript_location = m\n" + text)
    return lambda: configurations(path)


@reader(500)
def files_of_variables(folder: Path, size: int) -> Work:
    path = written(folder / "env", "".join(f"A{n}='x {n}' # note\n" for n in range(size)))
    return lambda: read_env_file(path)


@reader(500)
def files_of_passwords(folder: Path, size: int) -> Work:
    path = written(folder / "pgpass", "".join(f"h{n}:5432:d:u:p\\:{n}\n" for n in range(size)))
    path.chmod(0o600)
    return lambda: read_password_file({"PGPASSFILE": str(path)})


@reader(500)
def files_of_services(folder: Path, size: int) -> Work:
    path = written(folder / "service", "".join(f"[s{n}]\nhost=h{n}\nport=5432\n" for n in range(size)))
    return lambda: read_service(f"s{size - 1}", {"PGSERVICEFILE": str(path)}, "PGSERVICE")


@reader(500)
def mounts(_: Path, size: int) -> Work:
    text = "".join(f"{n} 1 0:5 / /m/{n} rw - overlay o rw,upperdir=/u{n}\n" for n in range(size))
    return lambda: parse_mounts(text)


@reader(1500)
def messages_of_a_server_in_pieces(_: Path, size: int) -> Work:
    stream = (b"N" + struct.pack("!i", 9) + b"notes") * size

    def read() -> None:
        own = Messages()
        for at in range(0, len(stream), 7):
            own.feed(stream[at : at + 7])

    return read


@reader(300)
def statements(_: Path, size: int) -> Work:
    text = "SELECT 1 FROM t WHERE " + " OR ".join(f"(a = {n} AND b = 'x{n}')" for n in range(size)) + " /*a='b'*/"
    return lambda: (without_values(text), sqlcommenter_tags(text))


@pytest.mark.parametrize("name", READERS)
def test_more_input_is_no_more_than_its_share_of_work(name: str, tmp_path: Path) -> None:
    size, make = READERS[name]

    def work(times: int) -> Work:
        folder = tmp_path / str(times)
        folder.mkdir()
        return make(folder, times * size)

    forget()
    assert_linear(work)


def test_work_that_grows_with_the_square_is_seen() -> None:
    def pairs(size: int) -> Work:
        return lambda: [dataclasses.replace for a in range(size) for b in range(size)]

    assert takes_more_than_its_share(pairs(200), pairs(MORE * 200))


def test_what_reads_all_again_for_each_line_is_seen() -> None:
    def pairs(times: int) -> Work:
        conditions = ["a = 1"] * (20 * times)
        return lambda: [without_values(" AND ".join(conditions)) for _ in conditions]

    with pytest.raises(AssertionError):
        assert_linear(pairs)
