"""What is taken out, to the sign: where a value begins, which words are values at all, and what is left of what stands around."""

from __future__ import annotations

import pytest

from forge_doctor.redaction import redact
from forge_doctor.redaction.notation.signs import is_drawn
from forge_doctor.redaction.spans import Span, mask_spans

FAR = "x " * 200

EXACT = [
    # Parameters, each by itself, to the end of their line.
    ("DETAIL:  parameters: $1 = 'a b', $2 = 5\nnext 'x'", "DETAIL:  parameters: $1 = ***, $2 = ***\nnext 'x'"),
    # Statements: by their beginning, their dollars, and what was cut off within a literal.
    ("statement: SELECT 'a'\nnext 'b'", "statement: SELECT '***'\nnext 'b'"),
    ("STATEMENT:  SELECT $f$a$f$ || b", "STATEMENT:  SELECT $f$***$f$ || b"),
    ("STATEMENT:  SELECT $f$a\n\tb", "STATEMENT:  SELECT $f$***"),
    ("STATEMENT:  SELECT 'it\"", "STATEMENT:  SELECT '***"),
    # Below its name only where the name begins its line; an element with a namespace; an option far from the beginning.
    ("password:\n  'a b c'\nnext", "password:\n  '***'\nnext"),
    ("wrong password:\n  'is told' here", "wrong password:\n  'is told' here"),
    ("<ns:password>abc</ns:password>", "<ns:password>***</ns:password>"),
    (f"{FAR}--password abc d", f"{FAR}--password *** d"),
    # What may as well be a word is a secret only where it is set or quoted.
    ("the pin 'four' is wrong", "the pin 'four' is wrong"),
    ("seed -> x7Kq2mQ9xB", "seed -> x7Kq2mQ9xB"),
    ("password | apiKey2Tok9X7 | z", "password | apiKey2Tok9X7 | z"),
    ("app.passwords.cache: missed 5", "app.passwords.cache: missed 5"),
    # The escape before a name is none of it.
    ("x\\npin='ab12'", "x\\npin='***'"),
    ("\x1b[36mpin\x1b[0m='ab12'", "\x1b[36mpin\x1b[0m='***'"),
    ("a%5Bpin%5D=ab12", "a%5Bpin%5D=***"),
    # A number is a secret but where it counts.
    ("password=123456 x", "password=*** x"),
    ("max_tokens=4096 x", "max_tokens=4096 x"),
    ("input_value=<Card 4111 x> of y, input_type=Card", "input_value=***, input_type=Card"),
    # Elsewhere in the text only what a sure name has told.
    ("password='x7x7x7x7' then x7x7x7x7", "password='***' then ***"),
    ("sig='x7x7x7x7' then x7x7x7x7", "sig='***' then x7x7x7x7"),
    # URLs, logins and queries.
    ("https://x@github.com/o", "https://***@github.com/o"),
    ("f\"postgres://{u}:{pw or 'x9'}@h/db\"", 'f"postgres://{u}:***@h/db"'),
    ("tried ada:pw9@h-1", "tried ada:***@h-1"),
    ("GET /x?sig=abc&a=b HTTP", "GET /x?sig=***&a=b HTTP"),
    # Fields apart.
    ('form-data; name="password"\r\n\r\nabc\r\n--x', 'form-data; name="password"\r\n\r\n***\r\n--x'),
    (f"{FAR}value: 'abc', name: 'password', x", f"{FAR}value: '***', name: 'password', x"),
    ("--password P  what  [default: 'a b'] x", "--password ***  what  [default: '***'] x"),
    # Sentences and logins.
    ("the token of user 'ada77ada1' is old", "the token of user 'ada77ada1' is old"),
    ("the token, 'ada77ada1', is old", "the token, '***', is old"),
    ("> AUTH zT8vK2mQ9xB4nL", "> AUTH ***"),
    ("> AUTH PLAIN zT8vK2mQ9xB4nL=", "> AUTH PLAIN ***"),
    ("535 AUTH mechanism unknown", "535 AUTH mechanism unknown"),
]


@pytest.mark.parametrize(("text", "shown"), EXACT)
def test_only_the_secret_is_taken_out(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    ("word", "drawn"),
    [
        ("aB1cD2eF", True),
        ("aB1cD2e", False),
        # Two turns in five characters.
        ("aB1cDeeeee", True),
        ("aB1Deeeeee", True),
        ("aB1eeeeeee", False),
        ("aBcDeFgHiJ", False),
        ("1234567890", False),
        ("aB1cD2eF..:=", True),
        ("aB1cD2e...", False),
    ],
)
def test_a_word_was_drawn_where_two_of_five_characters_turn(word: str, drawn: bool) -> None:
    assert is_drawn(word) is drawn


def test_spans_beside_each_other_are_both_masked_and_of_two_that_overlap_the_first() -> None:
    assert mask_spans("abcdef", [Span(2, 4), Span(0, 2)]) == "******ef"
    assert mask_spans("abcdef", [Span(0, 3), Span(2, 5)]) == "***def"
    assert mask_spans("abcdef", [Span(1, 1)]) == "abcdef"


@pytest.mark.parametrize(
    ("value", "again"),
    [
        ("abcdef7", False),
        ("abcdefg7", True),
        ("a" * 199 + "7", True),
        ("a" * 200 + "7", False),
        ("abcdefgh", False),
        ("12345678", False),
        ("ab://cd7", False),
    ],
)
def test_a_secret_is_known_again_where_it_is_no_word(value: str, again: bool) -> None:
    text = f"{value} {value}"
    assert mask_spans(text, [Span(0, len(value))]) == ("*** ***" if again else f"*** {value}")
    assert mask_spans(text, [Span(0, len(value), sure=False)]) == f"*** {value}"


def test_of_many_secrets_the_longest_are_known_again() -> None:
    values = [f"abcdef{'g' * n}7" for n in range(1, 30)]
    text = " ".join(values) + "\n"
    spans = []
    at = 0
    for one in values:
        spans.append(Span(at, at + len(one)))
        at += len(one) + 1
    shown = mask_spans(text + "\n".join(values), spans).split("\n")[1:]
    assert shown == [*values[:9], *["***"] * 20]
