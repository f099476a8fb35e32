from tracking.admin import (
    account,
    connection,
    gateway_account,
    holiday,
    interception,
    lane,
    parcel,
    push,
)

__all__ = [
    "account",
    "connection",
    "gateway_account",
    "holiday",
    "interception",
    "lane",
    "parcel",
    "push",
]
