"""What customers wrote about what they bought."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from forge_doctor.demo.shop.database import Session
from forge_doctor.demo.shop.models import Review

router = APIRouter()


@router.get("/customers/{email}/reviews")
async def reviews_of(email: str) -> list[dict[str, object]]:
    """All that a customer wrote, each with its answers."""
    async with Session() as session:
        # fault: missing-index
        # No index of reviews begins with email: every review of the shop is read.
        reviews = await session.scalars(select(Review).where(Review.email == email))
        told: list[dict[str, object]] = []
        for review in reviews.all():
            # fault: n-plus-one
            # The answers of each review are fetched by a statement of their own.
            answers = await review.awaitable_attrs.answers
            told.append({"text": review.text, "answers": [answer.text for answer in answers]})
        return told
