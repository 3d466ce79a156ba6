"""How much is tried: a few in the suite, as many as told by FUZZ_EXAMPLES in `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

FEW = 60
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", FEW))
fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
