"""`dependency-swallows-error`: a handler around the `yield` that raises nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

OWN = "async def own():\n    async with Session() as s:\n        try:\n            yield s\n{handler}"
USE = "@router.get('/')\nasync def f(db: AsyncSession = Depends(own)): ...\n"
SWALLOWED = [
    (
        "from contextlib import suppress\nasync def own():\n    async with Session() as s:\n"
        "        with suppress(Exception):  # expect high\n            yield s\n@router.get('/')\n"
        "async def f(db=Depends(own)): ...\n"
    ),
    OWN.format(handler="        except Exception:  # expect high\n            await s.rollback()\n") + USE,
    OWN.format(handler="        except:  # expect high\n            pass\n") + USE,
    OWN.format(handler="        except Exception as e:  # expect high\n            logger.error(e)\n") + USE,
    OWN.format(
        handler="        except Exception as e:  # expect high\n            logger.error(e)\n"
        "        except KeyboardInterrupt:\n            raise\n"
    )
    + USE,
    OWN.format(handler="        except (ValueError, Exception):  # expect high\n            return\n") + USE,
    "from contextlib import asynccontextmanager\n@asynccontextmanager\n"
    + OWN.format(handler="        except Exception:  # expect high\n            await s.rollback()\n"),
]
RAISED = [
    (
        "from contextlib import suppress\nasync def own():\n    async with Session() as s:\n"
        "        with suppress(ValueError):\n            yield s\n@router.get('/')\n"
        "async def f(db=Depends(own)): ...\n"
    ),
    OWN.format(handler="        except Exception:\n            await s.rollback()\n            raise\n") + USE,
    OWN.format(handler="        except Exception as e:\n            raise ValueError from e\n") + USE,
    OWN.format(handler="        except IntegrityError:\n            await s.rollback()\n") + USE,
    OWN.format(handler="        except Exception as e:\n            translate(e)\n") + USE,
    OWN.format(handler="        finally:\n            await s.close()\n") + USE,
    OWN.format(
        handler="        except Exception as e:\n            kept = e\n        finally:\n            if kept:\n"
        "                raise kept\n"
    )
    + USE,
    OWN.format(
        handler="        except Exception as e:\n            kept.append(e)\n    if kept:\n        raise kept[0]\n"
    )
    + USE,
    OWN.format(handler="        except Exception:\n            await s.rollback()\n"),
    "async def own():\n    try:\n        s = Session()\n    except Exception:\n        return\n    yield s\n" + USE,
    "async def rows():\n    try:\n        yield 1\n    except Exception:\n        pass\n" + USE.replace("own", "rows"),
]


@pytest.mark.parametrize("code", SWALLOWED)
def test_a_swallowed_error_is_found(code: str, tmp_path: Path) -> None:
    check_source(project(code), "dependency-swallows-error", tmp_path)


@pytest.mark.parametrize("code", RAISED)
def test_an_error_that_is_raised_again_is_not(code: str, tmp_path: Path) -> None:
    check_source(project(code), "dependency-swallows-error", tmp_path)


EXIT = """\
class Unit:
    async def __aenter__(self):
        self.session = Session()
        return self

    async def __aexit__(self, kind, error, trace):
{body}
"""
ENDS = "        await self.session.rollback()\n"


@pytest.mark.parametrize(
    "body",
    [
        ENDS + "        return True  # expect high",
        "        if kind is None:\n            await self.session.commit()\n        else:\n    "
        + ENDS
        + "        return True  # expect high",
        "        try:\n    "
        + ENDS
        + "            return True  # expect high\n        finally:\n            await self.session.close()",
        ENDS + "        return False",
        ENDS + "        return kind is None",
        ENDS + "        if kind is None:\n            return True",
        ENDS + "        if kind is not ValueError:\n            return None\n        return True",
        ENDS + "        if kind:\n            raise Failed from error\n        return True",
        "        print(kind)\n        return True",
    ],
)
def test_a_way_out_that_drops_each_error(body: str, tmp_path: Path) -> None:
    check_source(project(EXIT.format(body=body)), "dependency-swallows-error", tmp_path)
