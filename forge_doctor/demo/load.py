"""Customers of the shop: a fixed rush of orders, then a trickle of requests; only ever calls the shop it is given."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress

import httpx

ORDERS = 14
BETWEEN_ORDERS_S = 0.25
PAYERS = 4
READERS = 2
REVIEWERS = 4000
PRODUCT = 1
# Longer than all payers together wait for the bank: who gives up leaves a request behind that waits on, and comes again,
# until no slot is left and the shop shows another incident than the one that is explained.
PATIENCE_S = 600.0


async def wait_until_open(shop: httpx.AsyncClient) -> None:
    """Return as soon as the shop answers a request."""
    while True:
        try:
            if (await shop.get("/products")).is_success:
                return
        except httpx.TransportError:
            await asyncio.sleep(0.1)


async def place_orders(shop: httpx.AsyncClient) -> tuple[int, ...]:
    """Everybody orders the same product; each order leaves a receipt to be mailed."""
    orders = []
    for customer in range(ORDERS):
        answer = await shop.post(f"/products/{PRODUCT}/orders", params={"email": f"customer{customer}@shop.example"})
        orders.append(int(answer.raise_for_status().json()["id"]))
        await asyncio.sleep(BETWEEN_ORDERS_S)
    return tuple(orders)


async def keep_coming(shop: httpx.AsyncClient, orders: tuple[int, ...]) -> None:
    """Customers who pay, look around, look at their order and wish, until cancelled."""
    async with asyncio.TaskGroup() as customers:
        for payer in range(PAYERS):
            customers.create_task(pay(shop, orders[payer::PAYERS]))
        customers.create_task(look_around(shop, orders))
        for reader in range(READERS):
            customers.create_task(read_reviews(shop, reader))


async def pay(shop: httpx.AsyncClient, orders: tuple[int, ...]) -> None:
    """Pay one order after the other, and then again."""
    for order in itertools.cycle(orders):
        with suppress(httpx.TransportError):  # the shop was closed, or started anew
            await shop.post(f"/orders/{order}/payment", timeout=PATIENCE_S)
        await asyncio.sleep(0.05)


async def look_around(shop: httpx.AsyncClient, orders: tuple[int, ...]) -> None:
    """Some requests a second, among them those that fail."""
    for order in itertools.cycle(orders):
        with suppress(httpx.TransportError):
            await shop.get("/products")
            await shop.get(f"/orders/{order}")
            await shop.post(f"/products/{PRODUCT}/wishes", params={"email": "wisher@shop.example"})
        await asyncio.sleep(0.25)


async def read_reviews(shop: httpx.AsyncClient, reader: int) -> None:
    """What one customer after the other wrote."""
    for customer in itertools.cycle(range(reader, REVIEWERS, READERS)):
        with suppress(httpx.TransportError):
            await shop.get(f"/customers/customer{customer}@shop.example/reviews")
        await asyncio.sleep(0.1)
