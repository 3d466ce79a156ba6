"""What is typed and what is changed are two things, also where a part says both in one remedy."""

import pytest

from forge_doctor.triage.verdicts.remedies import is_typed, typed


@pytest.mark.parametrize(
    "line",
    [
        "SELECT a.pid, pg_terminate_backend(a.pid) FROM pg_stat_activity AS a WHERE a.pid IN (1);",
        "-- if that is not enough: SELECT 1;",
        '[ "$(ps -o etimes= -p 7)" -gt 3 ] && kill -TERM 7',
        "ALTER ROLE shop SET idle_in_transaction_session_timeout = '60s';",
    ],
)
def test_typed(line: str) -> None:
    assert is_typed(line)


@pytest.mark.parametrize(
    "line",
    [
        "async with Session() as session: ...",
        "await session.commit()   # before the call",
        "Selected rows are too many.",
        "Not pg_terminate_backend: these requests would fail.",
    ],
)
def test_changed(line: str) -> None:
    assert not is_typed(line)


def test_what_is_typed_keeps_the_comments_above_it() -> None:
    remedy = (
        "Give it back.\n-- in database shop\n-- unless it is wanted\nSELECT 1 \\gexec\n-- then begin anew\nawait it"
    )
    assert list(typed(remedy)) == ["-- in database shop", "-- unless it is wanted", "SELECT 1 \\gexec"]
