from returns.models.access import FindAttempt, ShortLink, Throttle
from returns.models.authorization import ReturnAuthorization, ReturnLine
from returns.models.draft import Draft
from returns.models.event import BUYER, CLOCK, RULE, SHOP, Actor, ActorKind, Event, EventKind
from returns.models.notice import Channel, Notice, NoticeKind
from returns.models.order import Order, OrderLine, Wanted
from returns.models.promise import Promise, PromiseKind, PromiseState
from returns.models.shipment import Shipment, ShipmentLine
from returns.models.store import (
    CarrierAdvice,
    Lane,
    LinkKey,
    ReasonPolicy,
    ReturnPolicy,
    Store,
)

__all__ = [
    "BUYER",
    "CLOCK",
    "RULE",
    "SHOP",
    "Actor",
    "ActorKind",
    "CarrierAdvice",
    "Channel",
    "Draft",
    "Event",
    "EventKind",
    "FindAttempt",
    "Lane",
    "LinkKey",
    "Notice",
    "NoticeKind",
    "Order",
    "OrderLine",
    "Promise",
    "PromiseKind",
    "PromiseState",
    "ReasonPolicy",
    "ReturnAuthorization",
    "ReturnLine",
    "ReturnPolicy",
    "Shipment",
    "ShipmentLine",
    "ShortLink",
    "Store",
    "Throttle",
    "Wanted",
]
