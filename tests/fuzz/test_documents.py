"""Documents of ours, of the server's and of the project's, damaged in their text or in what it says: read or refused."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.code.files.contents import digest_of
from forge_doctor.errors import CannotInspect, UsageProblem
from forge_doctor.kept_results.store import read_document
from forge_doctor.migrations.live import record as live_record
from forge_doctor.migrations.tree.configuration import configurations
from forge_doctor.pool import record as pool_record
from forge_doctor.pool.recorder.read import read_record
from forge_doctor.probes.deployment.mounts import parse_mounts
from forge_doctor.probes.deployment.variables import read_env_file
from forge_doctor.probes.postgres.libpq_files import read_password_file, read_service
from forge_doctor.redaction.held import forget
from forge_doctor.settings import Settings, load_settings
from forge_doctor.slow import record as slow_record
from forge_doctor.slow.run import run_slow
from forge_doctor.slow.server.plan_json import plan_of
from forge_doctor.suppression.baseline import SCHEMA, read_baseline
from tests.fuzz.fuzzed import EXAMPLES, FEW, fuzzed
from tests.lint.test_any_input import lint_bytes, sound, sources
from tests.streams.carriers.test_hostile import JUNK, KEYS, read
from tests.support import live_migrations
from tests.support.engine_logs import BARE, BEGIN_AT, BY_REQUEST, Said, read_text
from tests.support.recordings import Clock, recorder, seen_at, text_of
from tests.support.secret_corpus import texts
from tests.support.server_logs import FORMATS, Logged
from tests.support.slow_snapshots import snapshot as slow_snapshot
from tests.support.slow_snapshots import statement
from tests.support.snapshots import session, snapshot

# One Python reads a document as another.
pytestmark = pytest.mark.slow

LAYOUTS = {**BY_REQUEST, **BARE}
NODE = {"Node Type": "Seq Scan", "Relation Name": "t", "Filter": "(a = 1)", "Plan Rows": 7, "Total Cost": 9.5}
PLAN = json.dumps([{"Plan": {"Node Type": "Sort", "Sort Key": ["a"], "Plans": [NODE, NODE]}, "JIT": {}}])
PLAN_AS_TEXT = """Query Text: SELECT a FROM t WHERE b = 'x'
Sort  (cost=0.15..8.17 rows=1 width=4) (actual time=0.01..0.02 rows=1 loops=1)
  Sort Key: a
  ->  Seq Scan on t  (cost=0.00..9.00 rows=7 width=4)
        Filter: (b = 'x'::text)"""


def spliced(data: st.DataObject, text: str) -> str:
    """With a piece of the text replaced."""
    at = data.draw(st.integers(0, len(text)))
    put = data.draw(
        st.text(max_size=10) | st.sampled_from(["{", "]", '"', "null", "-1", "1e999", "\0", "\ud800", "\n"])
    )
    return text[:at] + put + text[at + data.draw(st.integers(0, 30)) :]


def told_otherwise(data: st.DataObject, text: str) -> str:
    """Still JSON, with one of its values, or the name of one, replaced."""
    document = json.loads(text)
    at, places = document, []
    while isinstance(at, dict | list) and at:
        places.append(at)
        keys: list[Any] = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.integers(0, 3)) == 0 or not isinstance(at[key], dict | list):
            break
        at = at[key]
    if places and isinstance(places[-1], dict) and data.draw(st.booleans()):
        places[-1][data.draw(st.text(max_size=8))] = places[-1].pop(key)
    elif places:
        places[-1][key] = data.draw(JUNK)
    return json.dumps(document)


def damaged(data: st.DataObject, text: str) -> bytes:
    is_json = False
    with contextlib.suppress(ValueError):
        is_json = bool(json.loads(text)) and data.draw(st.booleans())
    return (told_otherwise if is_json else spliced)(data, text).encode("utf-8", "surrogatepass")


def pool_document() -> str:
    return pool_record.dump((snapshot(session(7), session(8)),))


def slow_document() -> str:
    return slow_record.dump(slow_snapshot(statement("SELECT 1 FROM t WHERE a = $1")))


def live_document() -> str:
    return live_record.dump(live_migrations.snapshot(sessions=(live_migrations.session(7),)))


def baseline_document() -> str:
    known = {"path": "a.py", "check": "unclosed-session", "code": "0123456789abcdef", "count": 1}
    return json.dumps({"schema": SCHEMA, "findings": [known, known]})


def record_document() -> str:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        writing = recorder(Path(folder), clock)
        for pid in range(3):
            writing.add(seen_at(clock, session(pid)))
            clock.on(2.0)
        writing.close()
        return "".join(text_of(one).decode() for one in sorted(Path(folder).iterdir()))


def read_packed(path: Path) -> object:
    packer = zlib.compressobj(wbits=31)
    path.write_bytes(packer.compress(path.read_bytes()) + packer.flush())
    looks = read_record(path).looks
    for look in looks:
        with contextlib.suppress(CannotInspect):
            look.snapshot()
    return looks


def read_kept(path: Path) -> object:
    text = path.read_bytes()
    path.write_bytes(digest_of(text).encode() + b"\n" + text)
    return read_document(path)


def read_slow(path: Path) -> object:
    return run_slow(slow_record.load(path), Settings())


SETTINGS = '[lint]\nexclude = ["a/**"]\nselect = ["unclosed-session"]\n[lint.per-file-ignores]\n"b.py" = ["x"]\n[pool]\nreplicas = 2\n'
PYPROJECT = f"[project]\nname='x'\n{SETTINGS.replace('[lint', '[tool.forge-doctor.lint').replace('[pool', '[tool.forge-doctor.pool')}"
INI = "[DEFAULT]\nhere2 = x\n[alembic]\nscript_location = %(here)s/m\n  more\nsqlalchemy.url = postgresql://u:p@h/d\n[db:x]\ny\n"
MOUNTS = "36 35 98:0 /m /n rw,noatime master:1 - overlay o rw,upperdir=/u\\040x\n37 35 0:5 / /p rw - tmpfs t rw\n"
# A document as it is, and what reads it.
DOCUMENTS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "snapshot of pool": (pool_document(), pool_record.load),
    "snapshot of slow": (slow_document(), read_slow),
    "snapshot of migrations": (live_document(), live_record.load),
    "record": (record_document(), read_packed),
    "baseline": (baseline_document(), read_baseline),
    "kept results": (json.dumps({"a.py": {"digest": "x", "findings": [{"check": "x", "line": 1}]}}), read_kept),
    "configuration": (SETTINGS, lambda path: load_settings(path.parent, path)),
    "pyproject.toml": (PYPROJECT, lambda path: load_settings(path.parent)),
    "alembic.ini": (INI, configurations),
    "variables": ("A='x y' # note\nexport DATABASE_URL=postgresql://u:p@h/d\n", read_env_file),
    "passwords": ("h:5432:d:u:p\\:w\n*:*:*:*:x\n", lambda path: read_password_file({"PGPASSFILE": str(path)})),
    "services": ("[s]\nhost=h\nport=5\n", lambda path: read_service("s", {"PGSERVICEFILE": str(path)}, "PGSERVICE")),
    "mounts": (MOUNTS, lambda path: parse_mounts(path.read_text(errors="replace"))),
    "plan": (PLAN, lambda path: plan_of(path.read_text(errors="replace"))),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
@settings(fuzzed, max_examples=max(15, EXAMPLES // 4))
@given(st.data())
def test_a_damaged_document_is_read_or_refused(name: str, tmp_path: Path, data: st.DataObject) -> None:
    text, load = DOCUMENTS[name]
    path = tmp_path / (name if name.endswith((".ini", ".toml")) else "forge-doctor.toml")
    path.write_bytes(damaged(data, text))
    path.chmod(0o600)
    # What is no plan is told to whoever asked for one.
    with contextlib.suppress(CannotInspect, UsageProblem, *([ValueError] if name == "plan" else [])):
        load(path)
    forget()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_is_not_damaged_is_read(name: str, tmp_path: Path) -> None:
    text, load = DOCUMENTS[name]
    path = tmp_path / (name if name.endswith((".ini", ".toml")) else "forge-doctor.toml")
    path.write_text(text)
    path.chmod(0o600)
    assert load(path)
    forget()


SAID = st.one_of(
    st.sampled_from(["BEGIN (implicit)", "COMMIT", "ROLLBACK", "[generated in 0.0001s] (1, 'a')", "(1, 'a')", "SELECT a\nFROM t"]),
    st.sampled_from(texts()),
    st.text(st.characters(codec="utf-8"), max_size=40),
)  # fmt: skip


@fuzzed
@given(st.sampled_from(sorted(LAYOUTS)), st.lists(SAID, max_size=8), st.integers(0, 40))
def test_any_log_of_an_engine_is_read(tmp_path: Path, layout: str, said: list[str], cut: int) -> None:
    text = "\n".join(LAYOUTS[layout](Said(at=BEGIN_AT, message=one)) for one in said).encode("utf-8", "replace")
    read_text(tmp_path, text[: len(text) - cut])


@fuzzed
@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_any_plan_in_a_log_is_read(tmp_path: Path, form: str, data: st.DataObject) -> None:
    plan = data.draw(st.sampled_from([PLAN[1:-1], PLAN_AS_TEXT]))
    text = damaged(data, plan).decode("utf-8", "replace")
    text = FORMATS[form]([Logged(message=f"duration: 12.5 ms  plan:\n{text}")])
    work = read_text(tmp_path, text, names=["p.csv" if form == "csvlog" else "p.log"])
    run_slow(slow_snapshot(logged=work), Settings())


@fuzzed
@given(st.lists(st.dictionaries(KEYS, JUNK, max_size=6), min_size=1, max_size=4), st.booleans())
@pytest.mark.skipif(EXAMPLES <= FEW, reason="tests/streams/carriers/test_hostile.py tries as many")
def test_records_of_any_carrier_are_read(entries: list[dict[str, object]], array: bool) -> None:
    read((json.dumps(entries) if array else "\n".join(map(json.dumps, entries))).encode())


@fuzzed
@given(st.data())
@pytest.mark.skipif(EXAMPLES <= FEW, reason="tests/lint/test_any_input.py tries as many")
def test_any_source_is_linted(tmp_path: Path, data: st.DataObject) -> None:
    source = data.draw(st.sampled_from(sources())).decode("utf-8", "replace")
    assert sound(lint_bytes(spliced(data, source).encode("utf-8", "surrogatepass"), tmp_path))
