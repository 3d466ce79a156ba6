"""What a repository for any model makes by the class that its object keeps, and its takers read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.lint_cases import check_source
from tests.support.lint_models import project

REPOSITORY = """\
from typing import Generic, TypeVar
from pydantic import BaseModel, ConfigDict
T = TypeVar("T")
class Repository(Generic[T]):
    def __init__(self, model: type[T]):
        self.model = model
    async def create(self, db: AsyncSession, values) -> T:
        row = self.model(**values.model_dump())
        db.add(row)
        await db.commit()
        {behind}
        return row
class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: int
    {field}
users = Repository({made})
@router.post("/", response_model=UserOut)
async def post(values: BaseModel, db: AsyncSession = Depends(get_db)):
    return await users.create(db, values){mark}
"""


@pytest.mark.parametrize(
    ("behind", "field", "made", "told"),
    [
        ("await db.refresh(row)", "orders: list[int]", "User", True),
        ('await db.refresh(row, ["orders"])', "orders: list[int]", "User", False),
        ("await db.refresh(row)", "name: str", "User", False),
        ("await db.refresh(row)", "orders: list[int]", "make()", False),
    ],
)
def test_a_response_reads_what_was_made_for_it(behind: str, field: str, made: str, told: bool, tmp_path: Path) -> None:
    code = REPOSITORY.format(behind=behind, field=field, made=made, mark="  # expect medium" * told)
    check_source(project(code), "lazy-load-in-response", tmp_path)


@pytest.mark.parametrize(
    ("behind", "made", "told"),
    [("pass", "User", True), ("await db.refresh(row)", "User", False), ("pass", "make()", False)],
)
def test_a_response_reads_what_the_commit_has_emptied(behind: str, made: str, told: bool, tmp_path: Path) -> None:
    code = REPOSITORY.format(behind=behind, field="name: str", made=made, mark="  # expect medium" * told)
    check_source(project(code), "expired-after-commit", tmp_path)
