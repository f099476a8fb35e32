from tracking.admin import (
    account,
    connection,
    gateway_account,
    holiday,
    interception,
    lane,
    parcel,
    push,
    weight_tolerance,
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
    "weight_tolerance",
]
