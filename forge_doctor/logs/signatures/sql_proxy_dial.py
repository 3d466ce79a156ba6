"""The Cloud SQL Auth Proxy did not reach its instance.

Means: A firewall or a missing private address, an account without cloudsql.client, no metadata server, a wrong instance name.
Matches: `failed to connect to instance: ` (version 2); also: `couldn't connect to "project:region:name": ` (version 1);
    `The proxy has encountered a terminal error`
Ignores: what it says of connections that are opened and closed
Source: GoogleCloudPlatform/cloud-sql-proxy#2467 (2025-07-11), #2361 (2025-04-30), #37 (2016-05-18); versions all;
    https://cloud.google.com/sql/docs/postgres/connect-auth-proxy
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "failed to connect to instance: ",
        "couldn't connect to \"",
        "The proxy has encountered a terminal error",
    ),
    pattern=(
        r"failed to connect to instance: |couldn't connect to \"[\w.:-]{1,200}\": "
        "|The proxy has encountered a terminal error"
    ),
    exceptions=(),
    source="cloud-sql-proxy",
    versions="all",
    category="connection",
    severity=Severity.ERROR,
    tier=2,
    any_level=True,
    meaning="The Cloud SQL Auth Proxy did not reach its instance.",
    cause="A firewall or a missing private address, an account without cloudsql.client, no metadata server, a wrong name.",
    fix="Open port 3307 to the instance or use --private-ip; give the account roles/cloudsql.client; check project:region:name.",
    doc="https://cloud.google.com/sql/docs/postgres/connect-auth-proxy",
)
