"""A repository for all classes, and what eager loading adds: no line is named that can't have sent the statement."""

from __future__ import annotations

import pytest

from forge_doctor.code.orm.origins.search import Statements
from forge_doctor.code.semantics.project import Project

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): pass
class Ward(Base):
    __tablename__ = "ward"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    beds: Mapped[list["Bed"]] = relationship(lazy="joined")
class Bed(Base):
    __tablename__ = "bed"
    id: Mapped[int] = mapped_column(primary_key=True)
    ward_id: Mapped[int] = mapped_column(ForeignKey("ward.id"))
    label: Mapped[str]
class WardNurse(Base):
    __tablename__ = "ward_nurse"
    id: Mapped[int] = mapped_column(primary_key=True)
    ward_id: Mapped[int]
    nurse_id: Mapped[int]
"""
REPOSITORY = """
from sqlalchemy import select
class Repository:
    async def all(self):
        return await self.db.scalars(select(self.model).where(self.model.id > 0))
    async def create(self, **values):
        entity = self.model(**values)
        self.db.add(entity)
        return await self.save(entity)
    async def change(self, entity, **values):
        for name, value in values.items():
            setattr(entity, name, value)
        await self.save(entity)
    async def save(self, entity):
        await self.db.flush()
        await self.db.refresh(entity)
"""
QUERIES = """
from sqlalchemy import select
from models.ward import Ward
from models import Bed
async def with_bed(db, label):
    return await db.scalars(select(Ward).join(Ward.beds).where(Bed.label == label, Ward.id > 1))
async def beds_of(db, ward):
    return await db.scalars(select(Bed).where(Bed.ward_id == ward.id))
async def seed(db):
    db.add(Ward(name="first"))
async def shown(dto):
    dto.name = "x"
async def rename(db, table, column, value):
    await db.execute(f"UPDATE {table} SET {column} = {value} WHERE {column} IS NULL")
async def purge(db, column):
    await db.execute(f"DELETE FROM visit WHERE {column} < now()")
class Scoped:
    def scope(self, statement):
        return statement.join(Ward, Ward.id == Bed.ward_id).where(Ward.id == self.ward_id)
"""
EAGER = (
    "SELECT ward.id, ward.name, bed_1.id AS id_1, bed_1.ward_id, bed_1.label FROM ward LEFT OUTER JOIN bed AS bed_1 "
    "ON ward.id = bed_1.ward_id WHERE ward.id = $1::INTEGER"
)
JOINED = (
    "SELECT ward.id, ward.name, bed_1.id AS id_1, bed_1.ward_id, bed_1.label FROM ward JOIN bed ON ward.id = bed.ward_id "
    "LEFT OUTER JOIN bed AS bed_1 ON ward.id = bed_1.ward_id WHERE bed.label = $1::VARCHAR AND ward.id > $2::INTEGER"
)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Statements:
    folder = tmp_path_factory.mktemp("hospital")
    for name, text in {"models.py": MODELS, "repository.py": REPOSITORY, "queries.py": QUERIES}.items():
        (folder / name).write_text(text)
    return Statements(Project(folder))


@pytest.mark.parametrize(
    ("statement", "never"),
    [
        (EAGER, {"with_bed"}),
        ("SELECT bed.ward_id, bed.id, bed.label FROM bed WHERE $1::INTEGER = bed.ward_id", {"beds_of", "<module>"}),
        ("SELECT bed.ward_id, bed.id, bed.label FROM bed WHERE bed.ward_id IN ($1, $2)", {"beds_of", "Scoped.scope"}),
        ("INSERT INTO ward_nurse (ward_id, nurse_id) VALUES ($1, $2) RETURNING ward_nurse.id", {"Repository.create"}),
        (
            "INSERT INTO ward (name) VALUES ($1) ON CONFLICT (name) DO NOTHING RETURNING ward.id",
            {"seed", "Repository.create"},
        ),
    ],
)
def test_what_cannot_have_sent_it(known: Statements, statement: str, never: set[str]) -> None:
    assert not {one.function for one in known.origins(statement)} & never


@pytest.mark.parametrize(
    ("statement", "one_of"),
    [
        (JOINED, "with_bed"),
        ("DELETE FROM visit WHERE seen_at < now()", "purge"),
        (
            "SELECT ward_nurse.id, ward_nurse.ward_id, ward_nurse.nurse_id FROM ward_nurse WHERE ward_nurse.id > $1",
            "Repository.all",
        ),
        ("SELECT bed.id, bed.ward_id, bed.label FROM bed WHERE bed.ward_id = $1::INTEGER", "beds_of"),
        ("INSERT INTO ward (name) VALUES ($1) RETURNING ward.id", "Repository.create"),
        ("INSERT INTO ward (name) VALUES ($1) RETURNING ward.id", "seed"),
        ("UPDATE ward SET name=$1::VARCHAR WHERE ward.id = $2::INTEGER", "Repository.change"),
    ],
)
def test_the_line_is_among_them(known: Statements, statement: str, one_of: str) -> None:
    assert one_of in {one.function for one in known.origins(statement)}


def test_a_long_text_is_whole_where_it_is_said_to_be(known: Statements) -> None:
    blank = " " * 1000
    whole = JOINED.replace(" FROM ", f"{blank}FROM ")
    (found,) = known.origins(whole, cut_at=1 << 20)
    assert found.function == "with_bed"
    assert found.why == "builds this statement"
