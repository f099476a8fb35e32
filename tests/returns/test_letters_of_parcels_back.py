"""The letters about a parcel that comes back: from its first scan to the money."""

import re
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from returns import formats, letters, texts
from returns.codes import PaymentMethod
from returns.models import (
    BUYER,
    RULE,
    Award,
    Finding,
    Found,
    Notice,
    NoticeKind,
    Promise,
    PromiseKind,
    ReturnAuthorization,
    Shipment,
    Wanted,
)
from returns.models.settling import TooMuch
from tests import people
from tests.returns.correspondence import (
    WAREHOUSE,
    Shop,
    ask,
    keep_promise,
    latest,
    open_parcel,
    report,
)
from tracking.milestones import Milestone

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"
OF_PARCELS_BACK = {
    NoticeKind.RETURN_SCANNED,
    NoticeKind.RETURN_UPDATE,
    NoticeKind.RETURN_ARRIVED,
    NoticeKind.RETURN_RECEIVED,
    NoticeKind.RETURN_RESOLVED,
    NoticeKind.RETURN_SETTLED,
}
THREE = (
    ("Linen shirt", "68.00", 1, {"weight_grams": 400}),
    ("Beeswax candles", "24.00", 2, {"weight_grams": 300}),
)


@pytest.fixture
def shop(db) -> Shop:
    return Shop(automatic_up_to=None)


def write(kind: str) -> letters.Letter:
    return letters.write(latest(kind))


def text(kind: str) -> str:
    return write(kind).text


def all_of_it(shop: Shop, **values) -> ReturnAuthorization:
    """A shirt and two candles on their way back."""
    number = f"JP-3{shop.store.orders.count():04d}"
    order = people.place_order(shop.store, number, THREE, language=shop.language, **values)
    wanted = [Wanted(line.pk, line.quantity, "fit") for line in order.lines.all()]
    rma = order.request_return(wanted, by=BUYER, key="form")
    rma.approve(by=RULE)
    rma.name_parcel(f"RR{rma.pk:09d}GB", "royal-mail", by=BUYER)
    return rma


def without_a_number(shop: Shop) -> ReturnAuthorization:
    rma = ask(shop.order())
    rma.approve(by=RULE)
    rma.say_posted(by=BUYER)
    return rma


def posted_too_late(shop: Shop) -> ReturnAuthorization:
    """The number came when the time to post it was over."""
    rma = shop.expired().authorization
    assert rma
    rma.name_parcel(f"RR{rma.pk:09d}GB", "royal-mail", by=BUYER)
    return rma


def named_days_ago(rma: ReturnAuthorization, days: int) -> None:
    Shipment.objects.filter(authorization=rma).update(
        shipped_at=timezone.now() - timedelta(days=days)
    )


def promised(rma: ReturnAuthorization, kind: str) -> str:
    """The hour as the letter names it."""
    with timezone.override(rma.order.where):
        return formats.moment(Promise.objects.open().get(authorization=rma, kind=kind).due_at)


def amounts(letter: str) -> list[tuple[str, Decimal]]:
    """The rows of the table, signs and all."""
    found = re.findall(r"^- (.+): (−?)([\d,.]+) USD$", letter, re.MULTILINE)
    return [
        (label, Decimal(number.replace(",", "")) * (-1 if minus else 1))
        for label, minus, number in found
    ]


# --- On its way -------------------------------------------------------------------------------


def test_the_first_scan_is_told_with_its_time_and_place_and_what_follows(shop):
    rma = shop.on_its_way()
    letter = text(NoticeKind.RETURN_SCANNED)
    scan = rma.shipments.get().parcel.scans.get()
    with timezone.override(rma.order.where):
        when = formats.moment(scan.at)
    for words in (
        "Your return is on its way to us.",
        f"scanned your parcel for the first time on {when}, in Bristol.",
        f"It travels with Royal Mail, number {scan.parcel.number}.",
        "you need not worry about the date any more",
        rma.number,
        "1 × Linen shirt",
        "On its way to us it goes through customs.",
        f"We will write to you again by {promised(rma, PromiseKind.UPDATE)}",
    ):
        assert words in letter


def test_what_was_reported_after_the_first_scan_is_told_as_well(shop):
    rma = shop.on_its_way()
    later = timezone.now() + timedelta(minutes=5)
    report(rma, Milestone.UNKNOWN, "Calais", at=later, words="Retenu.")
    letter = text(NoticeKind.RETURN_SCANNED)
    assert "for the first time on" in letter and "in Bristol." in letter
    assert ", in Calais." in letter and "> Retenu." in letter


def test_within_the_union_the_first_scan_speaks_of_no_customs(shop):
    shop.on_its_way(shop.posted(country="DE"))
    assert "customs" not in text(NoticeKind.RETURN_SCANNED).casefold()


def test_without_a_scan_for_a_day_the_number_is_repeated_and_asked_to_be_compared(shop):
    rma = shop.posted()
    named_days_ago(rma, 2)
    keep_promise(rma)
    letter = write(NoticeKind.RETURN_UPDATE)
    number = rma.shipments.get().number
    assert "has not scanned your parcel yet" in letter.subject
    assert f": {number} (Royal Mail)" in letter.text
    assert "Please compare this number with the one on your receipt." in letter.text
    assert "The button below leads to the page" in letter.text
    assert "Nothing has changed since then." in letter.text
    again_at = datetime.fromisoformat(latest(NoticeKind.RETURN_UPDATE).facts["again_at"])
    with timezone.override(rma.order.where):
        assert f"again by {formats.moment(again_at)}" in letter.text
    assert "It travels with" not in letter.text  # nobody has seen it


def test_on_the_first_day_no_scan_is_normal(shop):
    keep_promise(shop.posted())
    letter = text(NoticeKind.RETURN_UPDATE)
    assert "On the first day there is often no scan yet; that is normal." in letter
    assert "compare" not in letter


def test_without_a_number_the_update_asks_for_it(shop):
    keep_promise(without_a_number(shop))
    letter = text(NoticeKind.RETURN_UPDATE)
    assert "Your parcel has not reached us yet." in letter
    assert "If your receipt has a number, please give it to us." in letter


def test_a_number_in_doubt_is_told_as_such_and_shown(shop):
    taken = shop.posted().shipments.get().number
    rma = ask(shop.order())
    rma.approve(by=RULE)
    rma.name_parcel(taken, "royal-mail", by=BUYER)
    keep_promise(rma)
    letter = text(NoticeKind.RETURN_UPDATE)
    assert "We are checking the number of your parcel." in letter
    assert taken in letter and "Another parcel has the same number" in letter


def test_a_number_without_a_carrier_is_told_without_one(shop):
    rma = ask(shop.order())
    rma.approve(by=RULE)
    rma.name_parcel("ABC123456", "", by=BUYER)
    keep_promise(rma)
    assert ": ABC123456\n" in text(NoticeKind.RETURN_UPDATE)
    shop.on_its_way(rma)
    letter = text(NoticeKind.RETURN_SCANNED)
    assert "Its number is ABC123456." in letter and "It travels with" not in letter


def test_news_of_the_parcel_are_told_and_not_that_nothing_changed(shop):
    rma = shop.on_its_way()
    at = timezone.now() + timedelta(minutes=1)
    keep_promise(report(rma, Milestone.CUSTOMS, "London", at=at))
    letter = text(NoticeKind.RETURN_UPDATE)
    assert "Your return is at customs." in letter and ", in London." in letter
    assert "It travels with Royal Mail" in letter
    assert "Nothing has changed" not in letter


def test_when_nothing_is_new_it_says_so_kindly(shop):
    rma = shop.on_its_way()
    keep_promise(rma)
    keep_promise(ReturnAuthorization.objects.get(pk=rma.pk))
    letter = text(NoticeKind.RETURN_UPDATE)
    assert "Nothing has changed since then. We did not want to leave you" in letter


@pytest.mark.parametrize(
    ("milestone", "words"),
    [
        (Milestone.ATTEMPTED, "That is for us to settle with the carrier."),
        (Milestone.READY_FOR_PICKUP, "We collect it there."),
        (Milestone.RETURNING, "we look with you for another way"),
        (Milestone.IN_TRANSIT, "Your parcel is on its way to us."),
    ],
)
def test_each_step_is_told_from_the_senders_side(shop, milestone, words):
    at = timezone.now() + timedelta(minutes=1)
    keep_promise(report(shop.on_its_way(), milestone, at=at))
    assert words in text(NoticeKind.RETURN_UPDATE)


@pytest.mark.parametrize(("hours", "words"), [(2, "on the delivery van"), (30, "no news since")])
def test_a_delivery_of_yesterday_is_not_told_as_todays(shop, hours, words):
    rma = shop.posted()
    ReturnAuthorization.objects.update(requested_at=timezone.now() - timedelta(days=3))
    seen = timezone.now() - timedelta(hours=hours)
    keep_promise(report(rma, Milestone.OUT_FOR_DELIVERY, at=seen))
    assert words in text(NoticeKind.RETURN_UPDATE)


def test_a_late_update_says_that_it_is_late(shop):
    rma = shop.posted()
    due = promised(rma, PromiseKind.UPDATE)
    keep_promise(rma, timedelta(hours=5))
    letter = text(NoticeKind.RETURN_UPDATE)
    assert f"by {due}, and we did not. We are sorry." in letter


def test_a_corrected_number_is_the_one_that_is_told_from_then_on(shop):
    rma = shop.on_its_way()
    first = rma.shipments.get().number
    rma.name_parcel("RB103456786GB", "evri", by=BUYER)
    keep_promise(rma)
    told = [text(NoticeKind.RETURN_UPDATE)]
    shop.on_its_way(ReturnAuthorization.objects.get(pk=rma.pk))
    told.append(text(NoticeKind.RETURN_SCANNED))
    assert all("RB103456786GB" in letter and first not in letter for letter in told)
    assert "RB103456786GB (Evri)" in told[0] and "It travels with Evri" in told[1]


# --- Here, and opened -------------------------------------------------------------------------


def test_that_it_is_here_is_the_carriers_word_and_ours_is_when_we_open_it(shop):
    rma = shop.here()
    letter = text(NoticeKind.RETURN_ARRIVED)
    with timezone.override(rma.order.where):
        when = formats.moment(rma.arrived_at)
    assert "The carrier says that your parcel is here." in letter
    assert f"It reports that the parcel reached us on {when}, in Vilnius." in letter
    assert "We open it and count what is inside." in letter
    assert f"write to you by {promised(rma, PromiseKind.INSPECTION)}." in letter
    assert "68.00 USD" in letter and rma.shipments.get().number in letter


def test_what_comes_after_the_end_is_looked_at_by_a_person(shop):
    rma = report(posted_too_late(shop), Milestone.DELIVERED)
    letter = text(NoticeKind.RETURN_ARRIVED)
    assert "The return had ended before the parcel came, but nothing is lost" in letter
    assert "by our estimate" not in letter
    open_parcel(rma)
    letter = text(NoticeKind.RETURN_RECEIVED)
    assert "The return had ended before the parcel came, but nothing is lost" in letter
    assert "1 × Linen shirt" in letter and "by our estimate" not in letter


def test_what_was_counted_is_told_and_the_weight_only_when_it_differs(shop):
    rma = shop.here(all_of_it(shop))
    open_parcel(rma, grams=1200)
    letter = text(NoticeKind.RETURN_RECEIVED)
    assert "- 1 × Linen shirt\n- 2 × Beeswax candles\n" in letter
    assert "Everything is there. Thank you." in letter
    assert f"write to you by {promised(rma, PromiseKind.INSPECTION)}." in letter
    for absent in ("weigh", "besides", "not found", "nothing inside"):
        assert absent not in letter


def test_what_is_missing_or_more_is_told_without_blame(shop):
    rma = shop.here(all_of_it(shop))
    counts = {"Linen shirt": 2, "Beeswax candles": 1}
    open_parcel(rma, counts, others=[("A grey sock", 1)], grams=2500)
    letter = text(NoticeKind.RETURN_RECEIVED)
    here, _, rest = letter.partition("What was in it besides")
    besides, _, missing = rest.partition("What we have not found")
    assert "- 1 × Linen shirt\n- 1 × Beeswax candles\n" in here
    assert "- 1 × Linen shirt\n- 1 × A grey sock\n" in besides
    assert missing.strip().startswith("- 1 × Beeswax candles\n")
    assert "we look into it together with you" in missing
    assert "The parcel weighs 2.5 kg here; the goods alone should weigh about 1 kg." in letter
    assert "Everything is there" not in letter and "by our estimate" not in letter


def test_an_empty_parcel_is_told_neutrally_and_asks_what_was_packed(shop):
    open_parcel(shop.here(all_of_it(shop)), {})
    letter = text(NoticeKind.RETURN_RECEIVED)
    assert str(texts.EMPTY.title) in letter and str(texts.EMPTY.next_step) in letter
    assert "we look into it together with you" in letter and "Nothing is decided" in letter
    assert "You do not need to do anything" not in letter
    assert "We will write to you about your parcel by" in letter
    assert "1 × Linen shirt" in letter and "by our estimate" not in letter


def test_where_no_estimate_is_told_its_postage_and_fee_are_not_either(db):
    shop = Shop(automatic_up_to=None, fee=4, returns_postage=True)
    rma = all_of_it(shop)
    assert rma.estimated_postage and rma.estimated_fee
    open_parcel(shop.here(rma), {})
    letter = text(NoticeKind.RETURN_RECEIVED)
    assert "already taken off" not in letter and "This includes the" not in letter


def test_a_second_parcel_has_a_letter_of_its_own(shop):
    rma = shop.here(all_of_it(shop))
    open_parcel(rma, {"Linen shirt": 1}, key="first")
    first = latest(NoticeKind.RETURN_RECEIVED)
    open_parcel(rma, {"Beeswax candles": 2}, key="second")
    second = write(NoticeKind.RETURN_RECEIVED).text
    assert "- 2 × Beeswax candles\n" in second and "Everything is there." in second
    assert "- 1 × Linen shirt\n" not in second.partition("Everything is there")[0]
    assert letters.is_still_true(first)


# --- What the buyer gets ----------------------------------------------------------------------


def test_a_refund_is_told_with_the_amounts_that_add_up_and_when_it_is_sent(shop):
    rma = shop.decided()
    letter = write(NoticeKind.RETURN_RESOLVED)
    assert "You get 68.00 USD back" in letter.subject
    assert amounts(letter.text) == [
        ("1 × Linen shirt, Oat, size M", Decimal(68)),
        ("To your card", Decimal(68)),
    ]
    assert f"We will send the money by {promised(rma, PromiseKind.REFUND)}." in letter.text
    assert "3–5 working days" in letter.text and rma.number in letter.text


def test_postage_and_fee_are_rows_of_their_own(db):
    shop = Shop(automatic_up_to=None, fee=4, returns_postage=True)
    rma = all_of_it(shop)
    assert rma.estimated_postage and rma.estimated_fee
    shop.decided_of(rma)
    rows = amounts(text(NoticeKind.RETURN_RESOLVED))
    assert rows == [
        ("1 × Linen shirt", Decimal(68)),
        ("2 × Beeswax candles", Decimal(48)),
        ("The postage you paid when you ordered", Decimal(6)),
        ("Return postage, paid by you", Decimal(-4)),
        ("To your card", Decimal(118)),
    ]
    assert sum(amount for _, amount in rows[:-1]) == rows[-1][1]


@pytest.mark.parametrize(("more", "label"), [(5, "Added by us"), (-8, "Taken off")])
def test_what_the_desk_gives_more_or_less_is_said_with_its_words(shop, more, label):
    shop.decided(Award("refund", Decimal(68 + more), "card", "For the long wait.\nIeva"))
    letter = text(NoticeKind.RETURN_RESOLVED)
    rows = amounts(letter)
    assert rows[1] == (label, Decimal(more))
    assert sum(amount for _, amount in rows[:-1]) == rows[-1][1] == 68 + more
    assert "> For the long wait.\n> Ieva" in letter


def test_two_ways_add_up_together_and_each_has_its_promise(shop):
    rma = shop.decided(Award("refund", Decimal(40), "paypal"), Award("store_credit", Decimal(28)))
    letter = text(NoticeKind.RETURN_RESOLVED)
    assert amounts(letter) == [
        ("1 × Linen shirt, Oat, size M", Decimal(68)),
        ("Together", Decimal(68)),
        ("To your PayPal account", Decimal(40)),
        ("Credit for the shop", Decimal(28)),
    ]
    assert f"We will send the money by {promised(rma, PromiseKind.REFUND)}." in letter
    assert f"credit for the shop by {promised(rma, PromiseKind.CREDIT)}." in letter


def test_a_sum_that_stands_for_no_goods_is_told_without_a_table(shop):
    shop.decided(Award("exchange"), Award("part_refund", Decimal(5), "card", "For the trouble."))
    letter = text(NoticeKind.RETURN_RESOLVED)
    assert "We send you what you asked for instead." in letter
    assert "You get a part of your money back: 5.00 USD." in letter
    assert amounts(letter) == []


def test_what_was_found_and_what_goes_back_is_told_in_the_desks_words(shop):
    rma = shop.here(all_of_it(shop))
    counts = {"Linen shirt": 1, "Beeswax candles": 1}
    open_parcel(rma, counts, others=[("A grey sock", 1), ("A stone", 1)])
    lit = Finding("used", 0, words="It has been lit.")
    rma.inspect(
        {
            row.pk: Finding("as_new", 1) if row.line.title == "Linen shirt" else lit
            for row in rma.lines.select_related("line")
        },
        by=RULE,
    )
    sock = rma.surplus.get(title="A grey sock")
    rma.decide_surplus(sock, "return_to_customer", "With the candle.", by=WAREHOUSE)
    rma.resolve([Award("part_refund", rma.settlement().total)], by=WAREHOUSE)
    letter = text(NoticeKind.RETURN_RESOLVED)
    assert amounts(letter)[0] == ("1 × Linen shirt", Decimal(68))
    found, _, rest = letter.partition("What we found")[2].partition("What was not in the parcel")
    missing, _, rest = rest.partition("What was in it besides")
    besides = rest.partition("What it is about")[0]
    assert "Linen shirt" not in found
    assert "- 1 × Beeswax candles\n  How we found it: Used\n" in found
    assert "  We could not take it back.\n  It goes back to you.\n> It has been lit." in found
    assert "- 1 × Beeswax candles\n" in missing and "answer this mail" in missing
    assert "- 1 × A grey sock\n  It goes back to you.\n> With the candle." in besides
    assert "- 1 × A stone\n  We keep it safe until it is decided" in besides


def test_what_did_not_come_and_is_made_good_counts(shop):
    rma = shop.here(all_of_it(shop))
    open_parcel(rma, {"Linen shirt": 1})
    shirt, candles = rma.lines.order_by("pk")
    rma.inspect({shirt.pk: Finding("as_new", 1)}, by=RULE)
    waived = {candles.pk: 2}
    rma.resolve([Award("refund", rma.settlement(waived).total)], by=WAREHOUSE, waived=waived)
    letter = text(NoticeKind.RETURN_RESOLVED)
    assert amounts(letter)[1:] == [
        ("2 × Beeswax candles", Decimal(48)),
        ("To the way you paid", Decimal(116)),
    ]
    assert "it counts as if it had come" in letter and "has not reached us" not in letter


def test_nothing_to_give_is_told_with_the_reason_although_the_return_closes_at_once(shop):
    rma = shop.opened(shop.posted(), counts={})
    rma.inspect({}, by=RULE)
    rma.resolve([Award("none", words="The parcel was empty.")], by=WAREHOUSE)
    assert rma.status == "closed"
    assert letters.is_still_true(latest(NoticeKind.RETURN_RESOLVED))
    letter = text(NoticeKind.RETURN_RESOLVED)
    assert "> The parcel was empty." in letter and amounts(letter) == []
    assert "If you see it differently" in letter and "rights under the law" in letter
    assert "What happens next" not in letter


def test_a_refusal_of_money_never_takes_the_right_to_disagree(shop):
    shop.decided()
    assert "If you see it differently" in text(NoticeKind.RETURN_RESOLVED)


# --- Sent -------------------------------------------------------------------------------------

DAYS = {
    PaymentMethod.CARD: "up to 10",
    PaymentMethod.PAYPAL: "on the same day",
    PaymentMethod.ALIPAY: "within minutes",
    PaymentMethod.WECHAT: "within minutes",
    PaymentMethod.TRANSFER: "1–2 working days",
    PaymentMethod.ORIGINAL: "depends on how you paid",
}


@pytest.mark.parametrize("method", PaymentMethod)
def test_money_is_told_with_its_way_the_banks_days_and_the_reference(shop, method):
    row = shop.decided().resolutions.get()
    row.record_sent(by=WAREHOUSE, reference="R-118\nBcc: x", method=method)
    letter = write(NoticeKind.RETURN_SETTLED)
    assert letter.text.splitlines()[2] == "We sent 68.00 USD back to you."
    assert letter.subject.startswith("We sent 68.00 USD back")
    assert [amount for _, amount in amounts(letter.text)] == [Decimal(68)]
    assert DAYS[method] in letter.text and "usually" in letter.text
    assert "- Reference: R-118 Bcc: x\n" in letter.text
    assert "With this your return is finished." in letter.text


def test_what_is_still_to_come_is_told_with_its_promise(shop):
    rma = shop.decided(Award("refund", Decimal(40), "card"), Award("store_credit", Decimal(28)))
    money, credit = rma.resolutions.order_by("pk")
    money.record_sent(by=WAREHOUSE)
    first = text(NoticeKind.RETURN_SETTLED)
    assert "You get 28.00 USD of credit for the shop." in first
    assert promised(rma, PromiseKind.CREDIT) in first and "is finished" not in first
    credit.record_sent(by=WAREHOUSE)
    second = text(NoticeKind.RETURN_SETTLED)
    assert "We gave you 28.00 USD of credit for the shop." in second
    assert "bank" not in second and "With this your return is finished." in second


def test_new_goods_are_told_with_what_the_buyer_had_asked_for(shop):
    rma = ask(shop.order(), wish="exchange")
    ReturnAuthorization.objects.filter(pk=rma.pk).update(note="Size L, please")
    rma.refresh_from_db()
    rma.approve(by=RULE)
    rma.name_parcel("RR000000777GB", "royal-mail", by=BUYER)
    rma = shop.inspected(rma)
    rma.resolve([Award("exchange")], by=WAREHOUSE)
    assert f"new goods by {promised(rma, PromiseKind.GOODS)}." in text(NoticeKind.RETURN_RESOLVED)
    rma.resolutions.get().record_sent(by=WAREHOUSE, reference="RB123456785GB")
    for kind in (NoticeKind.RETURN_RESOLVED, NoticeKind.RETURN_SETTLED):
        assert "> Size L, please" in text(kind)
    letter = write(NoticeKind.RETURN_SETTLED)
    assert "is on its way to you" in letter.subject
    assert "We sent you what you asked for instead." in letter.text
    assert "Tracking number: RB123456785GB" in letter.text and "bank" not in letter.text


# --- The letters before it ----------------------------------------------------------------------


def test_the_number_is_asked_for_on_the_page_and_may_still_come_by_mail(shop):
    shop.approved()
    shop.reminder()
    for kind in (NoticeKind.RETURN_APPROVED, NoticeKind.RETURN_REMINDER):
        letter = text(kind)
        assert "the number on the receipt, or a photo of it, on the page of your return" in letter
        assert "answer this mail with the number" in letter


def test_who_posted_it_too_late_is_told_that_nothing_is_lost(shop):
    shop.expired()
    letter = text(NoticeKind.RETURN_EXPIRED)
    assert "If you did post it, nothing is lost: give us the number on the receipt" in letter
    assert "What reaches us is taken in all the same." in letter


def test_a_return_that_is_opened_again_asks_nobody_to_post_what_is_posted(shop):
    rma = posted_too_late(shop)
    rma.extend(timezone.now() + timedelta(days=5), by=WAREHOUSE)
    letter = write(NoticeKind.RETURN_APPROVED)
    assert letter.subject == f"Your return {rma.number} is open again"
    assert f"We have the number of your parcel, {rma.shipments.get().number}." in letter.text
    assert "How to pack it" not in letter.text and "please post" not in letter.text
    assert f"again by {promised(rma, PromiseKind.UPDATE)}" in letter.text


# --- Still true? --------------------------------------------------------------------------------


def correct(rma: ReturnAuthorization) -> None:
    rma.name_parcel("RB103456786GB", "royal-mail", by=BUYER)


def arrive(rma: ReturnAuthorization) -> None:
    report(rma, Milestone.DELIVERED)


def inspect(rma: ReturnAuthorization) -> None:
    rma.inspect({row.pk: Finding("as_new", row.received) for row in rma.lines.all()}, by=RULE)


def resolve(rma: ReturnAuthorization) -> None:
    inspect(rma)
    rma.resolve([Award("refund", rma.settlement().total)], by=WAREHOUSE)


def send(rma: ReturnAuthorization) -> None:
    rma.resolutions.get().record_sent(by=WAREHOUSE)


# The letter, how it comes to be written, what happens before it leaves, and is it news then?
TRUTHS = [
    (Shop.scanned, lambda rma: None, True),
    (Shop.scanned, arrive, False),
    (Shop.scanned, open_parcel, False),
    (Shop.scanned, correct, False),
    (Shop.scanned, lambda rma: rma.cancel(by=WAREHOUSE), False),
    (Shop.return_update, lambda rma: None, True),
    (Shop.return_update, arrive, False),
    (Shop.return_update, open_parcel, False),
    (Shop.return_update, lambda rma: rma.cancel(by=BUYER), False),
    (Shop.arrived, lambda rma: None, True),
    (Shop.arrived, lambda rma: rma.cancel(by=WAREHOUSE), True),
    (Shop.arrived, open_parcel, False),
    (Shop.arrived, correct, False),
    (Shop.received, lambda rma: None, True),
    (Shop.received, inspect, True),
    (Shop.received, resolve, False),
    (Shop.received, lambda rma: rma.undo_receipt(by=WAREHOUSE), False),
    (Shop.resolved, lambda rma: None, True),
    (Shop.resolved, send, False),
    (Shop.settled, lambda rma: None, True),
    (Shop.reminder, lambda rma: None, True),
    (Shop.reminder, correct, False),
    (Shop.reminder, lambda rma: rma.say_posted(by=BUYER), False),
    (Shop.expired, lambda rma: None, True),
    (Shop.expired, correct, False),
]


@pytest.mark.parametrize(("letter", "meanwhile", "news"), TRUTHS)
def test_stale_news_are_not_sent(shop, letter, meanwhile, news):
    notice = letter(shop)
    meanwhile(ReturnAuthorization.objects.get(pk=notice.authorization_id))
    assert letters.is_still_true(Notice.objects.get(pk=notice.pk)) is news


def test_a_receipt_that_was_undone_and_made_again_is_told_once(shop):
    rma = shop.opened()
    undone = latest(NoticeKind.RETURN_RECEIVED)
    rma.undo_receipt(by=WAREHOUSE)
    open_parcel(rma, key="again")
    assert not letters.is_still_true(Notice.objects.get(pk=undone.pk))
    assert letters.is_still_true(latest(NoticeKind.RETURN_RECEIVED))


def test_while_one_of_two_is_still_to_be_sent_the_decision_is_news(shop):
    rma = shop.decided(Award("refund", Decimal(40)), Award("store_credit", Decimal(28)))
    rma.resolutions.get(kind="refund").record_sent(by=WAREHOUSE)
    assert letters.is_still_true(latest(NoticeKind.RETURN_RESOLVED))
    assert "We sent 40.00 USD back to you." in text(NoticeKind.RETURN_RESOLVED)


# --- Rules for all of them ----------------------------------------------------------------------


def test_no_letter_is_written_of_what_did_not_happen(shop):
    rma = shop.inspected()
    with pytest.raises(TooMuch):
        rma.resolve([Award("refund", Decimal(1000))], by=WAREHOUSE)
    assert not Notice.objects.filter(kind=NoticeKind.RETURN_RESOLVED).exists()
    other = shop.here()

    class Broken(Exception):
        pass

    def breaks_afterwards() -> None:
        with transaction.atomic():
            other.receive(Found({row.pk: 1 for row in other.lines.all()}), by=WAREHOUSE, key="k")
            raise Broken

    with pytest.raises(Broken):
        breaks_afterwards()
    written = Notice.objects.filter(kind=NoticeKind.RETURN_RECEIVED, authorization=other)
    assert not written.exists()


def test_whatever_the_desk_and_carriers_write_stays_words(shop):
    rma = all_of_it(shop)
    rma.order.lines.update(title=EVIL)
    report(rma, Milestone.UNKNOWN, EVIL, words=EVIL)
    rma = report(rma, Milestone.ACCEPTED, EVIL, at=timezone.now() + timedelta(seconds=1))
    keep_promise(rma)
    rma = report(rma, Milestone.DELIVERED, EVIL, at=timezone.now() + timedelta(seconds=2))
    rows = list(rma.lines.all())
    rma.receive(Found({row.pk: 1 for row in rows}, [(EVIL, 1)]), by=WAREHOUSE, key="k")
    rma.inspect({row.pk: Finding("used", 0, words=EVIL) for row in rows}, by=RULE)
    rma.decide_surplus(rma.surplus.get(), "destroy", EVIL, by=WAREHOUSE)
    rma.resolve([Award("repair", Decimal(1), "card", EVIL)], by=WAREHOUSE)
    rma.resolutions.get().record_sent(by=WAREHOUSE, reference=EVIL)
    kinds = set()
    for notice in Notice.objects.filter(authorization=rma):
        letter = letters.write(Notice.objects.get(pk=notice.pk))
        assert EVIL in letter.text and EVIL not in letter.html, notice.kind
        kinds.add(notice.kind)
    assert kinds >= OF_PARCELS_BACK


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_each_of_these_letters_is_whole_in_both_languages(db, language):
    """Every turn that they can take, with nothing left open and nothing left in English."""
    shop = Shop(language, automatic_up_to=None)
    report(shop.on_its_way(), Milestone.CUSTOMS, at=timezone.now() + timedelta(seconds=1))
    late = shop.posted()
    named_days_ago(late, 3)
    keep_promise(late, timedelta(hours=3))
    keep_promise(without_a_number(shop))
    report(posted_too_late(shop), Milestone.DELIVERED)
    parts = shop.here(all_of_it(shop))
    open_parcel(parts, {"Linen shirt": 1}, others=[("LP", 1)], grams=90)
    shirt = parts.lines.order_by("pk").first()
    parts.inspect({shirt.pk: Finding("damaged", 0, rejected_to="destroy")}, by=RULE)
    parts.resolve([Award("none")], by=WAREHOUSE)
    open_parcel(shop.here(all_of_it(shop)), {})
    both = shop.decided(Award("refund", Decimal(30)), Award("store_credit", Decimal(20)))
    for row in both.resolutions.all():
        row.record_sent(by=WAREHOUSE, reference="77")
    goods = shop.decided(Award("replacement"), Award("repair", Decimal(5), "alipay"))
    for row in goods.resolutions.all():
        row.record_sent(by=WAREHOUSE)
    written = Notice.objects.filter(authorization__isnull=False)
    for notice in written:
        letter = letters.write(notice)
        whole = letter.subject + "\n" + letter.text
        assert len(letter.subject) <= 70
        assert not re.search(r"[{}]|\bNone\b|%\(", whole), notice.kind
        if language != "en" and notice.kind in OF_PARCELS_BACK:
            link = r"\S+://\S+"
            english = re.findall(r"[a-z]+ [a-z]+ [a-z]+", re.sub(link, "", whole))
            assert english == [], (notice.kind, english)
    assert {row.kind for row in written} >= OF_PARCELS_BACK


def test_a_letter_costs_the_same_for_one_and_for_six_lines(db):
    counts = []
    for number in (1, 6):
        shop = Shop(automatic_up_to=None)
        goods = tuple((f"Thing {n}", "10.00", 1) for n in range(number))
        order = people.place_order(shop.store, f"JP-{number}", goods)
        wanted = [Wanted(line.pk, 1, "fit") for line in order.lines.all()]
        rma = order.request_return(wanted, by=BUYER, key="f")
        rma.approve(by=RULE)
        rma.name_parcel(f"RR{number:09d}GB", "royal-mail", by=BUYER)
        shop.decided_of(rma)
        for kind in (NoticeKind.RETURN_RECEIVED, NoticeKind.RETURN_RESOLVED):
            notice = latest(kind)
            with CaptureQueriesContext(connection) as queries:
                letters.write(notice)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


def test_money_reads_as_money_in_chinese(db):
    shop = Shop("zh-hans", automatic_up_to=None)
    shop.decided()
    with translation.override("zh-hans"):
        amount = formats.money(68, "USD")
    assert text(NoticeKind.RETURN_RESOLVED).count(amount) >= 3
