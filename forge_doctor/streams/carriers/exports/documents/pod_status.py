"""Reads what containers wrote last out of a pod's status, as `kubectl get pod -o json` and `-o yaml` print it.

Source: Kubernetes' `terminationMessagePolicy: FallbackToLogsOnError`, by which a container's last lines become its message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forge_doctor.streams.carriers.exports.json_exports.json_fields import objects_in

_STATUSES = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
# What ended before is older than what ended now.
_STATES = ("lastState", "state")


def last_words(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A record for each of a pod's containers that ended with a message: its lines, and when it ended; none for what is no pod."""
    status, metadata = entry.get("status"), entry.get("metadata")
    if entry.get("kind") != "Pod" or not isinstance(status, Mapping):
        return []
    pod = metadata.get("name") if isinstance(metadata, Mapping) else None
    return [{**told, "pod": str(pod or "")} for told in _terminations(status)]


def _terminations(status: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for several in map(status.get, _STATUSES):
        for one in objects_in(several):
            for state in map(one.get, _STATES):
                ended = state.get("terminated") if isinstance(state, Mapping) else None
                if isinstance(ended, Mapping) and isinstance(ended.get("message"), str):
                    told = {"log": ended["message"], "container": str(one.get("name", ""))}
                    yield {**told, "time": ended["finishedAt"]} if ended.get("finishedAt") else told
