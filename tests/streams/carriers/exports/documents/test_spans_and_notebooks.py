"""Exceptions on OpenTelemetry's spans and in the outputs of notebooks are told as in a log of the same program."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.streams.carriers.test_carriers import answer, read

TRACEBACK = (
    'Traceback (most recent call last):\n  File "/app/shop/routes.py", line {line}, in items\n    await session.commit()\n'
    '  File "/usr/lib/python3/site-packages/sqlalchemy/pool/impl.py", line 166, in _do_get\n    raise exc.TimeoutError(\n'
    "sqlalchemy.exc.TimeoutError: QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00\n"
)
FAULT = "pool-timeout"


def pairs(**attributes: str) -> list[dict[str, Any]]:
    return [{"key": key.replace("_", "."), "value": {"stringValue": text}} for key, text in attributes.items()]


def span(number: int, stack: str) -> dict[str, Any]:
    raised = pairs(
        exception_type="sqlalchemy.exc.TimeoutError", exception_message="QueuePool", exception_stacktrace=stack
    )
    events = (
        [{"timeUnixNano": f"17726000{number:02d}500000000", "name": "exception", "attributes": raised}] if stack else []
    )
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "GET /items",
        "startTimeUnixNano": f"17726000{number:02d}000000000",
        "endTimeUnixNano": f"17726000{number:02d}900000000",
        "attributes": pairs(http_route="/items"),
        "events": events,
    }


def traces(stacks: Sequence[str]) -> list[dict[str, Any]]:
    resource = {"attributes": pairs(service_name="shop")}
    return [
        {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span(number, stack)]}]}]}
        for number, stack in enumerate(stacks)
    ]


def a_line_each(stacks: Sequence[str]) -> str:
    return "".join(json.dumps(one) + "\n" for one in traces(stacks))


def one_document(stacks: Sequence[str]) -> str:
    spans = [span(number, stack) for number, stack in enumerate(stacks)]
    return json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": spans}]}]}, indent=2)


def notebook(stacks: Sequence[str]) -> str:
    def output(stack: str) -> dict[str, Any]:
        if stack:
            return {"output_type": "error", "ename": "TimeoutError", "evalue": "", "traceback": stack.splitlines()}
        return {"output_type": "stream", "name": "stdout", "text": ["loaded 3 rows\n", "done\n"]}

    cells = [{"cell_type": "code", "source": ["load()\n"], "outputs": [output(stack)]} for stack in stacks]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1)


FORMS: dict[str, Callable[[Sequence[str]], str]] = {
    "traces, one a line": a_line_each,
    "traces in one document": one_document,
    "a notebook": notebook,
}


def told(folder: Path, form: str, stacks: Sequence[str]) -> list[Any]:
    return answer(read(folder / "export.json", FORMS[form](stacks).encode()).summary.groups.values())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("quiet", [0, 1, 3])
def test_each_exception_is_told_at_its_line(tmp_path: Path, form: str, quiet: int) -> None:
    first, second = TRACEBACK.replace("{line}", "20"), TRACEBACK.replace("{line}", "47")
    found = told(tmp_path, form, [*[""] * quiet, first, *[""] * quiet, second, first, *[""] * quiet])
    assert sorted((fault, count) for fault, _, count in found) == [(FAULT, 1), (FAULT, 2)]
    assert {str(place) for _, place, _ in found} == {
        str(place)
        for _, place, _ in answer(read(tmp_path / "log", (first + "\n" + second).encode()).summary.groups.values())
    }


@pytest.mark.parametrize("form", FORMS)
def test_where_nothing_was_raised_nothing_is_told(tmp_path: Path, form: str) -> None:
    assert told(tmp_path, form, ["", "", ""]) == []


@pytest.mark.parametrize("form", ["traces, one a line", "traces in one document"])
def test_a_span_says_when_it_was(tmp_path: Path, form: str) -> None:
    stack = TRACEBACK.replace("{line}", "20")
    text = FORMS[form](["", stack, "", stack])
    (group,) = read(tmp_path / "export.json", text.encode()).summary.groups.values()
    assert (group.first, group.last) == (1772600001.5, 1772600003.5)


def test_spans_that_a_programs_record_names_are_no_records(tmp_path: Path) -> None:
    record = {
        "timestamp": "2026-03-04T10:00:01Z",
        "level": "ERROR",
        "fields": {"message": "FATAL:  sorry, too many clients already"},
        "spans": [{"name": "request"}, {"name": "job"}],
    }
    for text in (json.dumps(record) + "\n", json.dumps(record, indent=2) + "\n"):
        found = answer(read(tmp_path / "app.log", (text * 2).encode()).summary.groups.values())
        assert [(fault, count) for fault, _, count in found] == [("too-many-clients", 2)]


@pytest.mark.parametrize("around", [0, 1, 4])
@pytest.mark.parametrize("indent", [None, 1])
def test_an_exception_that_went_through_several_spans_counts_once(
    tmp_path: Path, around: int, indent: int | None
) -> None:
    """Each span that an exception leaves records it, those around it with the frames of the callers."""
    stack = TRACEBACK.replace("{line}", "20")
    caller = '(most recent call last):\n  File "/usr/lib/python3/site-packages/starlette/routing.py", line 5, in app\n    await f()'
    scopes = []
    for request in range(3):
        stacks = [stack, *[stack.replace("(most recent call last):", caller)] * around]
        spans = [
            {**span(request * 10 + number, one), "traceId": f"{request:032x}"} for number, one in enumerate(stacks)
        ]
        scopes += [{"scope": {"name": f"scope {number}"}, "spans": [one]} for number, one in enumerate(spans)]
    text = json.dumps({"resourceSpans": [{"resource": {}, "scopeSpans": scopes}]}, indent=indent)
    found = answer(read(tmp_path / "traces.json", text.encode()).summary.groups.values())
    assert [(fault, count) for fault, _, count in found] == [(FAULT, 3)]
