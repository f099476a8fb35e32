from returns.address_states import ChangeStatus, Verified
from returns.models.access import FindAttempt, ShortLink, Throttle
from returns.models.address_change import AddressChange
from returns.models.address_confirmation import AddressConfirmation
from returns.models.addressing import NotOffered
from returns.models.authorization import ReturnAuthorization
from returns.models.carrier_contact import CarrierContact
from returns.models.case import CASE_KINDS, Case, CaseKind
from returns.models.channel_account import ApprovedTemplate, ChannelAccount
from returns.models.claim_policy import ClaimPolicy
from returns.models.contact_point import ContactPoint
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
from returns.models.evidence_pack import EvidencePack
from returns.models.inbound import Inbound
from returns.models.interception_rule import InterceptionRule
from returns.models.investigation import Investigation
from returns.models.investigation_step import InvestigationStep
from returns.models.notice import Channel, Notice, NoticeEvent, NoticeKind
from returns.models.offer import Offer, OfferOver, OfferState
from returns.models.order import Order, OrderLine, Wanted
from returns.models.photo import Photo
from returns.models.postage_claim import PostageClaim, PostageState
from returns.models.problem import Problem, ProblemReminder
from returns.models.promise import Promise, PromiseKind, PromiseState
from returns.models.recall_rule import RecallRule
from returns.models.recalling import CannotRecall
from returns.models.receipt import Receipt, ReceiptLine, Surplus
from returns.models.receiving import Finding, Found
from returns.models.resolution import Resolution
from returns.models.return_line import ReturnLine
from returns.models.settling import Award, TooMuch
from returns.models.shipment import Shipment, ShipmentLine
from returns.models.shop_account import ShopAccount
from returns.models.shop_refund import ShopRefund
from returns.models.shop_update import ShopUpdate
from returns.models.signature import SignatureQuestion
from returns.models.store import (
    AsksAddress,
    CarrierAdvice,
    Lane,
    LinkKey,
    ReasonPolicy,
    ReturnPolicy,
    Store,
)
from returns.models.store_text import StoreText
from returns.models.thread import Message, MessagePhoto, Way
from returns.models.trust_rule import TrustRule
from returns.models.variant import Variant
from returns.models.weighing import Weighing
from returns.models.withdrawal import Unchangeable, Withdrawal
from returns.models.withdrawal_outcome import WithdrawalOutcome
from returns.models.withdrawal_receipt import WithdrawalReceipt

__all__ = [
    "BUYER",
    "CARRIER",
    "CASE_KINDS",
    "CLOCK",
    "RULE",
    "SHOP",
    "Actor",
    "ActorKind",
    "AddressChange",
    "AddressConfirmation",
    "ApprovedTemplate",
    "AsksAddress",
    "Award",
    "CannotRecall",
    "CarrierAdvice",
    "CarrierContact",
    "Case",
    "CaseKind",
    "ChangeStatus",
    "Channel",
    "ChannelAccount",
    "ClaimPolicy",
    "ContactPoint",
    "Document",
    "Draft",
    "Event",
    "EventKind",
    "EvidencePack",
    "FindAttempt",
    "Finding",
    "Found",
    "Inbound",
    "InterceptionRule",
    "Investigation",
    "InvestigationStep",
    "Lane",
    "LinkKey",
    "Message",
    "MessagePhoto",
    "NotOffered",
    "Notice",
    "NoticeEvent",
    "NoticeKind",
    "Offer",
    "OfferOver",
    "OfferState",
    "Order",
    "OrderLine",
    "Photo",
    "PostageClaim",
    "PostageState",
    "Problem",
    "ProblemReminder",
    "Promise",
    "PromiseKind",
    "PromiseState",
    "ReasonPolicy",
    "RecallRule",
    "Receipt",
    "ReceiptLine",
    "Resolution",
    "ReturnAuthorization",
    "ReturnLine",
    "ReturnPolicy",
    "Shipment",
    "ShipmentLine",
    "ShopAccount",
    "ShopRefund",
    "ShopUpdate",
    "ShortLink",
    "SignatureQuestion",
    "Store",
    "StoreText",
    "Surplus",
    "Throttle",
    "TooMuch",
    "TrustRule",
    "Unchangeable",
    "Variant",
    "Verified",
    "Wanted",
    "Way",
    "Weighing",
    "Withdrawal",
    "WithdrawalOutcome",
    "WithdrawalReceipt",
]
