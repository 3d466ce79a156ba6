"""`mapped-class-as-schema`: a class of a table as response model or body."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project


@pytest.mark.parametrize(
    "code",
    [
        "@router.get('/', response_model=User)  # expect medium\nasync def f(): ...\n",
        "@router.get('/', response_model=list[User])  # expect medium\nasync def f(): ...\n",
        "@router.get('/')\nasync def f() -> User | None: ...  # expect medium\n",
        "@router.post('/')\nasync def f(user: User): ...  # expect medium\n",
        "@router.post('/')\nasync def f(user: User = Depends(get_db)): ...\n",
        "class Public(BaseModel):\n    id: int\n@router.get('/', response_model=Public)\nasync def f(body: Public): ...\n",
        "async def f(user: User) -> User: ...\n",
        "from app import models\n@router.get('/', response_model=list[models.User])  # expect medium\nasync def f(): ...\n",
        "@router.get('/')\nasync def f() -> 'User': ...  # expect medium\n",
        "Users = list[User]\n@router.get('/', response_model=Users)  # expect medium\nasync def f(): ...\n",
        "@router.get('/', response_model=User, response_model_include={'id'})\nasync def f(): ...\n",
        "Current = Annotated[User, Depends(get_db)]\n@router.get('/')\nasync def f(user: Current): ...\n",
    ],
)
def test_a_mapped_class_as_schema(code: str, tmp_path: Path) -> None:
    check_source(project(code), "mapped-class-as-schema", tmp_path)
