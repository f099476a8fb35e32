"""One notice of every kind, each written by the verb that writes it in real life."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from returns.codes import Avoid, DeclineReason, Payment, PhotoKind, ProblemKind, Reason, Wish
from returns.investigation_steps import InvestigationStatus
from returns.models import (
    BUYER,
    CLOCK,
    RULE,
    SHOP,
    Actor,
    AddressChange,
    AddressConfirmation,
    AsksAddress,
    Award,
    CarrierAdvice,
    Case,
    FindAttempt,
    Finding,
    Found,
    Lane,
    Notice,
    NoticeKind,
    Offer,
    Order,
    Photo,
    PostageClaim,
    ProblemReminder,
    Promise,
    PromiseKind,
    ReturnAuthorization,
    SignatureQuestion,
    Store,
)
from returns.models.event import ActorKind
from returns.postal.address import PostalAddress
from returns.states import Status
from tests import people
from tracking.gateways import Aim
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import ScanReport
from tracking.reports import Signed

BATH = PostalAddress(
    name="Sarah Whitcombe",
    street="8 Chapel Row",
    city="Bath",
    postcode="BA1 1HN",
    country="GB",
)
GOODS = (("Linen shirt", "68.00", 1, {"variant": "Oat, size M"}), ("Beeswax candles", "24.00", 2))


def advise(store: Store) -> None:
    """The usual advice for sending back across the border."""
    rows = (
        {
            "carrier": "royal-mail",
            "service": "International Tracked",
            "recommended": True,
            "payment": Payment.PREPAID,
            "days_from": 5,
            "days_to": 8,
        },
        {"carrier": "evri", "service": "International", "payment": Payment.BUYER},
        {"payment": Payment.REPAID, "repaid_up_to": Decimal(9)},
        {"service": "Untracked small packet", "avoid": Avoid.UNTRACKED},
    )
    for position, row in enumerate(rows):
        CarrierAdvice.objects.create(store=store, lane=Lane.CROSS_BORDER, position=position, **row)


def ask(order: Order, reason: str = Reason.FIT, key: str = "form", **values) -> ReturnAuthorization:
    return people.ask_to_return(order, reason, key, **values)


WAREHOUSE = Actor(ActorKind.STAFF)


def latest(kind: str) -> Notice:
    return Notice.objects.filter(kind=kind).latest("pk")


class Shop:
    """A store with one order per letter, so that no letter disturbs another."""

    def __init__(self, language: str = "en", **policy) -> None:
        chinese = language.startswith("zh")
        self.language = language
        self.store = people.open_store(
            f"shop-{Store.objects.count()}",
            language=language,
            policy=policy,
            returns_phone="+370 5 210 0000",
            **({"name": "山茶与纸", "signed_by": "小林"} if chinese else {}),
        )
        advise(self.store)

    def order(self, **values) -> Order:
        number = f"JP-2{self.store.orders.count():04d}"
        values.setdefault("name", "王小明" if self.language != "en" else "Sarah Whitcombe")
        return people.place_order(self.store, number, GOODS, language=self.language, **values)

    def requested(self) -> Notice:
        ask(self.order())
        return latest(NoticeKind.RETURN_REQUESTED)

    def not_wanted_any_more(self) -> Notice:
        self.order(shipped=False).cancel_unshipped(None, by=BUYER, key="form")
        return latest(NoticeKind.WITHDRAWAL_NEWS)

    def approved(self) -> Notice:
        ask(self.order()).approve(by=RULE)
        return latest(NoticeKind.RETURN_APPROVED)

    def asked(self) -> Notice:
        ask(self.order()).ask("Which size would fit?\nAnd which colour?", by=RULE)
        return latest(NoticeKind.INFO_REQUESTED)

    def offered(self) -> Notice:
        Offer.objects.make(
            self.order(delivered=False),
            wish=Wish.VOUCHER,
            amount=Decimal(10),
            words="It takes so long, and you have been so patient.",
            by=RULE,
        )
        return latest(NoticeKind.OFFER_MADE)

    def postage(self) -> Notice:
        rma = ask(self.order(), Reason.FAULTY)
        rma.approve(by=RULE)
        rma.name_parcel(f"RR{rma.pk:09d}GB", "royal-mail", by=BUYER)
        photo = Photo.objects.create(
            authorization=rma, kind=PhotoKind.POSTAGE, width=1, height=1, taken_by="buyer"
        )
        claim = PostageClaim.objects.create(
            authorization=rma, form_key="form", paid=Decimal("9.40"), photo=photo
        )
        claim.repay(Decimal(9), "Up to 9.00, as we said.", by=RULE)
        return latest(NoticeKind.RETURN_POSTAGE)

    def asked_again(self) -> Notice:
        rma = ask(self.order())
        rma.ask("Is the mark inside or outside?", by=RULE)
        promise = rma.promises.get(kind=PromiseKind.QUESTION, state="open")
        promise.write_letter(promise.due_at)
        return latest(NoticeKind.QUESTION_REMINDER)

    def news(self) -> Notice:
        order = self.order(delivered=False)
        seen = ScanReport(timezone.now(), Milestone.ATTEMPTED, place="Bristol")
        order.shipments.get().parcel.record(
            [replace(seen, incident=IncidentKind.ADDRESS)], now=timezone.now()
        )
        Case.objects.follow()
        return latest(NoticeKind.ORDER_NEWS)

    def news_of_return(self) -> Notice:
        rma = self.posted()
        shipment = rma.shipments.get()
        assert shipment.parcel
        now = timezone.now()
        shipment.parcel.record(
            [ScanReport(now, Milestone.IN_TRANSIT, incident=IncidentKind.DAMAGED)], now=now
        )
        Case.objects.follow()
        return latest(NoticeKind.RETURN_NEWS)

    def thanked(self) -> Notice:
        self.order().write("Where is it?", key="first")
        return latest(NoticeKind.MESSAGE_RECEIVED)

    def answered(self) -> Notice:
        order = self.order()
        order.write("Where is it?", key="first")
        order.answer("It left this morning.", by=WAREHOUSE, key="second")
        return latest(NoticeKind.MESSAGE_ANSWER)

    def declined(self) -> Notice:
        ask(self.order()).decline(
            DeclineReason.USED, "The collar shows marks of wear in your photo.", by=RULE
        )
        return latest(NoticeKind.RETURN_DECLINED)

    def cancelled(self) -> Notice:
        ask(self.order()).cancel(by=BUYER)
        return latest(NoticeKind.RETURN_CANCELLED)

    def put_right(self) -> Notice:
        rma = ask(self.order())
        ReturnAuthorization.objects.filter(pk=rma.pk).update(keeps_goods=True)
        rma.refresh_from_db()
        rma.approve(by=RULE)
        rma.put_right(by=RULE)
        return latest(NoticeKind.RETURN_PUT_RIGHT)

    def reminder(self) -> Notice:
        rma = ask(self.order())
        rma.approve(by=RULE)
        rma.remind(by=CLOCK)
        return latest(NoticeKind.RETURN_REMINDER)

    def expired(self) -> Notice:
        rma = ask(self.order())
        rma.approve(by=RULE, now=timezone.now() - timedelta(days=20))
        rma.remind(by=CLOCK, now=timezone.now() - timedelta(days=9))
        rma.expire(by=CLOCK)
        return latest(NoticeKind.RETURN_EXPIRED)

    def update(self, **values) -> Notice:
        order = self.order(delivered=False, **values)
        promise = order.promise_update(by=SHOP)
        assert promise
        promise.write_letter(promise.due_at)
        return latest(NoticeKind.ORDER_UPDATE)

    def posted(self, **values) -> ReturnAuthorization:
        """Approved, and the number of its parcel was given."""
        rma = ask(self.order(**values))
        rma.approve(by=RULE)
        rma.name_parcel(f"RR{rma.pk:09d}GB", "royal-mail", by=BUYER)
        return rma

    def on_its_way(self, rma: ReturnAuthorization | None = None) -> ReturnAuthorization:
        return report(rma or self.posted(), Milestone.ACCEPTED, "Bristol")

    def here(self, rma: ReturnAuthorization | None = None) -> ReturnAuthorization:
        return report(self.on_its_way(rma), Milestone.DELIVERED, "Vilnius")

    def opened(self, rma: ReturnAuthorization | None = None, **found) -> ReturnAuthorization:
        rma = self.here(rma)
        open_parcel(rma, **found)
        return rma

    def inspected(self, rma: ReturnAuthorization | None = None) -> ReturnAuthorization:
        rma = self.opened(rma)
        rma.inspect({row.pk: Finding("as_new", row.received) for row in rma.lines.all()}, by=RULE)
        return rma

    def decided(self, *awards: Award, **values) -> ReturnAuthorization:
        return self.decided_of(self.inspected(), *awards, **values)

    def decided_of(self, rma: ReturnAuthorization, *awards: Award, **values) -> ReturnAuthorization:
        if rma.status != Status.INSPECTED:
            rma = self.inspected(rma)
        total = rma.settlement().total
        rma.resolve(awards or [Award("refund", total, "card")], by=WAREHOUSE, **values)
        return rma

    def scanned(self) -> Notice:
        self.on_its_way()
        return latest(NoticeKind.RETURN_SCANNED)

    def return_update(self) -> Notice:
        keep_promise(self.posted())
        return latest(NoticeKind.RETURN_UPDATE)

    def arrived(self) -> Notice:
        self.here()
        return latest(NoticeKind.RETURN_ARRIVED)

    def received(self) -> Notice:
        self.opened()
        return latest(NoticeKind.RETURN_RECEIVED)

    def resolved(self) -> Notice:
        self.decided()
        return latest(NoticeKind.RETURN_RESOLVED)

    def settled(self) -> Notice:
        self.decided().resolutions.get().record_sent(by=WAREHOUSE, reference="R-2026-118")
        return latest(NoticeKind.RETURN_SETTLED)

    def ahead(self) -> ReturnAuthorization:
        """The same again, and it leaves before the old one is back."""
        rma = ask(self.order(), Reason.FAULTY, wish="replacement")
        rma.approve(by=RULE, now=timezone.now() - timedelta(days=8))
        rma.send_ahead(by=WAREHOUSE, agreed=True)
        rma.resolutions.get().ship(f"RA{rma.pk:09d}GB", "royal-mail", by=WAREHOUSE)
        return ReturnAuthorization.objects.get(pk=rma.pk)

    def new_goods(self) -> Notice:
        self.ahead()
        return latest(NoticeKind.REPLACEMENT_SENT)

    def old_goods(self) -> Notice:
        self.ahead().remind(by=CLOCK)
        return latest(NoticeKind.ORIGINAL_REMINDER)

    def sold_out(self) -> Notice:
        rma = ask(self.order(), wish="exchange")
        rma.ask_to_choose_again(by=WAREHOUSE)
        return latest(NoticeKind.VARIANT_GONE)

    def money_back(self) -> Notice:
        row = self.decided().resolutions.get()
        row.record_sent(by=WAREHOUSE, reference="R-2026-118")
        row.reverse("Your bank says that the card is closed.", by=WAREHOUSE)
        return latest(NoticeKind.REFUND_REVERSED)

    def late(self) -> Notice:
        rma = ask(self.order())
        Promise.objects.filter(authorization=rma).update(due_at=timezone.now() - timedelta(hours=1))
        rma.promises.get().come_due()
        return latest(NoticeKind.PROMISE_LATE)

    def is_it_right(self, **values) -> Notice:
        order = self.order(shipped=False, days_ago=0, **values)
        self.store.asks_address = AsksAddress.ALWAYS
        AddressConfirmation.objects.ask(self.store, [order], timezone.now())
        return latest(NoticeKind.ADDRESS_QUESTION)

    def sent_elsewhere(self, **values) -> AddressChange:
        """Another address was asked for, of an order that has not left."""
        order = self.order(shipped=False, **values)
        return order.change_address(Aim.REDIRECT, after=BATH, key="form", by=BUYER)

    def elsewhere(self) -> Notice:
        self.sent_elsewhere()
        return latest(NoticeKind.ADDRESS_ASKED)

    def news_of_address(self) -> Notice:
        self.sent_elsewhere().note_in_shop()
        return latest(NoticeKind.ADDRESS_NEWS)

    def missed(self) -> Order:
        """A delivered parcel that its buyer does not have."""
        order = self.order()
        shipment = order.shipments.get()
        order.report(ProblemKind.NOT_HERE, shipment, words="Nobody saw it.", by=BUYER, key="form")
        return order

    def asked_who_has_it(self) -> Notice:
        """Somebody else took the parcel in, and the desk asks once more."""
        order = self.order(delivered=False)
        parcel = order.shipments.get().parcel
        assert parcel
        parcel.record(
            [ScanReport(timezone.now(), Milestone.DELIVERED, signed=Signed.OTHER, place="Bristol")]
        )
        Case.objects.follow()
        SignatureQuestion.objects.get(order=order).write_letter(by=WAREHOUSE)
        return latest(NoticeKind.SIGNATURE_QUESTION)

    def told(self) -> Notice:
        self.missed()
        return latest(NoticeKind.PROBLEM_RECEIVED)

    def can_be_told(self) -> Notice:
        order = self.order(delivered=False)
        at = timezone.now() - timedelta(hours=1)
        order.remind_of_problem(ProblemKind.LATE, order.shipments.get(), at, by=BUYER)
        ProblemReminder.objects.come_due()
        return latest(NoticeKind.PROBLEM_REMINDER)

    def given_up(self) -> Notice:
        order = self.missed()
        order.investigations.get().end(InvestigationStatus.LOST, by=WAREHOUSE)
        return latest(NoticeKind.INVESTIGATION_NEWS)

    def contact(self) -> Notice:
        order = self.order(
            email="new@example.com",
            previous_email="sarah@example.com",
            contact_changed_at=timezone.now(),
        )
        Notice.objects.write(
            order,
            NoticeKind.CONTACT_CHANGED,
            event=f"contact-{order.pk}",
            recipient=order.previous_email,
            changed=["email"],
        )
        return latest(NoticeKind.CONTACT_CHANGED)

    def code(self) -> Notice:
        order = self.order()
        FindAttempt.note(self.store, order.number, order.email)
        for attempt in FindAttempt.objects.claim():
            attempt.judge()
        return latest(NoticeKind.ACCESS_CODE)


def report(
    rma: ReturnAuthorization, milestone: str, place: str = "", **values
) -> ReturnAuthorization:
    """The carrier scans the parcel now, and the return takes it up as the worker does."""
    shipment = rma.shipments.get()
    assert shipment.parcel
    at = values.pop("at", timezone.now())
    shipment.parcel.record([ScanReport(at, milestone, place=place, **values)])
    ReturnAuthorization.objects.follow()
    return ReturnAuthorization.objects.get(pk=rma.pk)


def open_parcel(
    rma: ReturnAuthorization, counts: dict[str, int] | None = None, key: str = "opened", **found
) -> None:
    """counts: title → units; without, all that was approved is there."""
    rows = rma.lines.select_related("line")
    units = {
        row.pk: row.approved if counts is None else counts.get(row.line.title, 0) for row in rows
    }
    rma.receive(Found(units, **found), by=WAREHOUSE, key=key)


def keep_promise(rma: ReturnAuthorization, late: timedelta = timedelta(0)) -> None:
    """The hour comes at which we promised to write where the parcel is."""
    promise = rma.promises.get(kind=PromiseKind.UPDATE, state="open")
    promise.write_letter(promise.due_at + late)


# Name of the letter → who writes it.
WRITERS: dict[str, Callable[[Shop], Notice]] = {
    NoticeKind.RETURN_REQUESTED: Shop.requested,
    NoticeKind.RETURN_APPROVED: Shop.approved,
    NoticeKind.INFO_REQUESTED: Shop.asked,
    NoticeKind.QUESTION_REMINDER: Shop.asked_again,
    NoticeKind.RETURN_DECLINED: Shop.declined,
    NoticeKind.RETURN_CANCELLED: Shop.cancelled,
    NoticeKind.RETURN_PUT_RIGHT: Shop.put_right,
    NoticeKind.RETURN_REMINDER: Shop.reminder,
    NoticeKind.RETURN_EXPIRED: Shop.expired,
    NoticeKind.RETURN_SCANNED: Shop.scanned,
    NoticeKind.RETURN_UPDATE: Shop.return_update,
    NoticeKind.RETURN_ARRIVED: Shop.arrived,
    NoticeKind.RETURN_RECEIVED: Shop.received,
    NoticeKind.RETURN_RESOLVED: Shop.resolved,
    NoticeKind.RETURN_SETTLED: Shop.settled,
    NoticeKind.REFUND_REVERSED: Shop.money_back,
    NoticeKind.REPLACEMENT_SENT: Shop.new_goods,
    NoticeKind.ORIGINAL_REMINDER: Shop.old_goods,
    NoticeKind.VARIANT_GONE: Shop.sold_out,
    NoticeKind.ORDER_NEWS: Shop.news,
    NoticeKind.RETURN_NEWS: Shop.news_of_return,
    NoticeKind.OFFER_MADE: Shop.offered,
    NoticeKind.RETURN_POSTAGE: Shop.postage,
    NoticeKind.MESSAGE_RECEIVED: Shop.thanked,
    NoticeKind.MESSAGE_ANSWER: Shop.answered,
    NoticeKind.ORDER_UPDATE: Shop.update,
    NoticeKind.PROMISE_LATE: Shop.late,
    NoticeKind.ADDRESS_QUESTION: Shop.is_it_right,
    NoticeKind.ADDRESS_ASKED: Shop.elsewhere,
    NoticeKind.ADDRESS_NEWS: Shop.news_of_address,
    NoticeKind.PROBLEM_RECEIVED: Shop.told,
    NoticeKind.PROBLEM_REMINDER: Shop.can_be_told,
    NoticeKind.SIGNATURE_QUESTION: Shop.asked_who_has_it,
    NoticeKind.INVESTIGATION_NEWS: Shop.given_up,
    NoticeKind.WITHDRAWAL_NEWS: Shop.not_wanted_any_more,
    NoticeKind.CONTACT_CHANGED: Shop.contact,
    NoticeKind.ACCESS_CODE: Shop.code,
}


def all_letters(language: str) -> dict[str, Notice]:
    shop = Shop(language, automatic_up_to=None)
    return {kind: writer(shop) for kind, writer in WRITERS.items()}
