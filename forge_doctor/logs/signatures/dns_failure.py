"""The database's host name does not resolve.

Means: Wrong service name, DNS of the container network down, the container is on another network.
Matches: `Temporary failure in name resolution` (socket.gaierror); also: `[Errno -2] Name or service not
    known`; `[Errno -3] Temporary failure in name resolution`; `[Errno 11001] getaddrinfo failed`;
    `[Errno -5] No address associated with hostname`; `tcp connect (db:5432): non-existing domain - :nxdomain` (Postgrex)
Ignores: the words in quotes, in an access log or below WARNING
Source: ; versions all; https://docs.python.org/3/library/socket.html#socket.gaierror
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=(
        "Temporary failure in name resolution",
        "Name or service not known",
        "getaddrinfo failed",
        "nodename nor servname provided",
        "No address associated with hostname",
        "): non-existing domain - :nxdomain",
    ),
    pattern=(
        "Temporary failure in name resolution|Name or service not known|getaddrinfo failed"
        "|nodename nor servname provided|No address associated with hostname"
        r"|tcp connect \([^)\n]{1,260}\): non-existing domain - :nxdomain"
    ),
    exceptions=(),
    source="libc",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="The database's host name does not resolve.",
    cause=("Wrong service name, DNS of the container network down, the container is on another network."),
    fix="Check the host name and the compose/k8s network.",
    doc="https://docs.python.org/3/library/socket.html#socket.gaierror",
)
