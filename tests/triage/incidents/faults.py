"""The faults: each a module or two of the small service written differently, and what it takes to see it."""

from __future__ import annotations

from collections.abc import Mapping

from tests.support.incidents import MODULES, Incident

IDLE = "state = 'idle in transaction'"


def api(*more: str) -> Mapping[str, str]:
    """The service's API with more endpoints."""
    return {"api.py": MODULES["api.py"] + "".join(more)}


LEAK = Incident(
    name="leak",
    cause="leaked-session",
    changed={
        "reminders.py": """
            import asyncio
            from shop import repository
            from shop.db import Session


            async def remind(order_id):
                session = Session()  # cause
                order = await repository.get_order(session, order_id)
                while not order.paid:
                    await asyncio.sleep(600)
                await session.close()
        """,
        **api("""
        @app.post("/orders/{order_id}/reminder")
        async def reminder(order_id: int):
            import asyncio
            from shop import reminders
            app.state.last = asyncio.create_task(reminders.remind(order_id))
            app.state.__dict__.setdefault("all", []).append(app.state.last)
            return {}
        """),
    },
    ask=tuple(f"POST /orders/{at}/reminder" for at in range(1, 7)),
    then=f"(SELECT count(*) >= 6 AND min(now() - state_change) > interval '10 seconds' FROM s WHERE {IDLE})",
)

CALL = Incident(
    name="call",
    cause="lock-held-during-call",
    changed={
        "services.py": """
            from shop import clients, repository
            from shop.db import Session


            async def pay(order_id):
                async with Session.begin() as session:
                    order = await repository.lock_order(session, order_id)
                    order.paid = await settle(order)  # cause
                return {"paid": True}


            async def settle(order):
                return await clients.charge(order.id)
        """,
    },
    send=("POST /orders/7/payment",) * 3,
    ready="(SELECT count(*) >= 2 AND min(now() - query_start) > interval '3 seconds' FROM s WHERE wait_event_type = 'Lock')",
)

BLOCKED = Incident(
    name="blocked",
    cause="blocked-event-loop",
    changed={
        "invoices.py": """
            import time


            def render(order):
                time.sleep(600)  # cause
                return f"{order.id}"
        """,
        "services.py": MODULES["services.py"]
        + """
        async def invoice(order_id):
            from shop import invoices
            async with Session() as session:
                order = await repository.get_order(session, order_id)
            return invoices.render(order)
        """,
        **api("""
        @app.get("/orders/{order_id}/invoice")
        async def invoice(order_id: int):
            return await services.invoice(order_id)
        """),
    },
    send=("GET /orders/7/invoice",),
    ready="(SELECT count(*) > 0 AND min(now() - state_change) > interval '2 seconds' FROM s WHERE state = 'idle')",
    later=("GET /orders",) * 8,
    pause_s=1.5,
)

NESTED = Incident(
    name="nested",
    cause="nested-session",
    changed={
        "audit.py": """
            from shop import repository
            from shop.db import Session


            async def note(order_id):
                async with Session.begin() as session:  # cause
                    await repository.get_order(session, order_id)
        """,
        "db.py": MODULES["db.py"].replace("pool_timeout=3", "pool_timeout=600"),
        "services.py": MODULES["services.py"]
        + """
        async def show(session: AsyncSession, order_id):
            from shop import audit
            order = await repository.get_order(session, order_id)
            await audit.note(order_id)
            return {"id": order.id}
        """,
        **api("""
        @app.get("/audited/{order_id}")
        async def audited(order_id: int, session: AsyncSession = Depends(get_db)):
            return await services.show(session, order_id)
        """),
    },
    send=("GET /audited/7",) * 14,
    ready=f"(SELECT count(*) = 6 AND min(now() - state_change) > interval '4 seconds' FROM s WHERE {IDLE})",
)

STREAM = Incident(
    name="stream",
    cause="stream-holds-session",
    changed={
        "feed.py": """
            import asyncio
            from sqlalchemy.ext.asyncio import AsyncSession
            from shop import repository


            async def events(session: AsyncSession):
                while True:
                    found = await repository.list_orders(session)
                    yield f"data: {len(found)}\\n\\n"
                    await asyncio.sleep(3600)
        """,
        **api("""
        @app.get("/feed")
        async def feed(session: AsyncSession = Depends(get_db)):
            from fastapi.responses import StreamingResponse
            from shop import feed as source
            return StreamingResponse(source.events(session), media_type="text/event-stream")  # cause
        """),
    },
    send=("GET /feed",) * 6,
    ready=f"(SELECT count(*) = 6 AND min(now() - state_change) > interval '7 seconds' FROM s WHERE {IDLE})",
)

LOST = Incident(
    name="lost",
    cause="lost-write",
    changed={
        "services.py": MODULES["services.py"]
        + """
        async def rename(session: AsyncSession, customer_id, name):
            customer = await repository.get_customer(session, customer_id)
            customer.name = name
            session.commit()  # cause
        """,
        **api("""
        @app.put("/customers/{customer_id}")
        async def rename(customer_id: int, name: str, session: AsyncSession = Depends(get_db)):
            await services.rename(session, customer_id, name)
            return {"name": name}
        """),
    },
    ask=("PUT /customers/3?name=Ada",) * 3,
    logged="was never awaited",
)

LAZY = Incident(
    name="lazy",
    cause="lazy-load",
    changed={
        "views.py": """
            from shop.models import Order


            def shown(order: Order):
                return {"id": order.id, "customer": order.customer.name}  # cause
        """,
        "services.py": MODULES["services.py"]
        + """
        async def show(session: AsyncSession, order_id):
            from shop import views
            return views.shown(await repository.get_order(session, order_id))
        """,
        **api("""
        @app.get("/shown/{order_id}")
        async def shown(order_id: int, session: AsyncSession = Depends(get_db)):
            return await services.show(session, order_id)
        """),
    },
    ask=("GET /shown/3",) * 3,
    logged="MissingGreenlet",
)

SLOW = Incident(
    name="slow",
    cause="slow-statement",
    changed={
        "repository.py": MODULES["repository.py"]
        + """
        async def turnover(session: AsyncSession):
            from sqlalchemy import text
            return await session.scalar(text("SELECT count(*) FROM orders CROSS JOIN pg_sleep(600)"))  # cause
        """,
        **api("""
        @app.get("/turnover")
        async def turnover(session: AsyncSession = Depends(get_db)):
            return {"sum": await repository.turnover(session)}
        """),
    },
    send=("GET /turnover",) * 10,
    ready="(SELECT count(*) = 6 AND min(now() - query_start) > interval '6 seconds' FROM s "
    "WHERE state = 'active' AND query LIKE '%CROSS JOIN%' AND pid <> pg_backend_pid())",
)

DDL = Incident(
    name="ddl",
    cause="ddl-queue",
    changed={
        "exports.py": """
            from sqlalchemy.ext.asyncio import AsyncSession
            from shop import clients, repository


            async def export(session: AsyncSession):
                found = await repository.list_orders(session)
                return await clients.charge(found[0].id)
        """,
        **api("""
        @app.get("/export")
        async def export(session: AsyncSession = Depends(get_db)):
            from shop import exports
            return {"done": await exports.export(session)}
        """),
    },
    send=("GET /export",),
    ready=f"(SELECT count(*) = 1 FROM s WHERE {IDLE})",
    after="ALTER TABLE orders ADD COLUMN note text",
    later=("GET /orders",) * 4,
    then="(SELECT count(*) = 5 AND min(now() - query_start) > interval '3 seconds' FROM s WHERE wait_event_type = 'Lock')",
)

SHARED = Incident(
    name="shared",
    cause="shared-session",
    changed={
        "dashboard.py": """
            import asyncio
            from sqlalchemy.ext.asyncio import AsyncSession
            from shop import repository


            async def dashboard(session: AsyncSession):
                return await asyncio.gather(repository.list_orders(session), repository.get_customer(session, 1))  # cause
        """,
        **api("""
        @app.get("/dashboard")
        async def dashboard(session: AsyncSession = Depends(get_db)):
            from shop import dashboard as board
            await board.dashboard(session)
            return {}
        """),
    },
    ask=("GET /dashboard",) * 4,
    logged="Traceback",
)

LOOP = Incident(
    name="loop",
    cause="query-in-loop",
    changed={
        "reports.py": """
            from sqlalchemy.ext.asyncio import AsyncSession
            from shop import repository


            async def by_customer(session: AsyncSession):
                found = {}
                for order in await repository.list_orders(session):
                    customer = await repository.get_customer(session, order.customer_id)  # cause
                    found[customer.name] = found.get(customer.name, 0) + order.total
                return found
        """,
        **api("""
        @app.get("/report")
        async def report(session: AsyncSession = Depends(get_db)):
            from shop import reports
            return await reports.by_customer(session)
        """),
    },
    keep="GET /report",
    pause_s=2.0,
)

# Nobody holds anything any more: only the log tells that requests were refused.
OVER = Incident(
    name="over",
    cause="unknown-holder",
    changed={
        "services.py": MODULES["services.py"]
        + """
        async def linger(session: AsyncSession, order_id):
            import asyncio
            order = await repository.get_order(session, order_id)
            await asyncio.sleep(5)
            return {"id": order.id}
        """,
        **api("""
        @app.get("/linger/{order_id}")
        async def linger(order_id: int, session: AsyncSession = Depends(get_db)):
            return await services.linger(session, order_id)
        """),
    },
    send=(*("GET /linger/3",) * 6, *("GET /orders",) * 3),
    logged="QueuePool limit of size",
    then=f"(SELECT count(*) = 0 FROM s WHERE {IDLE})",
)

TWO = Incident(
    name="two",
    cause="leaked-session lock-held-during-call lost-write",
    changed={
        **CALL.changed,
        "reminders.py": LEAK.changed["reminders.py"],
        "wishes.py": """
            from sqlalchemy.ext.asyncio import AsyncSession
            from shop import repository


            async def rename(session: AsyncSession, customer_id, name):
                customer = await repository.get_customer(session, customer_id)
                customer.name = name
                session.commit()  # cause
        """,
        "db.py": MODULES["db.py"].replace("max_overflow=2", "max_overflow=10"),
        "api.py": LEAK.changed["api.py"]
        + """
        @app.put("/customers/{customer_id}")
        async def rename(customer_id: int, name: str, session: AsyncSession = Depends(get_db)):
            from shop import wishes
            await wishes.rename(session, customer_id, name)
            return {"name": name}
        """,
    },
    send=CALL.send,
    ready=CALL.ready,
    ask=(*LEAK.ask, "PUT /customers/3?name=Ada"),
    then=LEAK.then,
    logged="was never awaited",
)

HEALTHY = Incident(name="healthy", cause="", ask=("GET /orders", "GET /orders/7") * 10)

# The fault is no line of the service but what lies between it and the server.
BOUNCED = Incident(name="bounced", cause="pooler-prepared-statements")

FAULTS = (LOST, LAZY, SHARED, CALL, BLOCKED, DDL, NESTED, SLOW, STREAM, LOOP, OVER, HEALTHY, LEAK, TWO)
