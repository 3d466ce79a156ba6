"""`await` is put where it binds to the expression it is for."""

from __future__ import annotations

import pytest

from forge_doctor.code.syntax.source import parse
from forge_doctor.lint.dataflow.coroutines.awaits import awaiting_edits
from tests.support.lint_cases import apply


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = s.get()", "x = await s.get()"),
        ("x = s.get().y", "x = (await s.get()).y"),
        ("x = s.get()[0]", "x = (await s.get())[0]"),
        ("x = s.get() ** 2", "x = (await s.get()) ** 2"),
        ("x = not s.get()", "x = not await s.get()"),
        ("x = (s.get()).y", "x = (await s.get()).y"),
    ],
)
def test_await_is_inserted_so_that_it_binds_to_the_call(before: str, after: str) -> None:
    file = parse(before)
    (call,) = file.calls("get")
    assert apply(before, list(awaiting_edits(call))) == after
