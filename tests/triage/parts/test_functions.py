"""Functions are read with what they call, hand on, make and repeat; a file that does not parse has none."""

from pathlib import Path
from textwrap import dedent

from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.parts.functions import read_code_map

FILES = {
    "db.py": """
        from sqlalchemy.ext.asyncio import async_sessionmaker
        Make = async_sessionmaker(None)


        async def provided():
            async with Make() as session:
                yield session
    """,
    "store.py": """
        class Orders:
            def __init__(self, session):
                self.session = session

            async def get(self, order_id):
                return await self.session.get(object, order_id)
    """,
    "work.py": """
        from db import Make
        from store import Orders


        async def forget(order_id):
            session = Make()
            return await Orders(session).get(order_id)


        async def each(ids):
            async with Make.begin() as session:
                orders = Orders(session)
                return [await orders.get(one) for one in ids]


        def later(tasks, order_id):
            tasks.add_task(forget, order_id)
    """,
    "broken.py": "def f(:",
}


def code(tmp_path: Path) -> CodeMap:
    for name, text in FILES.items():
        tmp_path.joinpath(name).write_text(dedent(text), encoding="utf-8")
    return read_code_map(sorted(tmp_path.glob("*.py")), tmp_path)


def test_what_a_function_makes_and_leaves(tmp_path: Path) -> None:
    made = {one.name: (one.opens, one.left_open, one.yields) for one in code(tmp_path).functions if one.opens}
    assert made == {
        "provided": ((7,), (), True),
        "forget": ((7,), (7,), False),
        "each": ((12,), (), False),
    }


def test_who_calls_whom_by_methods_and_by_what_is_handed_on(tmp_path: Path) -> None:
    known = code(tmp_path)
    by_name = {one.name: one for one in known.functions}
    get = by_name["Orders.get"]
    assert known.distance(by_name["forget"], get) == 1
    assert known.distance(by_name["later"], get) == 2
    assert known.distance(get, by_name["later"]) is None


def test_the_loop_and_its_line(tmp_path: Path) -> None:
    known = code(tmp_path)
    get = next(one for one in known.functions if one.name == "Orders.get")
    assert [(one.name, line) for one, line in known.loops(get)] == [("each", 14)]


def test_files_that_do_not_parse_are_files_all_the_same(tmp_path: Path) -> None:
    known = code(tmp_path)
    assert "broken.py" in known.files
    assert not [one for one in known.functions if one.path == "broken.py"]


def test_the_innermost_function_around_a_line(tmp_path: Path) -> None:
    known = code(tmp_path)
    found = known.at("store.py", 7)
    assert found is not None
    assert found.name == "Orders.get"
    assert known.at("store.py", 1) is None


def test_a_connection_of_an_engine_and_a_context_manager_that_takes_one_open_a_session(tmp_path: Path) -> None:
    tmp_path.joinpath("db.py").write_text(
        dedent("""
            from contextlib import asynccontextmanager
            engine = create_async_engine(url)


            @asynccontextmanager
            async def scope():
                async with engine.connect() as connection:
                    yield connection


            async def checked():
                async with scope() as connection:
                    await connection.execute(q)


            async def other(tunnel):
                await tunnel.connect()
        """)
    )
    found = {one.name: one for one in read_code_map([tmp_path / "db.py"], tmp_path).functions}
    assert {name: (one.opens, one.left_open) for name, one in found.items()} == {
        "scope": ((8,), ()),
        "checked": ((13,), ()),
        "other": ((), ()),
    }
