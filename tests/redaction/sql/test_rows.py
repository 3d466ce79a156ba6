"""Rows that a server quotes lose their values, in whatever language it quotes them."""

from __future__ import annotations

import pytest

from forge_doctor.redaction import redact
from forge_doctor.redaction.sql.rows import mask_copied, mask_rows


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Key (mail)=(a) b) already exists.", "Key (mail)=(***) already exists."),
        ("Schlüssel »(mail)=(ada)« existiert bereits.", "Schlüssel »(mail)=(***)« existiert bereits."),
        ("Ya existe la llave (mail)=(ada).", "Ya existe la llave (mail)=(***)."),
        ("キー (mail)=(ada) はすでに存在します。", "キー (mail)=(***) はすでに存在します。"),
        ("Fehlgeschlagene Zeile enthält (1, ada).", "Fehlgeschlagene Zeile enthält (***)."),
        ("La ligne en échec contient (1, ada).", "La ligne en échec contient (***)."),
        ("失敗した行は(1, ada)を含みます", "失敗した行は(***"),
        ("Ошибочная строка содержит (1, ada).", "Ошибочная строка содержит (***)."),
        (
            "Partition key of the failing row contains (mail) = (ada).",
            "Partition key of the failing row contains (mail) = (***).",
        ),
        ("existing local row (1, ada); remote row (1, bob).", "existing local row (***); remote row (***)."),
        ("f(a)==(b) and (c) = (d)", "f(a)==(b) and (c) = (d)"),
    ],
)
def test_rows_and_keys_are_masked(text: str, shown: str) -> None:
    assert mask_rows(text) == shown
    assert mask_rows(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('CONTEXT:  COPY users, line 3: "7\tada"\nnext', "CONTEXT:  COPY users, line 3: ***\nnext"),
        ('COPY users, line 3, column mail: "ada"', "COPY users, line 3, column mail: ***"),
        ("COPY users, Zeile 3: »7\tada«", "COPY users, Zeile 3: ***"),
        ('"COPY users, line 3: \\"7\\"", "x": "y"', '"COPY users, line 3: ***", "x": "y"'),
        ("COPY users (a) FROM stdin;\n7\tada\n8\tbob\n\\.\nnext", "COPY users (a) FROM stdin;\n***\n\\.\nnext"),
        ("COPY users TO STDOUT", "COPY users TO STDOUT"),
    ],
)
def test_lines_of_copy_are_masked(text: str, shown: str) -> None:
    assert mask_copied(text) == shown
    assert mask_copied(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        'malformed array literal: "ada"',
        'date/time field value out of range: "ada"',
        'value "ada" is out of range for type integer',
        'DETAIL:  Token "ada" is invalid.',
        'CONTEXT:  JSON data, line 1: {"note": "ada...',
        'AUDIT: SESSION,1,1,READ,SELECT,,,"select a from b where c = $1",ada',
        "API Key: ada-0b7d-4c55-9e1f",
        "the access token is ada0b7d4c55",
        'input=Login { ignore: "ada" }',
        "password=<memory ada>",
    ],
)
def test_what_a_sentence_quotes_is_masked(text: str) -> None:
    assert "ada" not in redact(text)
