"""Connections ran out, and nobody was seen holding them.

Why:
    The log tells who asked in vain. Who holds is only to be seen while it lasts, on the server and in the workers.

Confirms:
    Nothing: it is what is left where no cause explains the refused requests.

Contradicts:
    Any cause that explains them.

Explains:
    The refused requests.

Wrong when:
    The parts that could tell did not look: what was not looked at is told beside it.

Source:
    An exhaustion error names whoever asks next, whatever holds the connections.
"""

from forge_doctor.diagnosis import Urgency, Verdict
from forge_doctor.triage.cause import Cause, checks

CAUSE = Cause(
    title="Connections ran out, and who held them was not seen",
    urgency=Urgency.RISK,
    shows=checks(
        pool="no-slot-left headroom-low",
        logs="pool-timeout asyncpg-pool-timeout psycopg-pool-timeout slots-reserved too-many-clients too-many-role "
        "too-many-database pgbouncer-query-wait pgbouncer-max-client pooler-max-clients",
    ),
    fits=checks(pool="worker-at-limit connection-limit-low hoarding-worker bouncer-clients-waiting"),
    change="Not the lines above: they only asked. Find who holds the connections, while it lasts.",
    next=(
        "forge-doctor triage   # again while requests fail, on the host of the workers",
        "forge-doctor pool --record FOLDER   # keeps what happened until then",
        "forge_doctor.holders.install(engine)   # once, where the engine is made: then the line of each connection is known",
    ),
    local=False,
    held=False,
    depth=99,
    most=Verdict.INCONCLUSIVE,
)
