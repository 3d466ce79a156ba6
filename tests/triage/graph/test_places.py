"""A line has one name, whoever saw it: the container, the host, a log with half a path."""

from dataclasses import replace

import pytest

from forge_doctor.triage.code_map import CodeMap
from forge_doctor.triage.graph.places import Places, best_known, same_file
from tests.support.triage_facts import ROOT, facts

FILES = ("shop/api.py", "shop/models.py", "billing/models.py")


@pytest.mark.parametrize(
    "seen",
    [
        "/app/shop/api.py",
        f"{ROOT}/shop/api.py",
        "shop/api.py",
        "./shop/api.py",
        "/home/runner/work/shop/api.py",
        "api.py",
    ],
)
def test_every_way_to_name_a_file(seen: str) -> None:
    known = replace(facts(), code=CodeMap(files=FILES))
    assert Places(known).place(seen, 3).file == "shop/api.py"


@pytest.mark.parametrize("seen", ["models.py", "/usr/lib/other.py"])
def test_what_may_be_two_files_or_none_stays_as_it_was_told(seen: str) -> None:
    assert best_known(seen, FILES) == seen


def test_a_name_s_end_is_no_folder() -> None:
    assert not same_file("workshop/api.py", "shop/api.py")
    assert same_file("/srv/shop/api.py", "shop/api.py")


def test_how_it_was_told_is_kept() -> None:
    place = Places(facts()).place("/app/shop/api.py", 3, "show")
    assert (place.file, place.seen) == ("shop/api.py", "/app/shop/api.py")
