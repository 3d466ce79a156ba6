"""An error that no signature knows: an exception, or a line at ERROR or above, grouped and counted.

Means: The application, a library or the server failed in a way that is not in this catalogue. It is told by its class
    (the driver's, where SQLAlchemy wraps it), its message, and the innermost line of your own code; lines without a
    traceback are grouped by their words, with ids, numbers and quoted values left out.
Confidence: Medium where it repeats, comes with a failed request (5xx), or ends a start of the service; low where it was
    seen once or at DEBUG alone and did no visible harm, and for what PostgreSQL's own log complains of: that is its clients' to tell.
    It is a warning; where it ended a start it is an error. Where starts fail again and again it is `crash-loop`.
Ignores: What a client left or cancelled (CancelledError, ClientDisconnect, HTTPException, request validation), and what
    only announces another error (`Exception in ASGI application`).
Wrong when: Code logs at ERROR what it handles. Nothing in a log tells that, so the severity stays at warning.
Use: `--only unknown-error` shows them alone, `--ignore unknown-error` leaves them out, `--example` shows one whole event,
    `--min-confidence low` those seen once, `--fail-on warning` lets them fail a job.
"""

from __future__ import annotations

from forge_doctor.check import manual_of

UNKNOWN = "unknown-error"
MANUAL = manual_of(__name__)
