"""The source around a cause is shown where it is the code that ran, with what is secret in it masked; else it is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from forge_doctor.diagnosis import Diagnosis, Place, Urgency, Verdict
from forge_doctor.triage.excerpts import with_excerpts
from forge_doctor.triage.facts import Application, Case, Facts, SourceTree
from forge_doctor.triage.join import Joined
from forge_doctor.triage.parts.functions import read_code_map
from tests.support.triage_facts import TAKEN_AT

SOURCE = """\
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine("postgresql+asyncpg://shop:hunter2@db/shop")


async def send(order):
    session = Session()
    await session.get(Order, order)


async def other():
    pass
"""


def shown(folder: Path, place: Place | None) -> tuple[int, tuple[str, ...]] | None:
    folder.joinpath("mail.py").write_text(SOURCE)
    tree = SourceTree(here=folder, seen="/app")
    facts = Facts(
        case=Case(applications=(Application(name="shop", source=tree),)),
        taken_at=TAKEN_AT,
        code=read_code_map([folder / "mail.py"], folder),
    )
    one = Diagnosis(cause="leaked-session", verdict=Verdict.LIKELY, urgency=Urgency.RISK, title="x", place=place)
    (found,) = with_excerpts(Joined(diagnoses=(one,)), facts).diagnoses
    return None if found.excerpt is None else (found.excerpt.first, found.excerpt.lines)


def test_the_lines_around_it_are_shown_without_the_password(tmp_path: Path) -> None:
    found = shown(tmp_path, Place(file="mail.py", line=6, function="send"))
    assert found is not None
    first, lines = found
    assert (first, lines[6 - first]) == (3, "async def send(order):")
    assert "hunter2" not in "".join(lines)
    assert "create_async_engine" in lines[0]


@pytest.mark.parametrize(
    "place",
    [
        Place(file="mail.py", line=7, function="deliver"),  # the file was written anew since then
        Place(file="mail.py", line=12, function="send"),
        Place(file="mail.py", line=400),
        Place(file="mail.py", line=5),  # a blank line is no code
        Place(file="gone.py", line=1),
        Place(file="mail.py"),
        None,
    ],
)
def test_what_is_not_the_code_that_ran_is_not_shown(place: Place | None, tmp_path: Path) -> None:
    assert shown(tmp_path, place) is None
