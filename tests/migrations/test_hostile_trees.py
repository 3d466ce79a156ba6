"""A tree that nobody wrote in good faith (of a pull request, say) is read to the end, and what was not followed is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forge_doctor.migrations.evaluation import interpreter
from forge_doctor.migrations.judge import read as history
from forge_doctor.migrations.tree import read as reading
from forge_doctor.migrations.tree.places import places
from tests.support.migration_cases import report_of, write_tree

PLAIN = 'def upgrade():\n    op.drop_column("orders", "note")\n'
# Each makes what it is given larger; together, in a row, they double it as often as there are lines.
GROW = (
    "s = s + s",
    "s += s",
    "s = f'{s}{s}'",
    "s = s * 9",
    "s = s.replace('a', s)",
    "s = '%s%s' % (s, s)",
    "s = '{0}{0}'.format(s)",
    "s = s.join([s, s])",
    "s = ''.join([s, s])",
    "t = t + t",
    "t += t",
    "t = [*t, *t]",
    "t = [t, t]",
    "t.extend(t)",
    "t.append(t)",
    "t = (t, t)",
    "n = n * n",
    "n = n + n",
    "m = {'a': m, 'b': m}",
    "m['a'] = m",
)
# Each asks for more than there is, at once.
LARGE = (
    "'%99999999999s' % s",
    "'%.99999999999f' % n",
    "'%(a)99999999999s' % {'a': s}",
    "'{:>99999999999}'.format(s)",
    "'{:{}}'.format(s, 99999999999)",
    "f'{s:>99999999999}'",
    "s * 99999999999",
    "'a\\tb'.expandtabs(99999999999)",
    "s.ljust(99999999999)",
    "10 ** 10 ** 10",
    "list(range(10 ** 12))",
    "[*range(99999999999)]",
    "str(9" + "9" * 5000 + ")",
    "[a for a in range(99) for b in range(99) for c in range(99) for d in range(99)]",
)


def upgraded(tmp_path: Path, lines: list[str]) -> Path:
    return write_tree(tmp_path, "def upgrade():\n" + "".join(f"    {line}\n" for line in lines))


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(GROW), min_size=1, max_size=3), st.sampled_from(LARGE))
def test_what_grows_and_grows_is_not_followed(
    tmp_path_factory: pytest.TempPathFactory, grow: list[str], large: str
) -> None:
    begin = ["s = 'UPDATE orders SET a = 1;'", "t = ['a']", "n = 9", "m = {}"]
    end = ["op.execute(s)", f"op.execute({large})", "op.execute(t)", "x = 1 if t else 2", "x = n == 3", "x = t == m"]
    report = report_of(upgraded(tmp_path_factory.mktemp("tree"), [*begin, *(grow * 25), *end]))
    assert not [one for one in report.not_run if one.crashed]


def test_what_is_not_followed_to_its_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreter, "MOST_STEPS", 2_000)
    lines = ["op.drop_column('orders', 'note')", *("for a in range(900):", "    for b in range(900):", "        x = a")]
    tree = upgraded(tmp_path, lines)
    assert "destructive-drop" in {one.check for one in report_of(tree).findings}
    (place,) = places(tree)
    assert history(place, tree).operations[1] == 1


@pytest.mark.parametrize("written", ["'x' + " * 20_000 + "'x'", "(" * 900 + "x" + ")" * 900, "-" * 5_000 + "n"])
def test_what_is_nested_too_deep_does_not_end_the_run(tmp_path: Path, written: str) -> None:
    tree = write_tree(
        tmp_path, f"# revision a002 after a001\n{PLAIN}\n# revision a003 after a002\nx = {written}\n{PLAIN}"
    )
    report = report_of(tree)
    assert not [one for one in report.not_run if one.crashed]
    assert "destructive-drop" in {one.check for one in report.findings}


def test_no_pipe_device_or_heap_of_data_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = write_tree(tmp_path, PLAIN)
    versions = next(tree.rglob("versions"))
    os.mkfifo(tree / "more.ini")
    os.mkfifo(versions / "pipe.py")
    (tree / "zero.ini").symlink_to("/dev/zero")
    (versions / "zero.py").symlink_to("/dev/zero")
    (versions / "loop.py").symlink_to("loop.py")
    (versions / "up").symlink_to("..")
    (versions / "heap.py").write_text(f"revision = 'a9'\ndown_revision = 'a001'\nROWS = '{'x' * 9000}'\n")
    monkeypatch.setattr(reading, "LARGEST", 9_000)
    report = report_of(tree)
    assert "destructive-drop" in {one.check for one in report.findings}
    told = " ".join(one.reason for one in report.not_run)
    assert all(name in told for name in ("pipe.py", "zero.py", "loop.py", "heap.py"))


def test_each_head_names_no_more_than_a_screen_of_the_others(tmp_path: Path) -> None:
    heads = "\n".join(f"# revision h{n} after a001\ndef upgrade():\n    pass\n" for n in range(40))
    found = [one for one in report_of(write_tree(tmp_path, heads)).findings if one.check == "multiple-heads"]
    assert {len(one.related) for one in found} == {20}
