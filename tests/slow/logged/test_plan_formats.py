"""auto_explain's four formats say the same of a plan: asked of a real server."""

from __future__ import annotations

from collections.abc import Iterator

import asyncpg
import pytest

from forge_doctor.slow.logged.plan_formats import of_xml, of_yaml
from forge_doctor.slow.logged.plan_text import LoggedPlan, logged_plan
from forge_doctor.slow.plan import PlanNode
from tests.support.postgres import FreshDatabase, PostgresServer, new_database

TABLES = """
CREATE TABLE halls (id int PRIMARY KEY, name text, tags text[]);
CREATE TABLE shelves (id int PRIMARY KEY, hall_id int, "odd ""name" text);
INSERT INTO halls SELECT g, 'n' || g, ARRAY['a'] FROM generate_series(1, 300) g;
INSERT INTO shelves SELECT g, g % 300, '<b> & "c"' FROM generate_series(1, 3000) g;
ANALYZE
"""
QUERIES = (
    "SELECT * FROM halls WHERE name = 'n7' AND id > 3",
    "SELECT h.name, count(*) FROM halls h JOIN shelves s ON s.hall_id = h.id GROUP BY h.name ORDER BY 2 DESC, 1 LIMIT 3",
    """SELECT "odd ""name" FROM shelves
       WHERE "odd ""name" LIKE '%<b> & "c"%' ORDER BY "odd ""name", id""",
    "SELECT * FROM halls h, shelves s WHERE h.id < 5 AND s.id < 9",
    "SELECT id FROM halls WHERE 'a' = ANY (tags) UNION ALL SELECT id FROM shelves WHERE hall_id IN (SELECT id FROM halls)",
    "WITH x AS MATERIALIZED (SELECT * FROM shelves WHERE hall_id = 4) SELECT * FROM x WHERE id > 3",
)
FORMATS = ("json", "yaml", "xml", "text")


@pytest.fixture(scope="module")
def shop(postgres18: PostgresServer) -> Iterator[FreshDatabase]:
    with new_database(postgres18) as database:
        database.sql(TABLES)
        yield database


async def logged(shop: FreshDatabase, query: str) -> dict[str, LoggedPlan]:
    """What the server logs of one execution, in each format."""
    connection = await asyncpg.connect(shop.server.dsn(database=shop.name))
    told: list[str] = []
    connection.add_log_listener(lambda _, message: told.append(message.message))
    found = {}
    try:
        await connection.execute("LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0")
        for name in FORMATS:
            await connection.execute(f"SET auto_explain.log_format = {name}; SET auto_explain.log_level = notice")
            told.clear()
            await connection.execute(query)
            (message,) = [one for one in told if "  plan:" in one]
            plan = logged_plan(message.partition("plan:")[2])
            assert plan is not None, message
            found[name] = plan
            await connection.execute("SET auto_explain.log_level = debug5")
    finally:
        await connection.close()
    return found


def outline(node: PlanNode) -> tuple[object, ...]:
    """What text says of it as well."""
    own = (node.kind.removeprefix("Parallel "), node.relation, node.condition, node.join_condition)
    return (*own, tuple(outline(one) for one in node.children))


@pytest.mark.parametrize("query", QUERIES)
async def test_each_format_gives_the_same_plan(shop: FreshDatabase, query: str) -> None:
    found = await logged(shop, query)
    assert {plan.statement for plan in found.values()} == {query}
    roots = {name: plan.plan("k").root for name, plan in found.items()}
    assert roots["json"] is not None
    assert roots["yaml"] == roots["json"]
    assert roots["xml"] == roots["json"]
    assert roots["text"] is not None
    assert outline(roots["text"]) == outline(roots["json"])


@pytest.mark.parametrize(
    "text", ["", "Query Text: x", "Plan:", "Plan: \n  - a: 1", "<explain>", "<a><b></c></a>", "<explain/>"]
)
def test_what_is_cut_is_no_plan(text: str) -> None:
    assert of_yaml(text) is None or of_yaml(text) == {"Plan": {}}
    assert of_xml(text) is None


def test_depth_is_bounded() -> None:
    assert of_xml("<explain>" + "<Plan>" * 5000) is None
    deep = "".join(f"{'  ' * at}Plan: \n" for at in range(180))
    assert of_yaml(deep) is not None
