"""What a session's state means to whoever looks at a picture of it."""

from __future__ import annotations

from forge_doctor.picture import Tone
from forge_doctor.probes.postgres.backends.session import Session


def tone_of(session: Session) -> Tone:
    """Whoever waits waits, whatever else it does; a failed transaction is worse than an idle one."""
    if session.blocked_by:
        return Tone.WAITING
    if session.aborted:
        return Tone.BROKEN
    if session.idle_in_transaction:
        return Tone.HOLDING
    return Tone.CALM if session.state in (None, "idle", "disabled") else Tone.BUSY
