"""The shop's HTTP interface."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from forge_doctor.demo.shop.database import Session
from forge_doctor.demo.shop.models import Order, Product, Wish
from forge_doctor.demo.shop.receipts import send_receipt
from forge_doctor.demo.shop.reviews import router

BANK_ANSWERS_AFTER_S = 20.0

app = FastAPI(title="A sick shop")
receipts: set[asyncio.Task[None]] = set()


async def get_session() -> AsyncIterator[AsyncSession]:
    """One session a request, closed when it ends."""
    async with Session() as session:
        yield session


SessionOfRequest = Annotated[AsyncSession, Depends(get_session)]


@app.get("/products")
async def list_products(session: SessionOfRequest) -> list[dict[str, object]]:
    """What is for sale."""
    products = await session.scalars(select(Product).order_by(Product.id))
    return [{"id": product.id, "name": product.name, "stock": product.stock} for product in products]


@app.post("/products/{product_id}/orders")
async def place_order(product_id: int, email: str, session: SessionOfRequest) -> dict[str, int]:
    """Order a product; the receipt follows by mail."""
    order = Order(product_id=product_id, email=email)
    session.add(order)
    await session.commit()
    task = asyncio.create_task(send_receipt(order.id))
    receipts.add(task)
    task.add_done_callback(receipts.discard)
    return {"id": order.id}


@app.get("/orders/{order_id}")
async def show_order(order_id: int, session: SessionOfRequest) -> dict[str, object]:
    """An order with the name of its product."""
    order = await session.get_one(Order, order_id)
    # fault: lazy-load
    # The relationship was not loaded: reading it here wants a query, and there is no await to send it in.
    return {"id": order.id, "product": order.product.name}


@app.post("/orders/{order_id}/payment")
async def pay_order(order_id: int, request: Request) -> dict[str, object]:
    """Take the product from the stock and have the bank move the money."""
    async with Session.begin() as session, httpx.AsyncClient(timeout=60) as bank:
        order = await session.get_one(Order, order_id)
        product = await session.get_one(Product, order.product_id, with_for_update=True)
        product.stock -= 1
        # fault: network-call-in-transaction
        # The row of the product stays locked until the bank has answered.
        answer = await bank.post(str(request.url_for("bank")))
        order.paid = answer.is_success
        return {"id": order.id, "paid": order.paid}


@app.post("/products/{product_id}/wishes")
async def wish(product_id: int, email: str, session: SessionOfRequest) -> dict[str, str]:
    """Remember that a customer would like a product."""
    session.add(Wish(product_id=product_id, email=email))
    # fault: missing-await
    # The coroutine is made and dropped: nothing is saved, and the customer is thanked.
    session.commit()  # type: ignore[unused-coroutine]
    return {"thanks": email}


@app.post("/bank")
async def bank() -> dict[str, bool]:
    """Stands in for somebody else's service, which is slow today."""
    await asyncio.sleep(BANK_ANSWERS_AFTER_S)
    return {"accepted": True}


app.include_router(router)
