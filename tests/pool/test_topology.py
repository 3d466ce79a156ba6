"""The application's numbers: flags, then the engine, then what runs, then what is assumed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from forge_doctor.errors import UsageProblem
from forge_doctor.finding import Confidence
from forge_doctor.pool.inference.situation import Situation
from forge_doctor.pool.topology import Told, application_of, worker_to_ask
from forge_doctor.probes.processes.workers import Role
from tests.support.snapshots import session, snapshot, worker

MASTER = worker(1, role=Role.MASTER)


@dataclass(frozen=True)
class FakeEngine:
    name: str = "shop.db:engine"
    pool_class: str = "AsyncAdaptedQueuePool"
    pool_size: int | None = 7
    max_overflow: int | None = 3
    pool_timeout_s: float | None = 30.0
    pool_recycle_s: float | None = -1.0
    pre_ping: bool | None = False
    defaults: tuple[str, ...] = ()
    doubts: Mapping[str, str] = field(default_factory=dict)


def test_a_number_from_source_says_what_it_is() -> None:
    engine = FakeEngine(name="shop/db.py:9", defaults=("max_overflow",), doubts={"pool_size": "settings.pool"})
    own = application_of(Told(), engine, (), None)
    assert own.pool_size.said == (
        "engine shop/db.py:9, the default of settings.pool in the source, if nothing that was not read sets it"
    )
    assert own.max_overflow.said == "SQLAlchemy's default, not given at the engine shop/db.py:9"
    assert not own.sizes_assumed
    assert own.sizes_confidence is Confidence.MEDIUM
    sure = application_of(Told(), FakeEngine(), (), None)
    assert sure.sizes_confidence is Confidence.HIGH


def test_why_the_source_does_not_tell_stands_beside_the_assumption() -> None:
    own = application_of(Told(), None, (), None, "what the engine at db.py:3 is given is not written there as numbers")
    assert own.sizes_assumed
    assert "db.py:3" in own.pool_size.said


def test_the_worker_to_ask_is_one_of_the_busiest_application_with_sqlalchemy() -> None:
    shop = [worker(number, session(number), application="shop:app") for number in (1, 2)]
    other = worker(3, session(3), application="mail:app")
    assert worker_to_ask((other, *shop)) == shop[0]
    assert worker_to_ask((worker(7, session(7), libraries=("psycopg",)),)) is None
    assert worker_to_ask((worker(7),)) is None


def test_nothing_told_is_sqlalchemys_default_and_said_to_be_assumed() -> None:
    own = application_of(Told(), None, (), None)
    assert (own.pool_size.value, own.max_overflow.value, own.per_worker) == (5, 10, 15)
    assert own.pool_size.assumed
    assert own.workers is None


def test_a_flag_wins_over_the_engine_and_says_so() -> None:
    own = application_of(Told(pool_size=2), FakeEngine(), (), None)
    assert (own.pool_size.value, own.pool_size.source) == (2, "--pool-size")
    assert (own.max_overflow.value, own.max_overflow.source) == (3, "engine shop.db:engine")


def test_a_flag_of_zero_is_told() -> None:
    assert application_of(Told(max_overflow=0), FakeEngine(), (), None).max_overflow.value == 0


def test_a_pool_without_a_size_is_unlimited() -> None:
    own = application_of(Told(), FakeEngine(pool_class="NullPool", pool_size=None, max_overflow=None), (), None)
    assert own.per_worker is None


@pytest.mark.parametrize(
    ("told", "processes", "environment", "value", "source"),
    [
        (Told(workers=9), (worker(2), worker(3)), "4", 9, "--workers"),
        (Told(), (MASTER, worker(2), worker(3)), "4", 2, "processes found: 2 uvicorn"),
        (Told(), (worker(1, role=Role.MASTER, workers_flag=4), worker(2)), None, 4, "--workers of pid 1"),
        (Told(), (worker(1, role=Role.MASTER, web_concurrency=3),), None, 3, "env WEB_CONCURRENCY of pid 1"),
        (
            Told(),
            (worker(1, role=Role.MASTER, workers_flag=2, web_concurrency=8), worker(2)),
            None,
            2,
            "--workers of pid 1",
        ),
        (Told(), (), "4", 4, "env WEB_CONCURRENCY"),
    ],
)
def test_the_worker_count_and_its_source(
    told: Told,
    processes: tuple,
    environment: str | None,
    value: int,
    source: str,  # type: ignore[type-arg]
) -> None:
    workers = application_of(told, None, processes, environment).workers
    assert workers is not None
    assert (workers.value, workers.source) == (value, source)


@pytest.mark.parametrize("written", ["four", "0", "-1"])
def test_a_broken_web_concurrency_is_refused_by_name(written: str) -> None:
    with pytest.raises(UsageProblem, match="WEB_CONCURRENCY"):
        application_of(Told(), None, (), written)


def test_of_several_applications_that_with_the_most_connections_is_meant() -> None:
    shop = [worker(pid, session(pid), session(pid + 50)) for pid in (2, 3)]
    admin = [worker(pid, session(pid), application="admin:app") for pid in (5, 6, 7)]
    own = application_of(Told(), None, (*shop, *admin), None).workers
    assert own is not None
    assert (own.value, own.source) == (2, "processes found: 2 uvicorn of shop:app")
    situation = Situation(snapshot(*(session(pid) for pid in (2, 3, 5, 6, 7)), processes=(*shop, *admin)))
    assert situation.others == 3
