"""idle-session-timeout-set: it closes the connections a pool keeps."""

from forge_doctor.pool.snapshot import Setting
from tests.support.snapshots import findings, only, server, session, snapshot


def with_timeout(value: str) -> object:
    setting = Setting(name="idle_session_timeout", value=value, unit="ms", source="ALTER ROLE shop")
    return snapshot(session(1), server=server(settings=(setting,)))


def test_off_is_right_for_a_pool() -> None:
    assert findings("idle-session-timeout-set", with_timeout("0")) == ()


def test_on_is_a_warning_that_turns_it_off() -> None:
    found = only("idle-session-timeout-set", with_timeout("60000"))
    assert "ALTER ROLE \"shop\" SET idle_session_timeout = '0';" in found.remedy
