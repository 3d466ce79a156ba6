"""Revisions tried on a real server: each fault is told at its line by its own id, and what is in order is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.finding import Confidence, Finding
from forge_doctor.migrations.round_trip.run import confirmed, run_round_trip
from forge_doctor.migrations.round_trip.trial import Rows
from forge_doctor.report import Report
from tests.support.migration_trees import revision
from tests.support.postgres import PostgresServer
from tests.support.trip_projects import chain, project, travel

SHOP_UP = """op.create_table(
        "shops",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("shop_id", sa.Integer),
        sa.Column("mark", sa.String(12), nullable=False),
    )"""
SHOP_DOWN = 'op.drop_table("visits")\n    op.drop_table("shops")'
FAULTS = chain(
    (SHOP_UP, SHOP_DOWN),
    ('op.add_column("visits", sa.Column("paid", sa.Boolean))', "pass"),
    ('op.add_column("visits", sa.Column("tip", sa.Integer))', 'op.drop_column("shops", "tip")'),
    ('op.add_column("shops", sa.Column("city", sa.Text, nullable=False))', 'op.drop_column("shops", "city")'),
    (
        'op.create_table("prices", sa.Column("id", sa.Integer), sa.Column("kind", sa.Enum("net", "gross", name="price_kind")))',
        'op.drop_table("prices")',
    ),
    ('op.create_unique_constraint(None, "shops", ["name"])', 'op.drop_constraint(None, "shops")'),
    (
        ('op.create_table("a", sa.Column("id", sa.Integer, primary_key=True))\n    '
        'op.create_table("b", sa.Column("a", sa.Integer, sa.ForeignKey("a.id")))'),
        'op.drop_table("a")\n    op.drop_table("b")',
    ),
    ('op.drop_column("visits", "mark")', 'op.add_column("visits", sa.Column("mark", sa.String(12), nullable=False))'),
    ('op.execute("DELETE FROM visits")', 'raise NotImplementedError("the visits are gone")'),
    (
        'op.create_foreign_key("fk_visits_shop", "visits", "shops", ["shop_id"], ["id"])',
        'op.drop_constraint("fk_visits_shop", "visits")',
    ),
    ("op.execute(\"CREATE TYPE mood AS ENUM ('ok')\")", 'op.execute("DROP TYPE mood")'),
    ("op.execute(\"ALTER TYPE mood ADD VALUE 'fine'\")", "pass"),
    ('op.execute("DELETE FROM visits")', "raise RuntimeError(\n        'nobody can get them back'\n    )"),
)  # fmt: skip


def told(found: tuple[Finding, ...]) -> dict[str, tuple[str, int | None, str]]:
    return {
        one.location.target.rpartition("/")[2].removesuffix(".py"): (one.check, one.location.line, one.confidence.label)
        for one in found
    }


def sure(report: Report) -> tuple[Finding, ...]:
    """What does not hang on rows that nobody may have."""
    return tuple(one for one in report.findings if one.confidence is not Confidence.LOW)


@pytest.mark.slow
def test_each_fault_has_its_line_and_its_id(postgres18: PostgresServer, tmp_path: Path) -> None:
    trip = travel(project(tmp_path, **FAULTS), postgres18)
    report = run_round_trip(trip)
    assert told(sure(report)) == {
        "r2": ("empty-downgrade", 15, "high"),
        "r3": ("downgrade-mismatch", 15, "high"),
        "r4": ("not-null-without-default", 11, "high"),
        "r5": ("enum-left-behind", 15, "high"),
        "r6": ("drop-unnamed-constraint", 15, "high"),
        "r7": ("downgrade-order", 16, "high"),
        "r8": ("downgrade-fails", 15, "high"),
        "r12": ("upgrade-fails-again", 11, "high"),
    }
    assert (trip.tried, [one.id for one in trip.refusing]) == (13, ["r9", "r13"])
    assert report.not_run == ()
    leftovers = "SELECT count(*) FROM pg_database WHERE datname LIKE 'forge_doctor_%'"
    assert postgres18.sql(leftovers) == "0"


@pytest.mark.slow
def test_what_is_printed_to_be_written_mends_it(postgres18: PostgresServer, tmp_path: Path) -> None:
    up = (
        (
            'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Text), schema="app")\n    '
            'op.create_index("ix_t_a", "t", ["a"], schema="app")'
        ),
        'op.add_column("t", sa.Column("b", sa.Enum("x", "y", name="letter")), schema="app")',
        (
            'op.execute("CREATE VIEW app.v AS SELECT id FROM app.t")\n    '
            'op.create_check_constraint("ck_t", "t", "id > 0", schema="app")\n    op.create_index("ix_t_id", "t", ["id"], schema="app")'
        ),
    )
    first = ('op.execute("CREATE SCHEMA app")', 'op.execute("DROP SCHEMA app")')
    made = up[1].replace("op.add", 'sa.Enum("x", "y", name="letter").create(op.get_bind())\n    op.add')
    ups = (up[0], made, up[2])
    findings = sure(
        run_round_trip(travel(project(tmp_path, **chain(first, *((one, "pass") for one in ups))), postgres18))
    )
    assert {one.check for one in findings} == {"empty-downgrade"}
    lines = [
        one.remedy.partition("\n")[2].replace("\n", "\n    ")
        for one in sorted(findings, key=lambda f: f.location.target)
    ]
    assert all(lines)
    mended = project(tmp_path, **chain(first, *zip(ups, lines, strict=True)))
    assert sure(run_round_trip(travel(mended, postgres18))) == ()


@pytest.mark.slow
def test_a_merge_and_labelled_branches_are_stepped_by_the_graph(postgres18: PostgresServer, tmp_path: Path) -> None:
    def table(name: str) -> tuple[str, str]:
        return f'op.create_table("{name}", sa.Column("id", sa.Integer))', f'op.drop_table("{name}")'

    merge = revision("m1", None, "pass").replace("down_revision = None", 'down_revision = ("b1", "c1")')
    folder = project(
        tmp_path,
        a1=revision("a1", None, *table("a")),
        b1=revision("b1", "a1", *table("b")),
        c1=revision("c1", "a1", *table("c")),
        m1=merge,
        z1=revision("z1", None, *table("z")) + '\nbranch_labels = ("other",)\ndepends_on = ("b1",)\n',
    )
    trip = travel(folder, postgres18)
    assert (trip.tried, run_round_trip(trip).findings) == (5, ())


@pytest.mark.slow
def test_only_the_revisions_asked_for_are_tried(postgres18: PostgresServer, tmp_path: Path) -> None:
    trip = travel(project(tmp_path, **FAULTS), postgres18, only=frozenset({"r3"}))
    assert trip.tried == 1
    assert told(run_round_trip(trip).findings) == {"r3": ("downgrade-mismatch", 15, "high")}


@pytest.mark.slow
def test_rows_given_are_put_in_where_they_fit(postgres18: PostgresServer, tmp_path: Path) -> None:
    rows = tmp_path / "rows.sql"
    rows.write_text("INSERT INTO shops VALUES (1, 'a'), (2, 'a');")
    steps = chain(
        (SHOP_UP, SHOP_DOWN),
        ('op.create_unique_constraint("uq", "shops", ["name"])', 'op.drop_constraint("uq", "shops")'),
    )
    folder = project(tmp_path, **steps)
    [made] = run_round_trip(travel(folder, postgres18)).findings
    assert (made.confidence, "where rows have the same name twice in shops" in made.message) == (Confidence.LOW, True)
    trip = travel(folder, postgres18, rows=rows)
    [found] = run_round_trip(trip).findings
    assert (found.check, found.confidence) == ("upgrade-fails", Confidence.HIGH)
    assert "(the rows given)" in found.message
    assert trip.trials[-1].rows is Rows.GIVEN


def test_what_the_server_lacks_is_no_fault_of_the_revision(postgres18: PostgresServer, tmp_path: Path) -> None:
    steps = chain((SHOP_UP, SHOP_DOWN), ('op.execute("CREATE EXTENSION no_such_thing")', "pass"), ("pass", "pass"))
    report = run_round_trip(travel(project(tmp_path, **steps), postgres18))
    assert report.findings == ()
    assert [one.reason.partition(":")[0] for one in report.not_run] == [
        "r2 needs what the throw-away server lacks",
        "1 revisions behind r2 were not tried",
    ]


def test_a_fault_that_was_read_and_seen_is_told_once() -> None:
    from forge_doctor.finding import Location, Severity

    def finding(check: str, line: int) -> Finding:
        where = Location(target="v/r2.py", line=line)
        return Finding(check=check, severity=Severity.ERROR, confidence=Confidence.MEDIUM, message="m", location=where)

    seen = (finding("enum-left-behind", 20), finding("downgrade-fails", 3))
    [read, other] = confirmed((finding("enum-left-behind", 15),), seen)
    assert (read.location.line, read.evidence[0].label) == (15, "tried")
    assert other.check == "downgrade-fails"
