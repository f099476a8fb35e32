"""What buyers read about changes of address: every code in words, in both languages."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product

import pytest
from django.utils import timezone, translation

from returns import address_texts, texts
from returns.address_policy import (
    AGAIN,
    Instead,
    Obstacle,
    Offer,
    Offers,
    Payer,
    Stage,
    Why,
)
from returns.address_states import OPEN, WhyNot
from returns.models import AddressChange, ChangeStatus, Event, EventKind, Shipment
from returns.models.event import ActorKind
from tracking.carriers import CARRIERS
from tracking.gateways import Aim, Failure
from tracking.interceptions import InterceptionStatus
from tracking.models import Interception, Parcel

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-hans"])
JARGON = re.compile(
    r"\b(RMA|shipment|submit|invalid|initiate|exception|fraud|intercept\w*)\b|欺诈|拦截",
    re.IGNORECASE,
)
HANZI = re.compile(r"[一-鿿]")
ALL_AIMS = [*Aim, AGAIN]
ALL_FAILURES = [*Failure, *WhyNot]
NAMES = ["", "dhl", "correos", "Speedy Pigeons of the Outer Hebrides & Sons", *CARRIERS]


def is_well_said(text: str, language: str) -> bool:
    """Whole, in its language, without placeholders and words of the trade."""
    if language == "zh-hans" and not HANZI.search(text):
        return False
    begins_small = language == "en" and re.search(r"(^|[.?!] )[a-z]", text)
    return bool(text.strip()) and not (
        set(text) & set("{}%") or JARGON.search(text) or begins_small
    )


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (address_texts.AIM_TITLES, ALL_AIMS),
        (address_texts.BUTTONS, ALL_AIMS),
        (address_texts.SHIPPED, ALL_AIMS),
        (address_texts.WHY_NOT, Obstacle),
        (address_texts.INSTEAD, Instead),
        (address_texts.WHY_DESK, Why),
        (address_texts.FAILURES, ALL_FAILURES),
    ],
    ids=["titles", "buttons", "headings", "obstacles", "instead", "why a person", "failures"],
)
def test_each_code_has_its_words_and_no_words_are_left_over(table, codes):
    assert {str(code) for code in table} == {str(code) for code in codes}


@LANGUAGES
@pytest.mark.parametrize("carrier", ["", "sf", "Speedy Pigeons"])
def test_every_sentence_is_whole_in_both_languages(carrier, language):
    with translation.override(language):
        spoken = [str(words) for words in address_texts.AIM_TITLES.values()]
        spoken += [str(words) for words in address_texts.BUTTONS.values()]
        spoken += [address_texts.why_not(code, carrier=carrier) for code in Obstacle]
        spoken += [address_texts.why_desk(code) for code in Why]
        spoken += [address_texts.failure(code, carrier=carrier) for code in ALL_FAILURES]
        for code in Instead:
            text = address_texts.instead(code, carrier=carrier, country="CN")
            spoken += [text.title, text.sentence]
        assert [text for text in spoken if not is_well_said(text, language)] == []
        assert [text for text in spoken if len(text) > 210] == []


def test_a_carrier_has_its_name_and_one_that_nobody_knows_is_the_carrier():
    why = Obstacle.ONCE_ONLY
    assert address_texts.why_not(why, carrier="dhl").startswith("DHL Express does this only once")
    assert address_texts.why_not(why, carrier="").startswith("The carrier does this only once")
    assert "calls the carrier" in " ".join(told(replace(PAID, by_phone=True), carrier=""))
    with translation.override("zh-hans"):
        assert address_texts.why_not(why, carrier="ups").startswith("UPS 对一个包裹只办一次")


def test_every_obstacle_says_what_may_be_done_instead_or_when():
    helps = re.compile(r"write to us|tell us|you can|we can|until|once|mostly|you find", re.I)
    for code in Obstacle:
        words = address_texts.why_not(code, carrier="ups")
        assert helps.search(words), words
        assert len(re.findall(r"[.!?](?: |$)", words)) <= 2, words


# --- Terms --------------------------------------------------------------------------------------

PAID = Offer(
    Aim.REDIRECT,
    payer=Payer.BUYER,
    fee=Decimal("15.00"),
    currency="USD",
    days=(1, 3),
    while_at=frozenset({"in_transit"}),
)


def told(offer: Offer, *, carrier: str = "ups", until: date | None = None) -> tuple[str, ...]:
    return address_texts.terms(offer, carrier=carrier, until=until)


def test_the_terms_of_another_address_are_told_in_the_order_in_which_one_asks():
    offer = replace(PAID, chance=78, not_served=("99", "PR", "GU"), why_desk=Why.VALUE)
    assert told(offer, until=date(timezone.localdate().year, 11, 24))[:3] == (
        "You pay 15.00 USD, and only if it works.",
        "It takes 1–3 days more.",
        "The new address has to be in the same country.",
    )
    rest = told(offer, until=date(timezone.localdate().year, 11, 24))[3:]
    assert rest[0] == "UPS does not bring it to these areas: 99, PR and GU."
    assert "until it is out for delivery, most likely on " in rest[1]
    assert "24 November" in rest[1]
    assert rest[2:] == (
        "One of us looks at it first, as with every order of this value.",
        "It worked for about 8 of 10 parcels so far.",
    )


def test_the_terms_in_chinese():
    with translation.override("zh-hans"):
        assert told(PAID)[0] == "你付 15.00 美元，成功才收费。"
        assert address_texts.short_terms(PAID) == (
            "你付 15.00 美元，成功才收费；晚 1–3 天到，只限同一个国家"
        )
        assert told(replace(PAID, days=(2, 2)))[1] == "会晚 2 天到。"


@pytest.mark.parametrize(
    ("offer", "line"),
    [
        (PAID, "You pay 15.00 USD, only if it works; 1–3 days more, same country only"),
        (
            replace(PAID, payer=Payer.STORE, fee=Decimal(0), days=(1, 1)),
            "We pay; 1 day more, same country only",
        ),
        (replace(PAID, fee=Decimal(0), days=None, aim=Aim.RETURN), None),
        (Offer(Aim.HOLD), "We pay"),
        (Offer(Aim.REDIRECT, at_once=True), "Free, at once, until it leaves us"),
    ],
)
def test_a_row_of_actions_tells_its_terms_in_one_line(offer, line):
    line = line or "You pay nothing yet: we ask first what it costs"
    assert address_texts.short_terms(offer) == line
    assert len(line) < 75


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (None, ""),
        ((0, 0), ""),
        ((1, 1), "It takes 1 day more."),
        ((0, 2), "It takes 0–2 days more."),
        ((3, 1), "It takes 1–3 days more."),
    ],
)
def test_days_that_it_takes_longer(days, words):
    assert [line for line in told(replace(PAID, days=days)) if "more." in line] == (
        [words] if words else []
    )


@pytest.mark.parametrize(
    ("percent", "words"),
    [
        (None, "UPS cannot promise it."),
        (0, "It hardly ever worked so far."),
        (4, "It hardly ever worked so far."),
        (5, "It worked for about 1 of 10 parcels so far."),
        (84, "It worked for about 8 of 10 parcels so far."),
        (94, "It worked for about 9 of 10 parcels so far."),
        (95, "It worked for nearly every parcel so far."),
        (100, "It worked for nearly every parcel so far."),
    ],
)
def test_the_chance_in_words_promises_nothing(percent, words):
    assert told(replace(PAID, chance=percent))[-1] == words


def test_what_nobody_knows_is_not_said_to_be_free_and_not_looked_at_twice():
    lines = told(replace(PAID, fee=Decimal(0), why_desk=Why.FEE))
    assert lines[0].startswith("You pay nothing yet: first we find out what UPS asks for it.")
    assert not [line for line in lines if "One of us looks" in line]


def test_until_when_depends_on_what_the_carrier_takes():
    assert "It is possible until UPS first tries to deliver." in told(
        replace(PAID, until_attempt=True), until=date(2026, 11, 24)
    )
    assert "It is possible until it is out for delivery." in told(PAID)
    unshipped = told(Offer(Aim.REDIRECT, at_once=True), carrier="")
    assert unshipped[0] == "Free, and done at once: it has not left us yet."
    assert "It is possible until it leaves us." in unshipped
    assert not [line for line in unshipped if "promise" in line]


def test_prices_stage_by_stage_with_the_present_one_marked():
    def shown(stage: Stage, offer: Offer) -> list[tuple[str, bool]]:
        rows = address_texts.stage_rows(Offers(stage, {Aim.REDIRECT: offer}))
        return [(row.price, row.is_now) for row in rows]

    assert shown(Stage.UNSHIPPED, Offer(Aim.REDIRECT, at_once=True)) == [
        ("Free", True),
        ("We can ask the carrier", False),
        ("Too late", False),
    ]
    assert shown(Stage.ON_THE_WAY, PAID)[1] == ("15.00 USD", True)
    assert shown(Stage.ON_THE_WAY, replace(PAID, fee=Decimal(0)))[1][0] == "We ask what it costs"
    assert shown(Stage.ON_THE_WAY, Offer(Aim.REDIRECT))[1] == ("We pay", True)
    assert shown(Stage.ON_THE_WAY, Offer(Aim.REDIRECT, Obstacle.NOT_SERVED))[1][0] == "Not possible"
    assert shown(Stage.ATTEMPTED, Offer(Aim.REDIRECT, Obstacle.ATTEMPTED))[2] == ("Too late", True)
    assert shown(Stage.LAST_LEG, PAID)[2] == ("15.00 USD", True)
    for stage in (Stage.DELIVERED, Stage.TURNED, Stage.CANCELLED):
        assert shown(stage, PAID) == []


@pytest.mark.parametrize(
    ("carrier", "country", "phone"),
    [
        ("ups", "US", "+1 800 742 5877"),
        ("ups", "GB", ""),
        ("sf", "CN", "95338"),
        ("", "US", ""),
        ("ups", "", ""),
    ],
)
def test_a_number_to_call_is_named_where_it_can_be_reached(carrier, country, phone):
    text = address_texts.instead(Instead.CALL_CARRIER, carrier=carrier, country=country)
    assert text.title == ("Call the carrier" if not carrier else f"Call {CARRIERS[carrier]}")
    assert (phone or "Ask there") in text.sentence


# --- What became of it --------------------------------------------------------------------------


def a_change(status: str = "sent", aim: str = Aim.REDIRECT, **values) -> AddressChange:
    """In memory only. by_phone, is_uncertain, must_call: of the request; is_back: the parcel."""
    asked = {name: values.pop(name, False) for name in ("is_uncertain", "must_call", "by_phone")}
    is_back, was_shipped = values.pop("is_back", False), values.pop("was_shipped", True)
    change = AddressChange(
        status=status, aim=aim, was_shipped=was_shipped, payer=Payer.STORE, currency="USD"
    )
    for name, value in values.items():
        setattr(change, name, value)
    if was_shipped:
        parcel = Parcel(carrier="dhl", milestone="returned" if is_back else "in_transit")
        change.shipment = Shipment(parcel=parcel)
    if was_shipped and status != ChangeStatus.WAITING and aim != AGAIN:
        change.interception = Interception(
            gateway_id=None if asked.pop("by_phone") else 1,
            status=InterceptionStatus.SENT,
            is_uncertain=asked["is_uncertain"],
            must_call=asked["must_call"],
        )
    return change


def every_change() -> list[AddressChange]:
    found = []
    flags = [{}, {"by_phone": True}, {"is_uncertain": True}, {"must_call": True}]
    flags += [{"withdraw_wanted_at": datetime(2026, 11, 22, tzinfo=UTC)}, {"is_back": True}]
    flags += [{"started_at": datetime(2026, 11, 22, tzinfo=UTC)}, {"must_act": True}]
    money = [{}, {"payer": Payer.BUYER}, {"payer": Payer.BUYER, "fee": Decimal("15.00")}]
    for status, aim, flag, paid in product(ChangeStatus, ALL_AIMS, flags, money):
        more = {"why_desk": Why.VALUE, "on": date(2026, 11, 24)} | flag | paid
        found.append(a_change(status, aim, **more))
        if aim == Aim.REDIRECT:
            found.append(a_change(status, aim, was_shipped=False, **more))
    for failure, aim in product(["", *ALL_FAILURES], ALL_AIMS):
        found.append(a_change("failed", aim, failure=failure))
    for failure in WhyNot:
        found.append(a_change("failed", was_shipped=False, failure=failure))
    return found


@LANGUAGES
@pytest.mark.parametrize("carrier", ["", "dhl", "Speedy Pigeons of the Outer Hebrides & Sons"])
def test_wherever_a_change_stands_it_is_told_in_one_line_and_what_follows(carrier, language):
    with translation.override(language):
        for change in every_change():
            heading = address_texts.heading(change, carrier=carrier)
            lines = address_texts.following(change, carrier=carrier, promise_when="18:00")
            assert len(heading) <= 60, heading
            assert lines
            for line in (heading, *lines):
                assert is_well_said(line, language), (change.status, change.aim, line)
                assert len(line) < 200
            assert len(set(lines)) == len(lines)


@pytest.mark.parametrize("carrier", NAMES)
def test_headings_stay_short_with_every_carrier(carrier):
    for status, aim in product(ChangeStatus, ALL_AIMS):
        heading = address_texts.heading(a_change(status, aim), carrier=carrier)
        assert len(heading) <= 60, heading


def test_nothing_is_charged_for_what_did_not_work():
    for change in every_change():
        if change.status not in ("failed", "withdrawn", "declined"):
            continue
        told = " ".join(address_texts.following(change, carrier="dhl"))
        assert "You pay nothing" in told, (change.status, change.aim, change.failure)
        assert "15.00" not in told


def test_what_is_to_be_paid_is_said_until_it_is_paid():
    paid = {"payer": Payer.BUYER, "fee": Decimal("15.00"), "why_desk": Why.VALUE}
    for status in ("waiting", "requested", "sent", "accepted"):
        lines = address_texts.following(a_change(status, **paid), carrier="dhl")
        assert "You pay 15.00 USD, and only if it works." in lines
    done = address_texts.following(a_change("succeeded", **paid), carrier="dhl")
    assert "You pay 15.00 USD, as agreed." in done
    open_fee = a_change("waiting", payer=Payer.BUYER, why_desk=Why.FEE)
    lines = address_texts.following(open_fee, carrier="dhl")
    assert any(line.startswith("You pay nothing yet") for line in lines)


HEADINGS = [
    ({"status": "requested"}, "We are about to ask DHL Express."),
    ({"status": "requested", "by_phone": True}, "One of us calls DHL Express about it."),
    ({"status": "sent"}, "We have asked DHL Express to bring it to your new address."),
    ({"status": "sent", "is_uncertain": True}, "The answer of DHL Express did not reach us."),
    ({"status": "accepted"}, "DHL Express says yes to your new address."),
    (
        {"status": "sent", "withdraw_wanted_at": datetime(2026, 11, 22, tzinfo=UTC)},
        "We are asking DHL Express to leave it as it was.",
    ),
    ({"status": "succeeded"}, "It worked: your parcel goes to your new address."),
    ({"status": "failed", "failure": "too_late"}, "It could not be sent to your new address."),
    (
        {"status": "failed", "failure": "delivered"},
        "It was handed over before anything could change.",
    ),
    (
        {"status": "requested", "was_shipped": False},
        "We are telling the warehouse your new address.",
    ),
    (
        {"status": "sent", "was_shipped": False},
        "We have asked the warehouse to use your new address.",
    ),
    ({"status": "succeeded", "was_shipped": False}, "The warehouse has your new address."),
    (
        {"status": "failed", "was_shipped": False, "failure": "shipped"},
        "It left before the address could be changed.",
    ),
    ({"status": "waiting", "aim": AGAIN}, "When it is back with us, we send it again."),
    (
        {"status": "waiting", "aim": AGAIN, "is_back": True},
        "It is back with us, and we send it again.",
    ),
]


@pytest.mark.parametrize(("values", "words"), HEADINGS)
def test_the_heading_says_where_it_stands(values, words):
    assert address_texts.heading(a_change(**values), carrier="dhl") == words


def test_a_lost_answer_is_told_as_it_is_and_that_nothing_is_asked_twice():
    lines = address_texts.following(a_change("sent", is_uncertain=True), carrier="dhl")
    assert lines[0].startswith("One of us is finding out whether DHL Express has our request.")
    assert "not done twice" in lines[0]


def test_the_contact_is_told_first_and_that_is_said_only_until_it_was():
    first = "First we write to the contact on the order, so that nobody does it unseen."
    started = datetime(2026, 11, 22, tzinfo=UTC)
    for shipped in (True, False):
        change = a_change("requested", was_shipped=shipped)
        assert address_texts.following(change, carrier="")[0] == first
        change.started_at = started
        assert first not in address_texts.following(change, carrier="")


def test_the_promise_is_told_while_an_answer_is_owed_and_as_a_moment_or_in_words():
    when = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
    for change in every_change():
        lines = address_texts.following(change, carrier="dhl", promise_when=when)
        owed = change.status in OPEN and change.aim != AGAIN
        assert any("24 November" in line and ":00 –" in line for line in lines) == owed
        assert len(address_texts.following(change, carrier="dhl")) == len(lines) - owed


def test_what_the_carrier_did_wrong_is_never_made_up():
    unknown = address_texts.failure("", carrier="dhl")
    assert unknown == address_texts.failure(Failure.REFUSED, carrier="dhl")
    assert unknown.startswith("DHL Express said no, and gave no reason.")


# --- The history --------------------------------------------------------------------------------


@LANGUAGES
@pytest.mark.parametrize("actor", [ActorKind.BUYER, ActorKind.STAFF])
def test_each_step_has_its_line_in_the_history_by_what_was_asked_for(actor, language):
    kinds = [kind for kind in EventKind if kind.name.startswith("ADDRESS_")]
    assert len(kinds) == 9
    with translation.override(language):
        for kind, aim in product(kinds, [*ALL_AIMS, ""]):
            event = Event(kind=kind, actor=actor, data={"aim": str(aim), "change": 1})
            line = texts.of_event(event)
            assert is_well_said(line, language) and len(line) < 60, line


def test_what_the_desk_noted_is_not_told_as_the_buyers_own_doing():
    for aim in ALL_AIMS:
        event = Event(kind=EventKind.ADDRESS_ASKED, actor=ActorKind.STAFF, data={"aim": str(aim)})
        assert texts.of_event(event).startswith("We noted")
    asked = Event(kind=EventKind.ADDRESS_ASKED, actor=ActorKind.BUYER, data={"aim": "hold"})
    assert texts.of_event(asked) == "You asked us to have it kept at a counter."
