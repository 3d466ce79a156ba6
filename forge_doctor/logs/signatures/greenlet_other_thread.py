"""A greenlet was resumed in another thread than the one that made it.

Means: An async session or connection crossed threads (a threadpool, a sync dependency, an executor callback,
    gevent patching).
Matches: `annot switch to a different thread` (greenlet.error); also: `Cannot switch to a different thread`;
    `cannot switch to a different thread`
Ignores: the words in quotes, in an access log or below WARNING
Source: greenlet 3.5.6 greenlet/TGreenlet.cpp (as: 'Cannot switch to a different thread'), greenlet 3.5.6
    greenlet/TGreenlet.cpp (as: 'cannot switch to a different thread'); versions all;
    https://greenlet.readthedocs.io/en/latest/switching.html
"""

from forge_doctor.finding import Severity
from forge_doctor.logs.signature import Signature

SIGNATURE = Signature(
    literals=("annot switch to a different thread",),
    pattern="[Cc]annot switch to a different thread",
    exceptions=("greenlet.error",),
    source="greenlet",
    versions="all",
    category="greenlet",
    severity=Severity.ERROR,
    tier=2,
    meaning="A greenlet was resumed in another thread than the one that made it.",
    cause=(
        "An async session or connection crossed threads (a threadpool, a sync dependency, an "
        "executor callback, gevent patching)."
    ),
    fix="Keep each AsyncSession in the loop and thread that made it; hand plain data to threads.",
    doc="https://greenlet.readthedocs.io/en/latest/switching.html",
)
