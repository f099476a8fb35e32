"""Tells what became of one return, through the verbs that buyer, desk, carrier and clock use."""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet

from portal.demo import album, camera, pictures
from portal.demo.album import Album
from portal.demo.case import Case, Gets, Looked, Then, Trip, Unpacked, moment
from portal.demo.journeys import told
from portal.demo.stores import SHOPS
from returns import labels
from returns.codes import MONEY_KINDS, PhotoKind
from returns.models import (
    BUYER,
    CLOCK,
    Actor,
    Award,
    Document,
    Event,
    EventKind,
    Finding,
    Found,
    Notice,
    Order,
    Photo,
    Promise,
    PromiseKind,
    ReturnAuthorization,
    ShopAccount,
    ShopRefund,
    Wanted,
)
from returns.photos import Unusable
from returns.quiet import LEAD
from tracking import carriers
from tracking.work import WorkState

logger = logging.getLogger(__name__)
# What was written longer ago has been read by now; younger letters are left to the worker.
STILL_DUE = timedelta(hours=2.5)
# From the carrier's scan until we hear of it.
HEARD_AFTER = timedelta(minutes=7)
# Whose verbs these are; all others are the desk's.
BUYERS = frozenset(
    {
        "give_answer",
        "look_again",
        "cancel",
        "photograph",
        "give_number",
        "give_outbound_number",
        "say_posted",
    }
)
CLOCKS = frozenset({"remind", "expire"})
WAREHOUSES = frozenset({"unpack", "inspect", "photograph_here"})


def file_letters(letters: QuerySet[Notice], at: datetime, now: datetime) -> None:
    """Letters of long ago were sent long ago; only young ones are left to be sent."""
    if at > now - STILL_DUE:
        return
    letters.filter(state=WorkState.DUE).update(
        state=WorkState.DONE,
        written_at=at,
        due_at=at,
        attempts=1,
        done_at=at + timedelta(seconds=20),
    )


@dataclass(frozen=True)
class Crew:
    """Who works at the shop; lead: decides once more where a buyer asks for that. kept: takes
    the names of the files that are made."""

    desk: Actor
    lead: Actor
    warehouse: Actor
    album: Album
    kept: list[str]

    def of(self, verb: str, rma: ReturnAuthorization) -> Actor:
        if verb in BUYERS:
            return BUYER
        if verb in CLOCKS:
            return CLOCK
        if rma.is_appealed:
            return self.lead
        return self.warehouse if verb in WAREHOUSES else self.desk


class ReturnTale:
    """One return of a case: the nth of its order, asked for as `asked` says."""

    def __init__(self, case: Case, nth: int, crew: Crew, now: datetime) -> None:
        self.case, self.nth, self.asked = case, nth, case.asked[nth]
        self.crew, self.now = crew, now
        self.chance = random.Random(f"{case.number} {nth}")

    def tell(self, order: Order) -> None:
        asked = self.asked
        line = order.lines.get(position=asked.position)
        at = moment(self.now, asked.at, order.where)
        made = order.request_return(
            [Wanted(line.pk, asked.quantity, asked.reason, asked.comment)],
            wish=asked.wish,
            note=asked.note,
            by=BUYER,
            key=f"demo-{order.pk}-{self.nth}",
            now=at,
        )
        self.pk = made.pk
        # Return numbers are drawn by lot; here the same ones each time, so that a label can be
        # photographed before, and a page of instructions can name one.
        number = album.return_number(self.case, self.nth)
        ReturnAuthorization.objects.filter(pk=made.pk).update(number=number)
        self.file_letters(at)
        for then in asked.story:
            self.go_on(then)
        self.let_clock_run(self.now)

    @property
    def rma(self) -> ReturnAuthorization:
        """As it stands now: every verb begins with what the one before left."""
        found = ReturnAuthorization.objects.select_related("order__store__account")
        return found.get(pk=self.pk)

    def file_letters(self, at: datetime) -> None:
        file_letters(Notice.objects.filter(authorization=self.pk), at, self.now)

    def go_on(self, then: Then) -> None:
        self.then = then
        rma = self.rma
        by = self.crew.of(then.verb, rma)
        at = self.at(then, rma, by)
        self.let_clock_run(at)
        if tell := getattr(self, f"tell_{then.verb}", None):
            tell(rma, *then.words, by=by, at=at)
        else:
            getattr(rma, then.verb)(*then.words, by=by, now=at)
        self.file_letters(at)

    def at(self, then: Then, rma: ReturnAuthorization, by: Actor) -> datetime:
        if then.at is not None:
            zone = rma.order.store.zone if by.is_staff else rma.order.where
            return moment(self.now, then.at, zone)
        due = {"remind": rma.remind_at, "expire": rma.post_by}.get(then.verb, rma.posted_at)
        assert due is not None
        return due + timedelta(minutes=1)

    def let_clock_run(self, until: datetime) -> None:
        """Writes the news that was promised for the meantime."""
        mine = Promise.objects.open().filter(authorization=self.pk, kind=PromiseKind.UPDATE)
        while due := mine.filter(due_at__lt=until).select_related("order").first():
            at = due.due_at
            due.write_letter(at - LEAD)
            for letter in due.kept_by.select_related("order__store__account"):
                Promise.objects.fulfil(letter, at)
            self.file_letters(at)

    # --- before it is posted ------------------------------------------------------------------

    def tell_photograph(
        self,
        rma: ReturnAuthorization,
        kind: str,
        *_what: object,
        by: Actor,
        at: datetime,
    ) -> None:
        """What is on it, and at once its development: album.py."""
        shop = SHOPS[rma.order.store.slug]
        scene = album.scene(shop, self.case, self.asked, self.nth, self.then, self.now)
        try:
            picture = self.crew.album[scene]
        except Unusable as error:  # a machine that is out of breath has a demo all the same
            logger.warning("A photo of %s is left out: %s", self.case.number, error)
            return
        photo = Photo.objects.keep(rma, kind, picture, by=by, now=at)
        self.crew.kept.extend([photo.file, photo.thumbnail])

    def tell_photograph_here(
        self, rma: ReturnAuthorization, *_what: object, by: Actor, at: datetime
    ) -> None:
        """At the warehouse."""
        self.tell_photograph(rma, PhotoKind.ITEM, by=by, at=at)

    def tell_add_label(
        self, rma: ReturnAuthorization, carrier: str, *, by: Actor, at: datetime
    ) -> None:
        address = rma.order.store.returns_address
        number = album.waybill(self.case, carrier)
        drawn = pictures.label(carriers.called(carrier), number, address, rma.number)
        pdf = camera.print_pdf(drawn, 420)
        label = labels.check(pdf)
        made = Document.objects.add_label(rma, label.data, label.content_type, label.sha256, by=by)
        self.crew.kept.append(made.file)
        # It is added now; in this story it was then.
        Document.objects.filter(pk=made.pk).update(added_at=at)
        Event.objects.filter(authorization=rma, kind=EventKind.LABEL_ADDED).update(at=at)

    # --- on its way -----------------------------------------------------------------------------

    def tell_give_number(
        self, rma: ReturnAuthorization, carrier: str, *, by: Actor, at: datetime
    ) -> None:
        rma.name_parcel(album.waybill(self.case, carrier), carrier, by=by, now=at)

    def tell_give_outbound_number(
        self, rma: ReturnAuthorization, *, by: Actor, at: datetime
    ) -> None:
        """The one that stands in our own letter: a slip that happens."""
        parcel = rma.order.outbound[0].parcel
        assert parcel is not None
        rma.name_parcel(parcel.number, parcel.carrier, by=by, now=at)

    def tell_travel(self, rma: ReturnAuthorization, trip: Trip, *, by: Actor, at: datetime) -> None:
        """What the carrier reports, taken over as the worker does: the first scan, and then
        where it stands by now, each heard a little later."""
        parcel = rma.shipments.select_related("parcel").get(is_return=True).parcel
        assert parcel is not None
        buyer, checked = self.case.buyer, self.now - timedelta(minutes=self.chance.randint(2, 10))
        reports = told(trip.journey, trip.upto, trip.ended, buyer, self.now, trip.skip_last)
        for part in filter(None, (reports[:1], reports[1:])):
            heard = part[-1].at + HEARD_AFTER
            self.let_clock_run(heard)
            parcel.record(part, now=checked)
            ReturnAuthorization.objects.filter(pk=self.pk).follow(heard)
            self.file_letters(heard)

    # --- at the warehouse -------------------------------------------------------------------------

    def tell_unpack(
        self, rma: ReturnAuthorization, what: Unpacked, *, by: Actor, at: datetime
    ) -> None:
        row = rma.lines.get()
        others = [(title, 1) for title in what.others]
        found = Found({row.pk: what.units}, others, what.grams, what.note)
        rma.receive(found, by=by, key=f"demo-{rma.pk}", now=at)

    def tell_inspect(
        self, rma: ReturnAuthorization, how: Looked, *, by: Actor, at: datetime
    ) -> None:
        row = rma.lines.get()
        accepted = row.received if how.accepted is None else how.accepted
        finding = Finding(how.condition, accepted, how.disposition, words=how.words)
        rma.inspect({row.pk: finding}, by=by, now=at)

    # --- the money --------------------------------------------------------------------------------

    def tell_resolve(
        self, rma: ReturnAuthorization, gets: Gets, *, by: Actor, at: datetime
    ) -> None:
        amount = Decimal(gets.amount or 0)
        if gets.kind in MONEY_KINDS and not amount:
            amount = rma.settlement().total
        rma.resolve([Award(gets.kind, amount, gets.method, gets.words)], by=by, now=at)

    def tell_record_sent(
        self,
        rma: ReturnAuthorization,
        reference: str,
        method: str = "",
        *,
        by: Actor,
        at: datetime,
    ) -> None:
        rma.resolutions.get().record_sent(by=by, reference=reference, method=method, now=at)

    def tell_record_failed(
        self, rma: ReturnAuthorization, why: str, *, by: Actor, at: datetime
    ) -> None:
        """The shop was asked to refund it, and could not."""
        row = rma.resolutions.get()
        ShopRefund.objects.create(
            resolution=row,
            account=ShopAccount.objects.filter(store=rma.order.store_id).first(),
            state=WorkState.DEAD,
            attempts=1,
            written_at=at,
            done_at=at,
            last_error=why,
            is_left=True,
        )
        row.record_failed(why, by=by, now=at)
