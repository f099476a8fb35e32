from returns.admin import (
    authorization,
    cases,
    channels,
    contact_points,
    evidence,
    inbound,
    notices,
    order,
    promises,
    store,
    texts,
    thread,
)

__all__ = [
    "authorization",
    "cases",
    "channels",
    "contact_points",
    "evidence",
    "inbound",
    "notices",
    "order",
    "promises",
    "store",
    "texts",
    "thread",
]
