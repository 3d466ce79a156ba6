"""A secret is taken out from its beginning to its end, and nothing else: whatever it was written into can still be read."""

from __future__ import annotations

import ast
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from forge_doctor.redaction import redact

# A text is read alike on every Python.
pytestmark = pytest.mark.slow

# Letters on both sides: what a value has at its edge may as well belong to what stands around.
VALUES = st.lists(
    st.sampled_from(['"', "'", "\\", "`", '""', "''", "a", " ", ","])
    | st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]),
    max_size=12,
).map(lambda some: f"Zq{''.join(some)}zQ")
# How a text is written into another, and read out of it.
INTO: dict[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "json": (lambda text: json.dumps({"body": text, "next": 7}), lambda text: json.loads(text)["body"]),
    "python": (lambda text: repr(["a", text, "b"]), lambda text: ast.literal_eval(text)[1]),
    "csv": (lambda text: '7,"' + text.replace('"', '""') + '",8', lambda text: text[3:-3].replace('""', '"')),
    "url": (lambda text: f"/x?body={quote(text, safe='')}&next=7", lambda text: unquote(text[8:-7])),
    "html": (lambda text: f"<p>{html.escape(text)}</p>", lambda text: html.unescape(text[3:-4])),
}
LAYERS = st.tuples(
    st.lists(st.sampled_from(["json", "python"]), max_size=3),
    st.sampled_from([[], [], ["url"], ["url"] * 2, ["html"], ["csv"]]),
).map(lambda pair: [*pair[0], *pair[1]])


def told_apart(value: str, layers: list[str]) -> str:
    """With a letter behind each of its quotes: Python's literals leave quotes of the other kind, and double what is before."""
    return re.sub(r"(?<=[\"'])", "q", value) if "python" in layers else value


def written(text: str, layers: list[str]) -> str:
    for layer in layers:
        text = INTO[layer][0](text)
    return text


def read(text: str, layers: list[str]) -> str:
    for layer in reversed(layers):
        text = INTO[layer][1](text)
    return text


@given(VALUES, LAYERS)
@example('a"\\', ["json"] * 3)
@example('"\\"', ["json", "json", "python"])
def test_json_is_the_same_with_a_mask_wherever_it_was_written_into(value: str, layers: list[str]) -> None:
    value = told_apart(value, layers)
    shown = redact(written(json.dumps({"a": 1, "password": value, "user": "ada"}), layers))
    assert json.loads(read(shown, layers)) == {"a": 1, "password": "***", "user": "ada"}


@given(VALUES, LAYERS)
def test_a_python_value_is_the_same_with_a_mask_wherever_it_was_written_into(value: str, layers: list[str]) -> None:
    value = told_apart(value, ["python"])
    for secret, mask in ((value, "***"), (value.encode(), b"***")):
        shown = redact(written(repr({"password": secret, "user": "ada"}), layers))
        assert ast.literal_eval(read(shown, layers)) == {"password": mask, "user": "ada"}


@given(VALUES, st.integers(0, 2))
def test_a_literal_of_sql_ends_at_its_quote_however_often_it_is_doubled(value: str, times: int) -> None:
    # SQL has a backslash as it is, and other literals escape a quote with it: a letter tells that the value goes on.
    value = value.replace("\\'", "\\'q")

    def statement(secret: str) -> str:
        text = "ALTER ROLE a PASSWORD '" + secret.replace("'", "''") + "' VALID UNTIL 'now'"
        for _ in range(times):
            text = "EXECUTE '" + text.replace("'", "''") + "';"
        return text

    assert redact(statement(value)) == statement("***")


INNER = st.recursive(
    st.sampled_from(["1", "'x)'", '"]"', "a", "None", "'its (' "]),
    lambda some: (
        st.builds("{}({}, {})".format, st.sampled_from(["f", "", "a.b"]), some, some)
        | st.builds("[{}, {}]".format, some, some)
        | st.builds("{{'k': {}}}".format, some)
    ),
    max_leaves=6,
)


@given(INNER)
def test_a_call_ends_with_its_bracket(inner: str) -> None:
    assert redact(f"login(password=Held({inner}), user='ada')") == "login(password=***, user='ada')"
    assert redact(f"login(password=[{inner}, 2], user='ada')") == "login(password=***, user='ada')"


@pytest.mark.parametrize(
    "after",
    ["", " x", "\nx", "&a=b", ";a=b", "; a=b", ", a=b", ",a=b", ")", "), x", "]", "}", "'", '"', "' x", "\\n", "> "],
)
@settings(max_examples=15)
@given(value=st.text("abcXYZ0189.-_~!$%*+/", min_size=1, max_size=20).map("Zq{}zQ".format))
def test_a_bare_value_ends_where_the_text_goes_on(after: str, value: str) -> None:
    assert redact(f"x password={value}{after}") == f"x password=***{after}"


@given(st.text("abcXYZ0189 .:;=,-", max_size=20).map("Odd{}zQ".format), st.lists(st.just("json"), max_size=3))
def test_a_header_in_quotes_ends_with_them(value: str, layers: list[str]) -> None:
    assert read(redact(written(f"Authorization: {value}", layers)), layers) == "Authorization: ***"


@pytest.mark.parametrize("mark", ["'", '"'])
def test_a_header_in_a_quote_that_nothing_closes_ends_with_its_line(mark: str) -> None:
    assert redact(f"curl -H {mark}Authorization: Odd a b\nnext") == f"curl -H {mark}Authorization: ***\nnext"
    assert redact(f"{mark}Authorization: Odd a b{mark} next") == f"{mark}Authorization: ***{mark} next"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # A quote around it all that nothing closes ends it only where it has blanks in it.
        ('x "password: abc def', 'x "password: *** def'),
        ("'password: a b' c", "'password: ***' c"),
        # What is cut off ends with what it stands in, or with its line; the next value is none of it.
        (r'"{\"password\": \"cut off" b "c"', r'"{\"password\": \"***" b "c"'),
        ("password='cut off\nuser = 'ada' x\nnext", "password='***\nnext"),
        ("name: password, value: abc def", "name: password, value: *** def"),
        # Three quotes, and two that are an empty text.
        ('password="""a "b" ""c""" d', 'password="***" d'),
        ('password="" x """y"""', 'password="" x """y"""'),
        ('password="""\nZq9vzQ\nand', 'password="***'),
        ('password="""\n', 'password="""\n'),
        # A block ends where a line stands further out.
        ("password: |\n  a1\n b2\nport: 5", "password: |\n  ***\n b2\nport: 5"),
        ("password:\n  Zq9vK2mQ9xB # old\nport: 5", "password:\n  ***\nport: 5"),
        # A call whose quotes do not pair ends where the next name is set.
        (r"login(password=Held('it\\'s'), user='ada')", "login(password=***, user='ada')"),
        (r"login(password=Held('a) it\\'s'), user='ada')", "login(password=***, user='ada')"),
        # A list of cookies ends with its bracket; so does a tag of HTML.
        ("{'cookies': ['Zq9vK', 'b2mQ'], 'port': 5}", "{'cookies': ***, 'port': 5}"),
        ("<td>password=abc<br/>user=ada</td>", "<td>password=***<br/>user=ada</td>"),
        ("password=ab<cd> x", "password=***> x"),
        # CSV in CSV doubles quotes twice.
        ('"1,""{""""password"""": """"Zq9vzQ""""}"""', '"1,""{""""password"""": """"***""""}"""'),
    ],
)
def test_what_is_cut_off_or_empty_takes_nothing_with_it(text: str, shown: str) -> None:
    assert redact(text) == shown
