"""No route leads to the database's address.

Means: The name has an address of IPv6 alone and this network has none (Supabase's direct connection from GitHub Actions, Vercel,
    Render, Docker), or the network, VPN or peering is down.
Matches: `[Errno 101] Network is unreachable`; `[Errno 113] No route to host`; `failed: Network is unreachable`, as libpq has it
Ignores: the words in quotes, in an access log or below WARNING
Source: Linux errno 101 and 113 (ENETUNREACH, EHOSTUNREACH), as CPython and libpq tell them; versions all;
    https://supabase.com/docs/guides/troubleshooting/supabase--your-network-ipv4-and-ipv6-compatibility-cHe3BP
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("Network is unreachable", "No route to host"),
    pattern=r"(?:\[Errno (?:101|113|51|65)\]|(?:failed|server):) (?:Network is unreachable|No route to host)",
    exceptions=("OSError", "psycopg2.OperationalError", "psycopg.OperationalError"),
    source="os",
    versions="all",
    category="connection",
    severity=Severity.CRITICAL,
    tier=2,
    meaning="No route leads to the database's address.",
    cause=(
        "The name has an address of IPv6 alone and this network has none (Supabase's direct connection from CI, Vercel, Render "
        "or Docker), or the network, VPN or peering is down."
    ),
    fix=(
        "See what the name resolves to: getent ahosts HOST. Only IPv6: take the pooler's address, which has IPv4, or give the "
        "network IPv6. Else look at routes, security groups and the VPN."
    ),
    doc="https://supabase.com/docs/guides/database/connecting-to-postgres",
)
