"""No secret passes through, however its surroundings are written; what is none stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forge_doctor.redaction import redact, redact_source
from forge_doctor.regex import regex
from tests.support.growth import SLACK
from tests.support.questions import questions
from tests.support.regex_work import characters, expressions
from tests.support.secret_corpus import CANARY, texts_of_data

CORPUS = texts_of_data()
# What a pass may begin with and never end.
FRAGMENTS = (
    *(
        "-passwd",
        "password=",
        "password='",
        'password="\\',
        "token=[",
        'password\\\\":',
        "(b'cookie', ",
        "secret",
        "a:b@",
        "@",
        ":",
    ),
    *(
        "://",
        "http://a:",
        "[SQL: ",
        "[SQL: x\n",
        "[parameters: ",
        "[parameters: ]\n\n",
        "Key (",
        "Key (a)=(",
        "key (a)=(\n",
        "'",
    ),
    *(
        "Failing row contains (",
        "STATEMENT: '",
        "$1 = '",
        "$$",
        "-----BEGIN A-----",
        "└ ",
        "│",
        "input_value=",
        "?code=",
        "&a=",
    ),
    *(
        "Bearer ",
        "Basic a",
        "Digest a=",
        "URL.create(",
        "sk-",
        "eyJ.",
        "aA1-",
        "\\",
        '\\"',
        "(",
        "[{",
        "query argument $1: ",
        " (x)",
    ),
    *("Duplicate entry '", "login a password ", " -u a:", ":5432:", "<password", "password,", "--password ", "token: "),
)
NO_SECRETS = """\
/app/main.py:7 in pay
http://db:5432/x
tokens left: none of 5
sqlalche.me/e/20/xd2s
password authentication failed for user "shop" at 127.0.0.1:5432, see http://localhost:8000/docs
asyncpg.exceptions.InvalidPasswordError: password authentication failed for user "shop"
jwt.exceptions.ExpiredSignatureError: Signature has expired
KeyError: 'password'
column "password" of relation "users" does not exist
relation "tokens" does not exist
File "/usr/lib/python3.13/site-packages/jose/jwt.py", line 12, in decode_token
    raise TokenError(message) from error
QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00 (Background on this error at: https://sqlalche.me/e/20/3o7r)
sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here. Was IO attempted in an unexpected place?
duplicate key value violates unique constraint "users_email_key"
insert or update on table "orders" violates foreign key constraint "orders_user_id_fkey"
deadlock detected
Process 77 waits for ShareLock on transaction 731; blocked by process 78.
ERROR app.auth.tokens: refresh failed for 5 users
INFO auth: login of 5
max_tokens=4096 prompt_tokens=12 total_tokens: 55
password=None, token='', secret=null
session=Depends(get_session)
async with session.begin():
token_type=bearer, token_expires_in=3600 access_token_expire_minutes=30
key=5 primary_key=True foreign_key='orders.id' key: orders
getaddrinfo failed for db.internal.example.net:5432
2026-11-22 08:33:23 UTC:10.0.0.1(5432):app@shop:[77]:ERROR:  canceling statement due to statement timeout
remaining connection slots are reserved for roles with the SUPERUSER attribute
git@github.com:org/repo.git
mail to ops@example.org, from:x
Token expired
Basic authentication is required
token bucket is empty
request_id=3fa85f64-5717-4562-b3fc-2c963f66afa6 trace=4bf92f3577b34da6a3ce929d0e0e4736
AsyncAdaptedQueuePool BufferedWSGIHandler2Impl test_get_user_by_id_v2
Root=1-67891233-abcdef012345678912345678
GET /api/v1/orders?page=2&size=50 HTTP/1.1
await session.refresh(order, ["items"])
cancelling statement: SELECT id FROM orders WHERE id = $1
postgresql://app@db/shop
alembic_version 27c6a30d7c24
NoCredentialsError: Unable to locate credentials
set it with sslmode=require passfile=/etc/pgpass
asyncpg.exceptions.InvalidAuthorizationSpecificationError: role "x" does not exist
sha256:3f786850e387550fdab836ed7e6dc881de23001b
pod api-7f9c8d6b5-x2x4z container 4c01db0b339c
SSL: CERTIFICATE_VERIFY_FAILED certificate verify failed: self-signed certificate (_ssl.c:1006)
_pytest/assertion/rewrite.py:186
assertion: x is None
input: 5
authentication method 10 not supported
pg_stat_statements queryid -8423719283712937123
ticket closed: 5
WHERE name = '' AND note <> '' OR ''='' THEN ''
{"name": "shop", "value": "42", "domain": "orders"}
{"domain": "orders", "rows": 5, "value": "plain"}
DATABASE_HOST=db-primary.eu-west-1.internal:5432
LD_LIBRARY_PATH=/usr/local/lib/x86_64-linux-gnu:/opt/Lib64
Content-Type: text/html; charset=utf-8
10.0.0.1\tGET\t/orders\t200\t12
docker run -b app=1 image
Command ['psql', '-U', 'app', '-h', 'db', '-p', '5432', '-d', 'shop'] died
mysql -u root -p shop
ssh -p 2222 host
tokens  oauth2_scheme
access_token test_client_v2 is unused
secrets (python3.13) stdlib
credentials | table2 | owner
the password is at /etc/app2/pg.conf
app.auth.tokens 2026-11-22T08:33:23Z
{"name": "shop", "value": "x7"} {"key": "city", "value": "Zurich8000"}
- name: HOST
  value: db-2.internal
--timeout SECONDS  how long to wait (default: 30)
--max-tokens=4096  (default: 4096)
  --token-file PATH  where it is (default: /run/token)
execute_values(cur, sql, rows, page_size=100)
commit 846e7e6a1b2c3d4e5f60718293a4b5c6d7e8f901
author_id=7 keyspace=ks1 keyboard='de' monkey='x7f3' donkeys: 5
""".splitlines()


@pytest.mark.parametrize("value", [CANARY, "CANARY", "C4nary!$#%^*z", "7777777C"])
def test_no_secret_of_the_corpus_passes(value: str) -> None:
    assert [text for text in texts_of_data(value) if value in redact(text)] == []


def test_redacting_twice_changes_nothing_more() -> None:
    assert [text for text in CORPUS if redact(redact(text)) != redact(text)] == []


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO orders (id, status) VALUES (1, 'it''s new'), (2, 'old')",
        "INSERT INTO orders SELECT id, 'open' FROM carts",
        "UPDATE orders SET status = 'paid' WHERE 'paid' <> status",
        "SELECT 1 /* it is 'quoted' */",
    ],
)
def test_a_statement_keeps_its_literals_in_source_alone(text: str) -> None:
    assert redact_source(text) == text
    assert "'***" in redact(text)
    assert "paid" not in redact(text)


@pytest.mark.parametrize("size", [200, 600])
def test_a_cut_lets_no_secret_through(size: int) -> None:
    shown = [text for text in CORPUS if CANARY in redact("x" * (size - len(text) // 2) + " " + text, size)]
    assert shown == []


def test_a_text_is_cut_before_it_is_looked_at() -> None:
    assert redact("a " * 30_000_000, 100) == "a " * 50


# What is looked for behind a mark is looked for in some thousand characters at most: it takes more than those to tell.
SIZE = 1 << 13


def work(text: str) -> int:
    """The characters that expressions go through, and the functions that are called, until all passes are done."""
    read: list[int] = []
    called = questions(lambda: read.append(characters(lambda: redact(text)))).total()
    return read[0] + called


@pytest.mark.slow
@pytest.mark.parametrize("part", [*CORPUS[::61], *CORPUS[-110:], *FRAGMENTS])
def test_twice_the_text_is_twice_the_work(part: str) -> None:
    for one in (part, part[:-1]):
        text = one * (SIZE // len(part))
        assert work(text * 2) <= SLACK * work(text)


def test_what_reads_all_that_follows_again_and_again_is_seen() -> None:
    word, rest = regex("a"), regex("b")
    expressions.cache_clear()

    def read(text: str) -> None:
        for found in word.finditer(text):
            rest.search(text, found.end())

    assert characters(lambda: read("a" * 600)) > 3.5 * characters(lambda: read("a" * 300))


# A value in quotes may hold anything but its own quote.
@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\\\\'\"`\n", exclude_categories=["Cc"]), max_size=40),
    st.sampled_from(["password='{}'", 'api_key: "{}"', '{{"token":"{}"}}', "(b'x-secret', b'{}')", "PASSWORD '{}'"]),
)
def test_whatever_stands_in_quotes_is_taken_out(value: str, notation: str) -> None:
    shown = redact(notation.format(f"{CANARY}{value}{CANARY}") + " and so on")
    assert CANARY not in shown
    assert shown.endswith(" and so on")


@given(st.lists(st.sampled_from([*CORPUS[::17], "\n", " ", "'", '"', "\\\\", "[", "@"]), max_size=8))
def test_texts_together_show_no_more_than_alone(parts: list[str]) -> None:
    redact(" ".join(parts))


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach postgresql+asyncpg://shop:hunter2@db:5432/shop now",
        "cannot reach postgresql://shop:hun@ter2@db/shop",
        "tried shop:hunter2@db:5432/shop",
        "host=db password = 'hunter2 with spaces' dbname=shop",
    ],
)
def test_a_password_in_a_message_is_masked(text: str) -> None:
    shown = redact(text)
    assert "ter2" not in shown
    assert "***" in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://shop:hunter2@db:5432/shop failed", "postgresql://shop:***@db:5432/shop failed"),
        ('{"password": "hunter2", "user": "u"}', '{"password": "***", "user": "u"}'),
        ("host=db password=hunter2 user=u", "host=db password=*** user=u"),
        ("(b'cookie', b'a=b'), (b'host', b'h')", "(b'cookie', b'***'), (b'host', b'h')"),
        ("Key (mail)=(a@b.c) already exists.", "Key (mail)=(***) already exists."),
        ("login(password=None, token='')", "login(password=None, token='')"),
    ],
)
def test_what_stands_around_the_secret_stays(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # A row ends at its bracket, without one at its line; what comes behind it stays.
        ("Failing row contains (7, x).\nDETAIL: y", "Failing row contains (***).\nDETAIL: y"),
        ("Failing row contains (7, x\nDETAIL: y", "Failing row contains (***\nDETAIL: y"),
        ("\nFailing row contains (7, x", "\nFailing row contains (***"),
        # A statement in SQLAlchemy's brackets ends at its bracket, one of the server's log at its line.
        ("[SQL: SELECT 'a\nb']\n(Background on 'x')", "[SQL: SELECT '***']\n(Background on 'x')"),
        ("STATEMENT:  SELECT 'a'\nnext 'b'", "STATEMENT:  SELECT '***'\nnext 'b'"),
        # A text below its name ends with its indentation, a field with its object, rows with their semicolon.
        ("password: |\n  a1\n  b2\nport: 5", "password: |\n  ***\nport: 5"),
        ("password:\n  host: x\n", "password:\n  host: x\n"),
        ("- name: password\n- name: b\n  value: c", "- name: password\n- name: b\n  value: c"),
        ('{"name": "password"}, {"value": "c"}', '{"name": "password"}, {"value": "c"}'),
        ("INSERT INTO t VALUES ('a;b'); next 'c'", "INSERT INTO t VALUES ('***'); next 'c'"),
        ("INSERT INTO t VALUES ('a')\nnext 'c'", "INSERT INTO t VALUES ('***')\nnext 'c'"),
        ("statement: SELECT 1 -- it's\n\tFROM t", "statement: SELECT 1 -- it'***\n\tFROM t"),
        (
            "--password P  (default: a7)\n  --port N  (default: 5)",
            "--password ***  (default: ***)\n  --port N  (default: 5)",
        ),
        ("assert 'x7x7x7x7' == 'b'\n where 'x7x7x7x7' = a.password", "assert '***' == 'b'\n where '***' = a.password"),
        ("get(password='it', host='it')", "get(password='***', host='it')"),
        # Who has no password shows none, and who has a path is no login.
        ("me@host a:b@host x/a:b@host a:b:c@host a:b@-", "me@host a:***@host x/a:b@host a:b:c@host a:b@-"),
        (
            "https://@host/x https://tokenvalue@host/x ssh://git@host/x",
            "https://@host/x https://***@host/x ssh://git@host/x",
        ),
        ("redis://:pw@host redis://u:pw@[::1]/0", "redis://:***@host redis://u:***@[::1]/0"),
    ],
)
def test_what_is_taken_out_ends_where_it_ends(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_constant_that_is_given_a_word_that_was_drawn_is_masked() -> None:
    assert redact("sent LSOLH=zT8vK2mQ9xB4nL7wR1c.k3 again") == "sent LSOLH=*** again"
    assert redact("MODE=Production2Europe_west") == "MODE=Production2Europe_west"
