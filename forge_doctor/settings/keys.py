"""The keys that the configuration knows: their types, their bounds and their words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from forge_doctor.finding import Confidence, Severity
from forge_doctor.formats import OutputFormat

# key -> the Python type of its TOML value; a tuple of one type is an array of it, a mapping from `str` a table with
# names of the user's own.
GENERAL_KEYS: Mapping[str, object] = MappingProxyType(
    {
        "fail-on": str,
        "fail-confidence": str,
        "min-confidence": str,
        "output-format": str,
        "color": str,
    }
)
# The checks of each command are its own, so that what to select is said in its table.
SELECTION_KEYS: Mapping[str, object] = MappingProxyType({"select": (str,), "ignore": (str,)})
SECTION_KEYS: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "pool": {
            "app": str,
            "pool-size": int,
            "max-overflow": int,
            "workers": int,
            "replicas": int,
            "surge": float,
            "connect-timeout": float,
            "exclude-app": (str,),
            "only-database": (str,),
            "only-user": (str,),
        },
        "logs": {
            "app-root": (str,),
            "zone": str,
            "strip": str,
            "by": str,
            "top": int,
            "min-count": int,
            "jobs": int,
            "engine": str,
        },
        "slow": {
            "connect-timeout": float,
            "duration": float,
            "top": int,
        },
        "triage": {
            "app": str,
            "borrow-dsn": bool,
            "connect-timeout": float,
            "since": str,
        },
        "migrations": {
            "exclude": (str,),
            "gitignore": bool,
            "per-file-ignores": {str: (str,)},
            "baseline": str,
            "connect-timeout": float,
        },
        "lint": {
            "exclude": (str,),
            "force-exclude": bool,
            "gitignore": bool,
            "per-file-ignores": {str: (str,)},
            "baseline": str,
            "jobs": int,
        },
    }
)
# The least and the most of a number, as of the flag of that name.
BOUNDS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "pool-size": (0, math.inf),
        "max-overflow": (-1, math.inf),
        "workers": (1, math.inf),
        "replicas": (1, math.inf),
        "surge": (1, math.inf),
        "connect-timeout": (0.1, 60),
        "duration": (0, 3600),
        "top": (1, math.inf),
        "slow.top": (1, 100),
        "min-count": (1, math.inf),
        "jobs": (1, math.inf),
    }
)
_CONFIDENCES = tuple(one.label for one in Confidence)
# The words that a key knows, in whatever case.
WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fail-on": (*(one.label for one in Severity), "never"),
        "fail-confidence": _CONFIDENCES,
        "min-confidence": _CONFIDENCES,
        "output-format": tuple(OutputFormat),
        "color": ("auto", "always", "never"),
        "by": ("signature", "culprit", "source"),
        "engine": ("ahocorasick", "hyperscan", "re2", "stdlib"),
    }
)
