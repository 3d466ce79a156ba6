"""Streams that keep connections are no leak, and the stream is named."""

from dataclasses import replace

from tests.support.snapshots import idle_in_transaction, serving, snapshot
from tests.support.triage_facts import diagnosed, function, only, problem, rule, sent_at


def test_the_generator_is_named():
    held = [idle_in_transaction(100 + at, 60.0 - at, statement="SELECT * FROM events") for at in range(8)]
    lines = tuple(sent_at(one.pid, "shop/feed.py", 12, "events") for one in held)
    worker = serving(4211, *held, streams=8, request_ages_s=(70.0,) * 8)
    told = only(diagnosed(
        snapshot(*held, processes=(worker,), statement_lines=lines),
        lint=[rule("session-in-stream", "shop/feed.py", 15, "events")],
        logs=[problem("pool-timeout", "/app/shop/api.py", 5, "home")],
    ))  # fmt: skip
    assert (told.cause, str(told.place)) == ("stream-holds-session", "shop/feed.py:15 events")
    assert not any("pg_terminate_backend(" in one for one in told.now)


def test_without_a_rule_the_generator_that_sends_the_statement_is_named():
    held = [idle_in_transaction(100 + at, 60.0 - at, statement="SELECT * FROM events") for at in range(8)]
    lines = tuple(sent_at(one.pid, "shop/store.py", 7, "get") for one in held)
    worker = serving(4211, *held, streams=8, request_ages_s=(70.0,) * 8)
    functions = [
        function("shop/store.py", "get", 5, 8),
        replace(function("shop/chat.py", "Chat.stream", 3, 9, "get"), yields=True),
        function("shop/api.py", "chat", 20, 24, "stream"),
    ]
    told = only(diagnosed(snapshot(*held, processes=(worker,), statement_lines=lines), functions=functions))
    assert (told.cause, str(told.place)) == ("stream-holds-session", "shop/chat.py:3 Chat.stream")
