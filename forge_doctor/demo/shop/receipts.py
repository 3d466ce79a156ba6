"""Mails a receipt for each order, in the background."""

from __future__ import annotations

import asyncio
import os

from forge_doctor.demo.shop.database import Session
from forge_doctor.demo.shop.models import Order

MAIL_HOST = "127.0.0.1"
PAUSES_S = (30.0, 60.0, 600.0, 3600.0, 86400.0)


async def send_receipt(order_id: int) -> None:
    """Mail the receipt of an order, trying again for a day."""
    # fault: leaked-session
    # Made straight from the factory, outside `async with`: nothing closes it while the mail
    # server is down, and its SELECT has opened a transaction.
    session = Session()
    order = await session.get_one(Order, order_id)
    for pause_s in PAUSES_S:
        if await deliver(f"Thank you for order {order.id}, {order.email}\n"):
            order.receipt_sent = True
            break
        await asyncio.sleep(pause_s)
    await session.commit()


async def deliver(letter: str) -> bool:
    """Hand a letter to the mail server; False where it does not answer, as in the demo."""
    try:
        _, writer = await asyncio.open_connection(MAIL_HOST, int(os.environ.get("SHOP_MAIL_PORT", "1")))
    except OSError:
        return False
    writer.write(letter.encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    return True
