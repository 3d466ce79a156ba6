"""The shop's tables."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(AsyncAttrs, DeclarativeBase):
    """Registry of the shop's tables."""


class Product(Base):
    """Something to buy."""

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    stock: Mapped[int]


class Order(Base):
    """One product for one customer."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    email: Mapped[str]
    paid: Mapped[bool] = mapped_column(default=False)
    receipt_sent: Mapped[bool] = mapped_column(default=False)
    product: Mapped[Product] = relationship()


class Wish(Base):
    """A product a customer would like to have one day."""

    __tablename__ = "wishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    email: Mapped[str]


class Review(Base):
    """What a customer thinks of a product."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str]
    text: Mapped[str]
    answers: Mapped[list[Answer]] = relationship()


class Answer(Base):
    """What the shop wrote below a review."""

    __tablename__ = "answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int] = mapped_column(ForeignKey("reviews.id"), index=True)
    text: Mapped[str]
