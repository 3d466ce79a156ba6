"""Fixtures of the log tests."""

from tests.support.log_containers import log_container, log_image

__all__ = ["log_container", "log_image"]
