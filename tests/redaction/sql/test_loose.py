"""Statements are found in messages, in code and in fields, and lose what they carry."""

from __future__ import annotations

import json

import pytest

from forge_doctor.redaction import redact
from forge_doctor.redaction.sql.loose import mask_casts, mask_loose

SECRET = "ada at home"
STATEMENTS = (
    "INSERT INTO users SELECT '{}', 5",
    "insert into users (a) select '{}' from x",
    "MERGE INTO users u USING (VALUES ('{}')) s(x) ON u.a = s.x WHEN MATCHED THEN UPDATE SET a = '{}'",
    "SELECT login('ada', '{}')",
    "select login('ada','{}')",
    "select a, b from f where c = '{}'",
    "select distinct '{}'",
    "CALL sign_up('{}')",
    "call sign_up('{}')",
    "DELETE FROM users WHERE mail = '{}' RETURNING 'x'",
    "update only users as u set mail = '{}'",
    "UPDATE \"Users\" SET mail = '{}'",
    "WITH x AS (VALUES ('{}', 1)) SELECT * FROM x",
    "with recursive x(a, b) as materialized (select '{}') select 1",
    "values ('{}')",
    "WHERE a BETWEEN 'a' AND '{}'",
    "where a between 'a' and '{}'",
    "x AND mail = '{}'",
    "a LIKE '{}%'",
    "a IN ('b', '{}')",
    "NOTIFY chan, '{}'",
    "SELECT $q${}$q$",
    "EXPLAIN ANALYZE SELECT '{}'",
    "DECLARE c CURSOR FOR SELECT '{}'",
    "COPY (SELECT '{}') TO STDOUT",
    "Index Cond: (mail = '{}'::text)",
    "Filter: ((mail)::text = '{}'::text)",
    'MySQL: INSERT INTO t VALUES (7, "{}")',
)
CARRIERS = {
    "alone": "failed: {}",
    "a field": '{{"query": {json}, "x": "it\'s"}}',
    "a field within a field": '{{"body": {twice}}}',
    "logfmt": 'level=info msg="ran {escaped}" took=5',
    "doubled": "msg='ran {doubled}' took=5",
    "code": "    await session.execute(text({repr}))",
    "an f-string": 'session.execute(f"""{}""")',
    "lines": "failed: {}\nTraceback (most recent call last):\n  File \"/a.py\", line 5, in f\n    g('x')",
}


def carried(carrier: str, sql: str) -> str:
    inner = json.dumps({"sql": sql})
    return CARRIERS[carrier].format(
        sql,
        json=json.dumps(sql),
        twice=json.dumps(inner),
        escaped=json.dumps(sql)[1:-1],
        doubled=sql.replace("'", "''"),
        repr=repr(sql),
    )


@pytest.mark.parametrize("carrier", CARRIERS)
def test_no_literal_of_a_statement_is_shown(carrier: str) -> None:
    texts = [carried(carrier, one.replace("{}", SECRET)) for one in STATEMENTS]
    shown = [mask_casts(mask_loose(text)) for text in texts]
    assert [text for text in shown if SECRET in text] == []
    assert [text for text in shown if mask_casts(mask_loose(text)) != text] == []


def test_what_stands_around_a_statement_stays() -> None:
    for carrier in CARRIERS:
        text = carried(carrier, f"SELECT login('ada', '{SECRET}')")
        masked = mask_loose(text)
        assert masked.replace("***", "").startswith(text[: text.index("ada")])
        tail = text[text.rindex(SECRET) + len(SECRET) :]
        assert masked.endswith(tail)


@pytest.mark.parametrize(
    "text",
    [
        "please select 5 of 'a', 'b'",
        "who selects 'a' updates 'b'",
        "user 'ada' is within 'shop'",
        "from where it's called: 'x'",
        "if a == 'x' and b == 'y':",
        'permission denied: "SELECT" on "users"',
        'AUDIT: SESSION,1,1,READ,SELECT,,,"select a from b where c = $1"',
        'SELECT "a", "b-c" FROM "d"',
        "relation \"users\" does not exist at 'x'",
        "WHERE name = '' AND note <> ''",
        "SELECT nextval('orders_id_seq'::regclass"[7:],
        "don't update users' settings: 'x'",
        "[Errno 111] Connect call failed ('127.0.0.1', 5432)",
        " +  where 5 = <method count of str>('b')",
    ],
)
def test_what_is_no_statement_stays(text: str) -> None:
    assert mask_casts(mask_loose(text)) == text


def test_a_statement_ends_with_what_it_stands_in() -> None:
    text = "{'sql': \"SELECT 'a'\", 'name': 'b'} ran SELECT 'c'; then 'd'"
    assert mask_loose(text) == "{'sql': \"SELECT '***'\", 'name': 'b'} ran SELECT '***'; then 'd'"
    assert redact("SELECT 'a'\nnext 'b'") == "SELECT '***'\nnext 'b'"
