"""The user's frame is told from the library's wherever either is installed."""

from __future__ import annotations

import pytest

from forge_doctor.logs.culprit import find_culprit, is_app
from forge_doctor.streams.heads.frames import Frame, Section

LIBRARY = [
    "/usr/local/lib/python3.12/site-packages/sqlalchemy/orm/session.py",
    "/app/.venv/lib/python3.12/site-packages/fastapi/routing.py",
    "/usr/lib/python3/dist-packages/uvicorn/main.py",
    "/usr/local/lib/python3.12/asyncio/runners.py",
    "/root/.pyenv/versions/3.11.7/lib/python3.11/contextlib.py",
    "/opt/conda/lib/python3.11/asyncio/tasks.py",
    "/root/.local/share/mise/installs/python/3.12.1/lib/python3.12/logging/__init__.py",
    "C:\\Python312\\Lib\\asyncio\\base_events.py",
    "C:\\Users\\ann\\AppData\\Local\\Programs\\Python\\Python38\\lib\\asyncio\\windows_events.py",
    "C:\\Users\\ann\\anaconda3\\envs\\shop\\lib\\asyncio\\windows_events.py",
    "C:\\Users\\ann\\.conda\\envs\\shop\\lib\\asyncio\\proactor_events.py",
    "C:\\Work\\Shop\\.venv\\Lib\\site-packages\\polars\\io\\database.py",
    "<frozen importlib._bootstrap>",
    "<string>",
    "<sqlalchemy generated _go() wrapper for sqlalchemy.orm.session.SessionTransaction.close>",
    "asyncpg/protocol/protocol.pyx",
    "uvloop/loop.pyx",
    "src\\oracledb\\impl/thin/packet.pyx",
    "pydantic/main.py",
    "vine/promises.py",
    "celery/result.py",
    "concurrent/futures/thread.py",
    "/app/vendor/starlette/routing.py",
    "/opt/bundle/sqlalchemy/engine/base.py",
    "/usr/local/bin/uvicorn",
    "/app/.venv/bin/gunicorn",
    "/usr/local/bin/django-admin.py",
    "C:\\app\\.venv\\Scripts\\alembic-script.py",
    "/opt/python/psycopg2/__init__.py",
    "/var/task/werkzeug/serving.py",
    "contextlib.py",
    "json/decoder.py",
]
OWN = [
    "/app/main.py",
    "/app/./services/billing.py",
    "services/billing.py",
    "C:\\Work\\Shop\\shop\\api.py",
    "/srv/fastapi/main.py",
    "/app/alembic/versions/0001_orders.py",
    "/app/alembic/env.py",
    "/home/lib/python/shop/api.py",
    "/tmp/backend/core/logging/__init__.pyi.py",
    "/var/task/handler.py",
    "/opt/python/shop/db.py",
    "/app/contextlib.py",
    "shop/threading.py",
    "/srv/shop/bin/import_orders.py",
]


@pytest.mark.parametrize("file", LIBRARY)
def test_a_library_s_file_is_never_the_user_s(file):
    assert not is_app(file)


@pytest.mark.parametrize("file", OWN)
def test_the_user_s_file_is_the_user_s(file):
    assert is_app(file)


def test_an_app_root_makes_an_installed_package_the_user_s():
    file = "/usr/local/lib/python3.12/site-packages/shopapi/db.py"
    assert not is_app(file)
    assert is_app(file, ("shopapi",))
    assert is_app(file, ("/usr/local/lib/python3.12/site-packages/shopapi",))
    assert not is_app("/app/.venv/lib/python3.12/site-packages/x.py", ("/app",))


def test_the_nearest_section_with_a_user_frame_names_the_culprit():
    library = Frame(file="/usr/lib/python3/dist-packages/a.py", line=1, function="a")
    inner, outer = Frame(file="/app/x.py", line=2, function="x"), Frame(file="/app/y.py", line=3, function="y")
    chain = [
        Section(exception="Root", frames=(library,)),
        Section(exception="Middle", frames=(outer, inner, library)),
        Section(exception="Last", frames=(outer,)),
    ]
    found = find_culprit(chain, 0, ())
    assert found is not None
    assert (found.file, found.line, found.function) == ("/app/x.py", 2, "x")
    assert find_culprit(chain[:1], 0, ()) is None
