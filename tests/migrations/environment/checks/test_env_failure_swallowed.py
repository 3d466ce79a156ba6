"""`env-failure-swallowed`: each handler with each place of it, and what raises after all."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from tests.support.env_scripts import expect

CHECK = "env-failure-swallowed"
HANDLERS = {
    "except Exception as error:{mark}\n    print(error)": "high",
    "except:{mark}\n    pass": "high",
    "except (OSError, sqlalchemy.exc.ProgrammingError):{mark}\n    pass": "high",
    "except IntegrityError as error:{mark}\n    if 'already exists' not in str(error):\n        raise": "medium",
    "except Exception:\n    log.exception('failed')\n    raise": "",
    "except Exception as error:\n    raise SystemExit(1) from error": "",
    "except Exception:\n    sys.exit(1)": "",
    "except ImportError:\n    pass": "",
    "except KeyboardInterrupt:\n    pass": "",
    "except Exception:{mark}\n    log.info('x')\nfinally:\n    connection.close()": "high",
}
AROUND = {
    "the migrations": "def online():\n    context.configure(connection=c)\n{inner}\n\nonline()\n",
    "what runs them": "def online():\n    context.configure(connection=c)\n    context.run_migrations()\n\ndef all():\n{outer}\n\nall()\n",
    "a coroutine": (
        "async def online():\n    await c.run_sync(go)\n\ndef go(c):\n    context.configure(connection=c)\n"
        "    context.run_migrations()\n\ndef all():\n{run}\n\nall()\n"
    ),
}
LOOP = """\
    for attempt in range(5):
        try:
            context.run_migrations()
            break
        except Exception:
            wait()
"""
LATER = """\
    failed = None
    try:
        context.run_migrations()
    except Exception as error:
        failed = error
    if failed:
        raise failed
"""
HEAD = (
    "import asyncio, sys\nimport sqlalchemy\nfrom sqlalchemy.exc import IntegrityError\nfrom alembic import context\n\n"
)


def tried(call: str, handler: str) -> str:
    text = f"try:\n    {call}\n{handler}"
    return "\n".join(f"    {line}" for line in text.splitlines())


@pytest.mark.parametrize(("handler", "around"), list(product(HANDLERS, AROUND)))
def test_every_handler_around_everything(handler: str, around: str, tmp_path: Path) -> None:
    word = HANDLERS[handler]
    written = handler.format(mark=f"  # expect {word}") if word else handler
    calls = {"inner": "context.run_migrations()", "outer": "online()", "run": "asyncio.run(online())"}
    expect(
        HEAD + AROUND[around].format(**{name: tried(call, written) for name, call in calls.items()}), CHECK, tmp_path
    )


@pytest.mark.parametrize(
    "body",
    [
        LOOP,
        LATER,
        "    try:\n        prepare()\n    except Exception:\n        pass\n    context.run_migrations()\n",
        "    try:\n        prepare()\n    except Exception:\n        context.run_migrations()\n",
        "    try:\n        prepare()\n    except Exception:\n        pass\n    else:\n        context.run_migrations()\n",
    ],
)
def test_what_is_tried_again_raised_later_or_not_tried_is_left_alone(body: str, tmp_path: Path) -> None:
    expect(f"{HEAD}def online():\n    context.configure(connection=c)\n{body}\nonline()\n", CHECK, tmp_path)
