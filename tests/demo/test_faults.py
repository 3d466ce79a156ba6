"""The list of faults: every one is marked in the shop's source, and shown by checks that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from forge_doctor.demo.faults import FAULTS, MARK, SHOP, Fault, locate
from forge_doctor.logs.signature import load_signatures
from tests.support.conformance import check_ids


def marked() -> list[str]:
    """The faults that the shop's source names."""
    sources = [path.read_text(encoding="utf-8") for path in SHOP.rglob("*.py")]
    return [name for source in sources for name in re.findall(rf"^\s*{MARK}(\S+)$", source, re.MULTILINE)]


def test_every_fault_is_marked_once_and_every_mark_is_listed() -> None:
    assert sorted(marked()) == sorted(fault.name for fault in FAULTS)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("leaked-session", "session = Session()"),
        ("pool-too-big", "engine = create_async_engine("),
        ("network-call-in-transaction", "answer = await bank.post("),
        ("lazy-load", "order.product.name"),
        ("missing-await", "session.commit()"),
        ("n-plus-one", "review.awaitable_attrs.answers"),
        ("no-server-default", 'sa.Column("receipt_sent"'),
        ("index-blocks-writes", "op.create_index("),
        ("wrong-downgrade", 'op.drop_column("reviews", "answered")'),
        ("missing-index", "select(Review).where(Review.email == email)"),
    ],
)
def test_a_fault_is_located_at_its_code(name: str, code: str) -> None:
    place = locate(next(fault for fault in FAULTS if fault.name == name))
    assert place.line is not None
    assert code in Path(place.target).read_text(encoding="utf-8").splitlines()[place.line - 1]


def test_a_fault_that_no_comment_marks_is_an_error() -> None:
    with pytest.raises(LookupError, match="marks no-such-fault"):
        locate(Fault(name="no-such-fault", summary="", shown_by=()))


def test_the_checks_that_show_a_fault_exist() -> None:
    shown = {check for fault in FAULTS for check in fault.shown_by}
    assert shown
    assert shown <= {*check_ids(), *load_signatures()}


def test_list_names_each_fault_with_its_place_and_runs_nothing(tmp_path: Path) -> None:
    command = (sys.executable, "-m", "forge_doctor", "demo", "--list")
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60).stdout
    for fault in FAULTS:
        place = locate(fault)
        assert f"{fault.name}  {place}" in listed
        assert fault.summary in listed
        assert all(f"forge-doctor explain {check}" in listed for check in fault.shown_by)


def test_a_missing_extra_is_one_message_with_the_command_to_type() -> None:
    script = "import sys; sys.modules['fastapi'] = None; sys.argv = ['forge-doctor', 'demo']; "
    script += "from forge_doctor.cli import main; main()"
    refused = subprocess.run((sys.executable, "-c", script), capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == 2
    assert refused.stderr.startswith("forge-doctor: the demo needs fastapi: pip install ")
