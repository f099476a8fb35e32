from returns.models.access import FindAttempt, ShortLink, Throttle
from returns.models.authorization import ReturnAuthorization
from returns.models.document import Document
from returns.models.draft import Draft
from returns.models.event import (
    BUYER,
    CARRIER,
    CLOCK,
    RULE,
    SHOP,
    Actor,
    ActorKind,
    Event,
    EventKind,
)
from returns.models.notice import Channel, Notice, NoticeKind
from returns.models.order import Order, OrderLine, Wanted
from returns.models.photo import Photo
from returns.models.promise import Promise, PromiseKind, PromiseState
from returns.models.receipt import Receipt, ReceiptLine, Surplus
from returns.models.receiving import Finding, Found
from returns.models.resolution import Resolution
from returns.models.return_line import ReturnLine
from returns.models.settling import Award, TooMuch
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
    "CARRIER",
    "CLOCK",
    "RULE",
    "SHOP",
    "Actor",
    "ActorKind",
    "Award",
    "CarrierAdvice",
    "Channel",
    "Document",
    "Draft",
    "Event",
    "EventKind",
    "FindAttempt",
    "Finding",
    "Found",
    "Lane",
    "LinkKey",
    "Notice",
    "NoticeKind",
    "Order",
    "OrderLine",
    "Photo",
    "Promise",
    "PromiseKind",
    "PromiseState",
    "ReasonPolicy",
    "Receipt",
    "ReceiptLine",
    "Resolution",
    "ReturnAuthorization",
    "ReturnLine",
    "ReturnPolicy",
    "Shipment",
    "ShipmentLine",
    "ShortLink",
    "Store",
    "Surplus",
    "Throttle",
    "TooMuch",
    "Wanted",
]
