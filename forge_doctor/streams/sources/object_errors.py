"""Says in one sentence why object storage gave nothing and what mends it; raises nothing itself."""

from __future__ import annotations

import logging

from forge_doctor.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a storage's client finds its credentials, and which rights reading takes."""

    credentials: str
    rights: str


ACCESS = {
    "s3": Access(
        credentials="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        rights="s3:ListBucket and s3:GetObject",
    ),
    "gs": Access(
        credentials="set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login",
        rights="storage.objects.list and storage.objects.get",
    ),
}


def storage_errors(url: str) -> tuple[type[BaseException], ...]:
    """What fsspec and the client for `url` raise; another storage's client is not imported."""
    scheme = url.partition("://")[0]
    return OSError, ValueError, *(_s3_errors() if scheme == "s3" else _google_errors() if scheme == "gs" else ())


def _s3_errors() -> tuple[type[BaseException], ...]:
    import botocore.exceptions

    return botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError


def _google_errors() -> tuple[type[BaseException], ...]:
    import aiohttp
    import google.auth.exceptions
    from gcsfs.retry import HttpError

    # It logs the traceback of each error that it raises as well.
    logging.getLogger("gcsfs").addHandler(logging.NullHandler())
    return HttpError, aiohttp.ClientError, google.auth.exceptions.GoogleAuthError


def explain_storage(url: str, error: BaseException) -> str:
    """Why the storage behind `url` refused, in its own words where they say something, and the mend."""
    said = reason(error)
    access = ACCESS.get(url.partition("://")[0])
    if access is None:
        return said
    if isinstance(error, FileNotFoundError):
        return f"no such bucket or object: check the URL, and whose credentials are used ({said})"
    if isinstance(error, PermissionError) or "Forbidden" in said:
        return f"the credentials found may not read it ({said}): grant {access.rights}"
    if getattr(error, "code", None) == 401 or "credentials" in said.lower():
        return f"no credentials that it accepts ({said}): {access.credentials}"
    return said


def reason(error: BaseException) -> str:
    """An error's words, or its class where it has none."""
    return str(error).partition("\n")[0] or type(error).__name__
