"""The letters about an address: is it right, was it you, and what became of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from returns import address_texts, formats, letters
from returns.letters.sms import segments
from returns.models import (
    BUYER,
    Actor,
    AddressChange,
    ChangeStatus,
    ChannelAccount,
    ContactPoint,
    InterceptionRule,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    ShortLink,
    Store,
)
from returns.models.event import ActorKind
from returns.quiet import LEAD
from returns.urgency import URGENCY, Urgency
from tests.people import open_store, place_order, ship
from tests.post_office import send_due
from tests.returns.correspondence import BATH, Shop
from tests.returns.test_address_changes import again, free_of_charge, redirect, with_gateway, work
from tests.returns.test_update_letters import both
from tracking.gateways import Aim, Failure
from tracking.models import Interception

pytestmark = pytest.mark.django_db

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-hans"])
DESK = Actor(ActorKind.STAFF)
NUMBER = "+447700900123"
FEE = Decimal("15.00")


@pytest.fixture
def store(db) -> Store:
    return open_store()


def on_the_road(store: Store, **values) -> tuple[Order, AddressChange]:
    """Sarah asks to have her parcel sent to Bath, for 15 dollars."""
    InterceptionRule.objects.get_or_create(store=store, defaults={"fee": FEE})
    order = place_order(store, shipped=False, **values)
    shipment = ship(order)
    return order, redirect(order, shipment, agreed_fee=FEE)


def the(kind: str, **values) -> Notice:
    return Notice.objects.filter(kind=kind, **values).latest("pk")


def told(**values) -> letters.Letter:
    return letters.write(the(NoticeKind.ADDRESS_NEWS, **values))


def put(change: AddressChange, status: str, **values) -> AddressChange:
    """As the worker leaves it, with the letter of this state."""
    change = AddressChange.objects.get(pk=change.pk)
    change.order = change.order.locked()
    for name, value in values.items():
        setattr(change, name, value)
    change._move(status, DESK, timezone.now())
    return change


# --- Was it you? --------------------------------------------------------------------------------


@pytest.mark.parametrize("shop", ["contact", ""], ids=["with an address of the shop", "without"])
def test_the_trusted_contact_reads_all_and_can_stop_it(store, shop):
    store.contact_email = "hello@juniper.example" if shop else ""
    store.save()
    order, change = on_the_road(store)
    letter = letters.write(the(NoticeKind.ADDRESS_ASKED))
    for text in both(letter):
        for words in (
            "We were asked to send your parcel elsewhere.",
            "with a code that we had sent to the contact on the order",
            "8 Chapel Row",
            "BA1 1HN",
            "You pay 15.00 USD, and only if it works.",
            "If you asked for this, you do not need to do anything.",
            "If it was not you, stop it at once with the button below",
            "Before it is stopped, we email you a code",
        ):
            assert words in text
        assert ("hello@juniper.example" in text) == bool(shop)
    [link] = ShortLink.objects.filter(order=order)
    assert link.path == f"address/changes/{change.pk}/"


def test_whoever_else_is_written_to_sees_neither_the_address_nor_a_link(store):
    order = place_order(
        store,
        shipped=False,
        email="new@example.com",
        previous_email="old@example.com",
        contact_changed_at=timezone.now() - timedelta(hours=1),
    )
    change = order.change_address(Aim.REDIRECT, after=BATH, key="form", by=BUYER)
    trusted = the(NoticeKind.ADDRESS_ASKED, recipient="old@example.com")
    other = the(NoticeKind.ADDRESS_ASKED, recipient="new@example.com")
    assert change.told == trusted
    letter = letters.write(other)
    for text in both(letter):
        assert "Sarah W•••, Bath, United Kingdom" in text
        assert "Chapel Row" not in text and "BA1" not in text and "Whitcombe" not in text
        assert "answer this mail at once, or write to hello@juniper.example" in text
        assert "://" not in text and "button" not in text
    assert not ShortLink.objects.exists()
    assert "://" not in letters.preview(other).text
    assert "8 Chapel Row" in letters.write(trusted).text
    assert "We will" not in letters.write(trusted).text, "our word was given to the buyer"


def test_it_is_an_email_and_leaves_at_once_at_any_hour(store):
    ChannelAccount.objects.create(store=store, provider="demo")
    ContactPoint.objects.agree(store, "sms", NUMBER, source="the form")
    Store.objects.update(quiet_from="00:00", quiet_until="23:59")
    _order, change = on_the_road(store)
    send_due(timezone.now())
    notice = the(NoticeKind.ADDRESS_ASKED)
    assert (notice.channel, notice.state) == ("email", "done")
    assert again(change).told == notice


def test_what_the_desk_took_down_is_told_with_how_we_made_sure(store):
    order = place_order(store, shipped=False)
    order.change_address(Aim.REDIRECT, after=BATH, key="desk", by=DESK, verified_how="called_back")
    text = letters.write(the(NoticeKind.ADDRESS_ASKED)).text
    assert "a person of us wrote it down. Before that, we made sure who was asking." in text
    assert "with a code" not in text.partition("If it was not you")[0]


@LANGUAGES
@pytest.mark.parametrize("aim", [Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE])
def test_every_wish_has_its_words(store, aim, language):
    free_of_charge(place_order(store, "JP-0"))
    order = place_order(store, shipped=False, language=language)
    shipment = ship(order, carrier="dhl")
    day = timezone.localdate() + timedelta(days=3)
    change = order.change_address(
        aim, shipment=shipment, key="form", by=BUYER, on=day if aim == Aim.RESCHEDULE else None
    )
    asked = letters.write(the(NoticeKind.ADDRESS_ASKED))
    put(change, ChangeStatus.FAILED, failure=Failure.REFUSED)
    for letter in (asked, told()):
        for text in both(letter):
            assert not set("{}") & set(text) and "None" not in text and "%(" not in text
            assert "Bath" not in text
    with letters.speaking(language, order.where):
        when = formats.day(day)
    assert (when in asked.text) == (aim == Aim.RESCHEDULE)


# --- What became of it --------------------------------------------------------------------------


def test_it_worked_and_what_it_costs_now(store):
    order, change = on_the_road(store)
    with_gateway(order)
    work()
    assert not Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).exists(), "the page tells that"
    Interception.objects.stir(timezone.now())
    work()
    change = again(change)
    assert change.status == ChangeStatus.ACCEPTED
    accepted = told()
    assert "You pay 15.00 USD, and only if it works." in accepted.text
    change = put(change, ChangeStatus.SUCCEEDED)
    for text in both(told()):
        assert address_texts.heading(change, carrier="royal-mail") in text
        assert "You pay 15.00 USD, as agreed." in text
        assert "The shop takes it now that it worked." in text
        assert "you asked us to have it sent to another address: Sarah W•••, Bath" in text
        assert "Chapel Row" not in text, "news may be forwarded, or go to a new contact"
        assert "We will write to you again by " in text
    assert ShortLink.objects.latest("pk").path == f"address/changes/{change.pk}/"


def test_what_the_shop_has_taken_is_not_taken_now(store):
    _order, change = on_the_road(store)
    put(change, ChangeStatus.SUCCEEDED).note_charged(by=DESK)
    assert "The shop takes it" not in told().text


@LANGUAGES
@pytest.mark.parametrize("failure", [*Failure, "shipped", "shop_changed"])
def test_it_did_not_work_and_why_and_what_instead(store, failure, language):
    _order, change = on_the_road(store, language=language)
    change = put(change, ChangeStatus.FAILED, failure=failure)
    for text in both(told()):
        with translation.override(language):
            following = address_texts.following(change, carrier="royal-mail", promise_when=None)
        assert all(" ".join(words.split()) in " ".join(text.split()) for words in following)
        assert "15.00" not in text, "nothing is owed"
        assert not set("{}") & set(text) and "None" not in text


@LANGUAGES
def test_what_a_person_declined_is_told_in_that_persons_words(store, language):
    store.address_desk_from = 1
    store.save()
    _order, change = on_the_road(store, language=language)
    words = "The street does not exist in Bath.\nPlease look again."
    assert change.decline(words, by=DESK)
    letter = told()
    assert "> The street does not exist in Bath.\n> Please look again." in letter.text
    assert "The street does not exist in Bath.<br>Please look again." in letter.html
    assert "15.00" not in letter.text


def test_what_the_desk_writes_stays_words(store):
    store.address_desk_from = 1
    store.save()
    _order, change = on_the_road(store)
    change.decline("<script>alert(1)</script>", by=DESK)
    letter = told()
    assert "<script" not in letter.html and "<script>" in letter.text


def test_withdrawn_is_told_and_costs_nothing(store):
    _order, change = on_the_road(store)
    put(change, ChangeStatus.WITHDRAWN)
    text = told().text
    assert "The change was stopped." in text and "You pay nothing." in text


@LANGUAGES
def test_without_an_answer_it_says_where_each_request_stands(store, language):
    order, change = on_the_road(store, language=language)
    with_gateway(order, answer="sent")
    work()
    promise = Promise.objects.open().get(kind=PromiseKind.ADDRESS)
    Promise.objects.come_due(promise.due_at - LEAD)
    letter = told()
    assert ShortLink.objects.latest("pk").path == f"address/changes/{change.pk}/"
    with translation.override(language):
        heading = address_texts.heading(again(change), carrier="royal-mail")
    for text in both(letter):
        assert heading in text
        assert not set("{}") & set(text) and "None" not in text


def test_where_nobody_knows_whether_it_arrived_a_person_is_finding_out(store):
    order, _change = on_the_road(store)
    with_gateway(order, answer="sent")
    work()
    Interception.objects.update(is_uncertain=True)
    promise = Promise.objects.open().get(kind=PromiseKind.ADDRESS)
    Promise.objects.come_due(promise.due_at - LEAD)
    assert "One of us is finding out" in told().text


# --- What is no news any more -------------------------------------------------------------------


def test_a_yes_that_has_ended_already_is_not_told(store):
    _order, change = on_the_road(store)
    put(change, ChangeStatus.ACCEPTED)
    put(change, ChangeStatus.FAILED, failure=Failure.TOO_LATE)
    send_due(timezone.now())
    rows = Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).order_by("pk")
    assert [(row.facts["status"], row.state) for row in rows] == [
        ("accepted", "dropped"),
        ("failed", "done"),
    ]


def test_each_state_is_told_once(store):
    _order, change = on_the_road(store)
    put(change, ChangeStatus.ACCEPTED)
    put(change, ChangeStatus.ACCEPTED)
    assert Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS).count() == 1


def test_that_somebody_asked_is_told_even_when_it_was_stopped_at_once(store):
    order = place_order(store, shipped=False)
    change = order.change_address(Aim.REDIRECT, after=BATH, key="form", by=BUYER)
    change.withdraw(by=BUYER)
    send_due(timezone.now())
    asked = the(NoticeKind.ADDRESS_ASKED)
    assert asked.state == "done" and "The change was stopped." in asked.text


def test_news_waits_for_the_morning_and_for_nothing_else(store):
    _order, change = on_the_road(store)
    put(change, ChangeStatus.ACCEPTED)
    ContactPoint.objects.admit(store.pk, "sarah@example.com", timezone.now())
    send_due(timezone.now())
    assert the(NoticeKind.ADDRESS_NEWS).state == "done", "it needs no pause after another mail"
    put(change, ChangeStatus.SUCCEEDED)
    Store.objects.update(quiet_from="00:00", quiet_until="23:59")
    send_due(timezone.now())
    waiting = the(NoticeKind.ADDRESS_NEWS)
    assert (waiting.state, waiting.attempts) == ("due", 0)
    assert waiting.due_at > timezone.now()


# --- Over SMS -----------------------------------------------------------------------------------


@pytest.fixture
def texting(store) -> Store:
    ChannelAccount.objects.create(store=store, provider="demo")
    ContactPoint.objects.agree(store, "sms", NUMBER, source="the form")
    return store


@LANGUAGES
@pytest.mark.parametrize(
    "status",
    [ChangeStatus.ACCEPTED, ChangeStatus.SUCCEEDED, ChangeStatus.FAILED, ChangeStatus.WITHDRAWN],
)
def test_a_text_message_tells_the_same_in_two_segments(texting, language, status):
    _order, change = on_the_road(texting, language=language)
    change = put(change, status, failure=Failure.TOO_LATE if status == "failed" else "")
    [sent] = [row for row in send_due(timezone.now()) if row.kind == NoticeKind.ADDRESS_NEWS]
    assert sent.channel == "sms" and segments(sent.text.replace("…", "c" * 27)) <= 2
    with translation.override(language):
        heading = address_texts.heading(change, carrier="royal-mail")
        amount = formats.money(FEE, "USD")
    assert heading in sent.text and "/k/…" in sent.text
    pays = amount if status in ("accepted", "succeeded") else ("nothing", "不用付")
    assert any(words in sent.text for words in ([pays] if isinstance(pays, str) else pays))


def test_the_question_by_text_message_shows_the_address(texting):
    notice = Shop().is_it_right()
    notice.channel = "sms"
    text = letters.preview(notice).short
    assert "12 Harbour Lane" in text and "confirm it here, or change it" in text
    assert segments(text) <= 2


# --- Is it right? -------------------------------------------------------------------------------


@LANGUAGES
def test_the_question_shows_the_label_and_every_doubt_with_its_suggestion(language):
    notice = Shop(language).is_it_right(
        street="Elm Street", city="Los Angeles", region="CA", postcode="10001", country="US"
    )
    notice.order.refresh_from_db()
    with letters.speaking(language, notice.order.where):
        found = letters.facts_of(notice, "", {})["doubts"]
    assert {doubt.code for doubt in found} >= {"number", "postcode_region"}
    for text in both(letters.write(notice)):
        lines = ("Elm Street", "Los Angeles")
        for words in (*lines, *(doubt.words for doubt in found)):
            assert words in text
        for doubt in found:
            assert not doubt.instead or doubt.instead in text


def test_it_says_that_nothing_waits_for_the_answer():
    for text in both(letters.write(Shop().is_it_right())):
        assert "Your order does not wait for an answer." in text
        assert "This looks odd to us" not in text
        assert "We will hand your order to the carrier" not in text  # nothing was promised
    link = ShortLink.objects.latest("pk")
    assert link.path == "address/confirm/"


def test_only_what_was_odd_when_we_asked_is_told(store):
    shop = Shop()
    notice = shop.is_it_right()
    Order.objects.filter(pk=notice.order_id).update(phone="12")
    assert "odd" not in letters.write(the(NoticeKind.ADDRESS_QUESTION)).text


def test_urgencies_are_as_they_should_be():
    assert URGENCY[NoticeKind.ADDRESS_ASKED] == Urgency.REQUIRED
    assert URGENCY[NoticeKind.ADDRESS_NEWS] == Urgency.SOON
    assert URGENCY[NoticeKind.ADDRESS_QUESTION] == Urgency.ROUTINE
