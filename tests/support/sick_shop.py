"""A warehouse service with SQLAlchemy asyncio and asyncpg whose functions are each slow in one way, and some that are not."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Date, ForeignKey, String, cast, func, insert, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncConnection, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload

ROWS = 120_000
SEED = f"""
INSERT INTO hub (name) SELECT 'hub ' || g FROM generate_series(1, 300) g;
INSERT INTO parcel (hub_id, code, mail, weight, status, sent_at, note, labels)
  SELECT 1 + g % 300, 'P' || g, 'm' || g || '@example.org', g % 90,
    CASE WHEN g % 2000 = 0 THEN 'lost' WHEN g * 7919::bigint % 10 < 4 THEN 'open' ELSE 'sent' END,
    timestamp '2025-01-01' + g * interval '3 min', md5(g::text) || repeat('x', 60),
    jsonb_build_object('zone', g % 400)
  FROM generate_series(1, {ROWS}) g;
INSERT INTO movement (parcel_id, place) SELECT 1 + (g * 7919::bigint) % {ROWS}, 'place ' || g || repeat(' ', 60)
  FROM generate_series(1, {ROWS}) g;
INSERT INTO shift (hub_id, day) SELECT 1 + g % 300, date '2025-01-01' + g / 300 FROM generate_series(0, 11999) g;
CREATE INDEX ON shift (hub_id);
CREATE INDEX ON parcel (sent_at);
CREATE INDEX ON parcel (mail);
CREATE INDEX ON parcel (status);
CREATE INDEX ON parcel (hub_id);
VACUUM ANALYZE;
"""


class Base(AsyncAttrs, DeclarativeBase):
    """The tables of the shop."""


class Hub(Base):
    """Where parcels are."""

    __tablename__ = "hub"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    parcels: Mapped[list[Parcel]] = relationship(back_populates="hub")
    shifts: Mapped[list[Shift]] = relationship()


class Shift(Base):
    """When people work at a hub."""

    __tablename__ = "shift"
    id: Mapped[int] = mapped_column(primary_key=True)
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    day: Mapped[date]


class Parcel(Base):
    """What is sent."""

    __tablename__ = "parcel"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hub_id: Mapped[int] = mapped_column(ForeignKey("hub.id"))
    code: Mapped[str] = mapped_column(String(40))
    mail: Mapped[str] = mapped_column(String(80))
    weight: Mapped[int]
    status: Mapped[str] = mapped_column(String(10))
    sent_at: Mapped[datetime]
    note: Mapped[str]
    labels: Mapped[dict[str, Any]] = mapped_column(JSONB)
    hub: Mapped[Hub] = relationship(back_populates="parcels")


class Movement(Base):
    """Where a parcel was: its parcel_id has no index."""

    __tablename__ = "movement"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    parcel_id: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[str]


class Ping(Base):
    """What is written down."""

    __tablename__ = "ping"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))


async def _count_now(own: AsyncConnection) -> None:
    """From 15 on a session tells what it changed once a second: told after ANALYZE it would count as changed since."""
    if own.dialect.server_version_info >= (15,):  # type: ignore[operator]
        await own.execute(text("SELECT pg_stat_force_next_flush()"))


class Shop:
    """The service: its engine, and one method a way of being slow."""

    def __init__(self, dsn: str, **engine: Any) -> None:
        url = dsn.replace("postgresql://", "postgresql+asyncpg://")
        # SQLAlchemy would warn of `all_pairs` by itself.
        self.engine = create_async_engine(url, enable_from_linting=False, **engine)
        self.session: async_sessionmaker[AsyncSession] = async_sessionmaker(self.engine, expire_on_commit=False)

    async def set_up(self) -> None:
        """The tables, and rows in them."""
        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with self.engine.connect() as plain:
            own = await plain.execution_options(isolation_level="AUTOCOMMIT")
            for statement in SEED.split(";\n"):
                if statement.strip() == "VACUUM ANALYZE":
                    await _count_now(own)
                if statement.strip():
                    await own.execute(text(statement))

    async def close(self) -> None:
        """End its connections."""
        await self.engine.dispose()

    async def lazy(self, hubs: int = 12) -> None:
        """The parcels of each hub, one hub after the other."""
        async with self.session() as session:
            for hub in await session.scalars(select(Hub).order_by(Hub.id).limit(hubs)):
                await hub.awaitable_attrs.parcels

    async def eager(self, hubs: int = 2) -> None:
        """The same in two statements."""
        async with self.session() as session:
            found = await session.scalars(
                select(Hub).order_by(Hub.id).limit(hubs).options(selectinload(Hub.parcels).load_only(Parcel.id))
            )
            assert all(hub.parcels for hub in found)

    async def both(self, apart: bool = False) -> None:
        """One hub with its parcels and its shifts, joined to it, or `apart`."""
        load = selectinload if apart else joinedload
        async with self.session() as session:
            found = await session.scalars(
                select(Hub).where(Hub.id == 7).options(load(Hub.parcels).load_only(Parcel.id), load(Hub.shifts))
            )
            hub = found.unique().one()
            assert (len(hub.parcels), len(hub.shifts)) == (400, 40)

    async def movements(self, parcel_id: int = 7) -> None:
        """A condition on a column without an index."""
        async with self.session() as session:
            (await session.scalars(select(Movement).where(Movement.parcel_id == parcel_id))).all()

    async def newest(self) -> None:
        """The last twenty by a column without an index."""
        async with self.session() as session:
            (await session.scalars(select(Movement.id).order_by(Movement.place.desc()).limit(20))).all()

    async def sent_on(self, day: date = date(2025, 2, 1)) -> None:
        """A cast around an indexed column."""
        async with self.session() as session:
            await session.scalar(select(func.count(Parcel.id)).where(cast(Parcel.sent_at, Date) == day))

    async def by_mail(self, mail: str = "m9@example.org") -> None:
        """A function around an indexed column."""
        async with self.session() as session:
            await session.scalar(select(Parcel.id).where(func.lower(Parcel.mail) == mail))

    async def search(self, word: str = "zzzz") -> None:
        """A pattern that begins with a wildcard."""
        async with self.session() as session:
            (await session.scalars(select(Parcel.id).where(Parcel.note.like(f"%{word}%")).limit(10))).all()

    async def in_zone(self, zone: int = 7) -> None:
        """JSONB containment."""
        async with self.session() as session:
            (await session.scalars(select(Parcel.id).where(Parcel.labels.contains({"zone": zone})))).all()

    async def count(self) -> None:
        """All rows of a large table, counted."""
        async with self.session() as session:
            await session.scalar(select(func.count()).select_from(Parcel))

    async def everything(self) -> None:
        """All rows of a table, loaded."""
        async with self.session() as session:
            (await session.execute(select(Movement.id, Movement.place))).all()

    async def page(self, number: int = 2000) -> None:
        """A page far down."""
        async with self.session() as session:
            (await session.scalars(select(Parcel).order_by(Parcel.id).offset(number * 20).limit(20))).all()

    async def looped(self, number: int = 30) -> None:
        """The hub of each parcel, one after the other, by its key."""
        async with self.session() as session:
            for hub in await session.scalars(select(Parcel.hub_id).order_by(Parcel.id).limit(number)):
                await session.scalar(select(Hub.name).where(Hub.id == hub))

    async def spilling(self) -> None:
        """A sort that work_mem does not hold."""
        async with self.session() as session:
            await session.execute(text("SET LOCAL work_mem = '64kB'"))
            rows = select(Parcel.note).order_by(Parcel.note).offset(0).subquery()
            await session.scalar(select(func.count()).select_from(rows))

    async def all_pairs(self) -> None:
        """Two tables without a condition between them."""
        async with self.session() as session:
            statement = select(Hub.name, func.count()).where(Hub.id < 20, Parcel.weight < 3).group_by(Hub.name)
            (await session.execute(statement)).all()

    async def each_committed(self, number: int = 12) -> None:
        """A commit for each row."""
        async with self.session() as session:
            for _ in range(number):
                session.add(Ping(kind="each"))
                await session.commit()

    async def batch(self, number: int = 500) -> None:
        """Many rows in one call."""
        async with self.session() as session:
            await session.execute(insert(Ping), [{"kind": "batch"}] * number)
            await session.commit()

    async def hold(self, parcel_id: int, seconds: float) -> None:
        """Change a row, and keep the transaction open."""
        async with self.session() as session, session.begin():
            await session.execute(update(Parcel).where(Parcel.id == parcel_id).values(weight=Parcel.weight + 1))
            await asyncio.sleep(seconds)

    async def idle(self, seconds: float) -> None:
        """Keep a connection, and do something else."""
        async with self.session() as session:
            await session.get(Hub, 1)
            await asyncio.sleep(seconds)

    async def request(self) -> None:
        """What a request may well do: who asks, a page of a list by an index, one row written."""
        async with self.session() as session:
            await session.get(Hub, 7)
            statement = select(Parcel.id, Parcel.code).where(Parcel.hub_id == 9).order_by(Parcel.id).limit(20)
            (await session.execute(statement)).all()
            session.add(Ping(kind="request"))
            await session.commit()

    async def one(self, parcel_id: int = 3) -> None:
        """One row by its key."""
        async with self.session() as session:
            await session.get(Parcel, parcel_id)

    async def rare(self, status: str) -> None:
        """The first of a state that is nearly all of the table, or hardly any of it."""
        async with self.session() as session:
            # Written into the text, as a limit that is a parameter would keep the server from planning once for all.
            some = select(Parcel.id, Parcel.note).where(Parcel.status == status).order_by(Parcel.id)
            statement = some.limit(literal_column("20"))
            (await session.execute(statement)).all()
