"""A relationship or an expired attribute is loaded by touching it, where no query can be sent.

Why:
    In async code an attribute that is not loaded wants a query, and there is no await to send it in: MissingGreenlet; after
    the session is closed, DetachedInstanceError. The request fails with status 500.

Confirms:
    The exception in the log, and the read of an attribute that the query did not load, in the source.

Contradicts:
    Nothing: the exception names its line.

Explains:
    The failed requests.

Wrong when:
    A synchronous driver call inside async code raises the same exception. Looked at: the rule names the relationship.

Source:
    SQLAlchemy documentation, "Preventing Implicit IO when Using AsyncSession".
"""

from forge_doctor.diagnosis import Urgency
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="An attribute is loaded by touching it, where no query can be sent",
    urgency=Urgency.OUTAGE,
    shows=checks(
        logs="missing-greenlet missing-greenlet-fallback detached-instance",
        lint="lazy-load-in-async lazy-load-in-response expired-after-commit mapped-object-in-background mapped-object-kept",
    ),
    fits=checks(lint="expire-on-commit-left-on"),
    explains=frozenset({"asgi-exception", "frequent-rollbacks"}),
    change="options(selectinload(...)) on the query that loads the object, or await session.refresh(object, ['attribute'])",
    next=("forge-doctor lint   # which reads no query loads",),
    depth=3,
)
