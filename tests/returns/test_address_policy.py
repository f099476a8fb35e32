"""The rule table: every step of a parcel × carrier × pair of countries × rule of the store gives
what product.md 5 asks for. What is expected stands here in words of its own, as tables."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from returns import address_policy, address_texts
from returns.address_policy import (
    AGAIN,
    Facts,
    Instead,
    Obstacle,
    Offer,
    Payer,
    Rule,
    Stage,
    Why,
    offers,
)
from tracking.gateways import Aim
from tracking.milestones import Milestone
from tracking.terms import TERMS, Terms, terms_of

# --- What carriers do (apis.md 4), and what we make of it (product.md 5) ----------------------

# first, last: the steps of the parcel within which it can be asked for. "early": before it is
# out for delivery; "door": until the carrier first tries to deliver; "early+": early, and out for
# delivery only where a rule of the store names that step. fee: "?" where nobody knows it.
CARRIERS = """
carrier     what        first      last    between        fee
ups         redirect    announced  early+  US-US,US-PR    16.40
ups         return      announced  door    US-US          16.40
ups         hold        announced  door    US-US,US-PR    0
ups         reschedule  announced  door    US-US,US-PR    16.40
usps        redirect    announced  early   US-US,US-PR    19.45
usps        return      announced  early   US-US,US-PR    19.45
usps        hold        announced  early   US-US,US-PR    19.45
fedex       redirect    accepted   early   US-US          ?
fedex       return      accepted   early   US-US          ?
fedex       hold        accepted   early   US-US          0
dhl         redirect    announced  early   any            ?
dhl         return      announced  early   any            ?
dhl         hold        announced  early   any            ?
dhl         reschedule  announced  early   any            ?
sf          redirect    accepted   early   CN-CN          ?
sf          return      accepted   early   CN-CN          ?
sf          depot       accepted   early   CN-CN          ?
sf          hold        accepted   early   CN-CN          ?
zto         redirect    accepted   early   CN-CN          ?
zto         return      accepted   early   CN-CN          ?
zto         depot       accepted   early   CN-CN          ?
royal-mail  redirect    announced  early   any            ?
royal-mail  return      announced  early   any            ?
"""
# Where the parcel is, and what is left there when it cannot go to another address; "…" for what
# the carrier and we can still do by the table above. words: of the sentence that says why.
STEPS = """
step              instead                       words
unshipped         write                         -
unknown           call,again,write              -
announced         write                         -
accepted          call,again,write              -
in_transit        call,again,write              -
customs           call,again,write              -
out_for_delivery  collect,call,again,write      out for delivery
attempted         collect,call,again,write      been at the door
ready_for_pickup  collect,call,again,write      waiting to be collected
delivered         not_received,send_back        was delivered
returning         again,write                   on its way back
returned          again,write                   back with us
cancelled         write                         order was cancelled
"""
PAIRS = ("US-US", "US-PR", "CN-CN", "CN-US", "GB-GB", "LT-GB", "DE-FR")
NAMES = ("ups", "usps", "fedex", "dhl", "sf", "zto", "royal-mail", "none")
# What the store says, and in which currency it counts; orders are paid in dollars.
STORES: dict[str, tuple[list[Rule], str]] = {
    "says nothing": ([], "USD"),
    "pays": ([Rule(payer=Payer.STORE)], "USD"),
    "asks 15.00": ([Rule(fee=Decimal("15.00"))], "USD"),
    "forbids": ([Rule(is_offered=False)], "USD"),
    "looks first": ([Rule(payer=Payer.STORE, needs_desk=True)], "USD"),
    "widens": ([Rule(milestone="out_for_delivery", fee=Decimal("25.00"))], "USD"),
    "counts in euros": ([Rule(fee=Decimal("15.00"))], "EUR"),
}
CODES = {"call": "call_carrier", "again": "send_again"}
EARLY = ("unknown", "announced", "accepted", "in_transit", "customs")


def rows(table: str) -> list[dict[str, str]]:
    """Columns begin where their titles begin."""
    head, *lines = table.strip().splitlines()
    names = head.split()
    starts = [head.index(name) for name in names] + [None]
    spans = list(zip(names, starts, starts[1:], strict=False))
    return [{name: line[a:b].strip() for name, a, b in spans} for line in lines]


DONE_BY = {(row["carrier"], row["what"]): row for row in rows(CARRIERS)}
STEP = {row["step"]: row for row in rows(STEPS)}


@dataclass(frozen=True)
class Case:
    """One square of the table."""

    step: str
    carrier: str
    pair: str
    store: str

    @property
    def found(self) -> address_policy.Offers:
        rules, store_currency = STORES[self.store]
        origin, _, destination = self.pair.partition("-")
        has_number = self.carrier != "none"
        facts = Facts(
            milestone="" if self.step in ("unshipped", "cancelled") else self.step,
            carrier=self.carrier if has_number else "",
            has_number=has_number,
            origin=origin,
            destination=destination,
            currency="USD",
            store_currency=store_currency,
            is_cancelled=self.step == "cancelled",
        )
        return offers(facts, terms_of(facts.carrier) if has_number else Terms({}), rules)

    # --- What product.md 5 asks for -------------------------------------------------------------

    @property
    def possible(self) -> set[str]:
        """The buttons of what the carrier does, or the warehouse."""
        if self.step == "unshipped":
            return {"redirect"}
        if self.store == "forbids":
            return set()
        return {what for who, what in DONE_BY if who == self.carrier and self.can(what)}

    def can(self, what: str) -> bool:
        row = DONE_BY[self.carrier, what]
        if row["between"] != "any" and self.pair not in row["between"].split(","):
            return False
        if self.step in EARLY:
            return self.step != "announced" or row["first"] == "announced"
        is_named = self.store == "widens"
        last = {"early": False, "early+": is_named, "door": True}[row["last"]]
        return self.step == "out_for_delivery" and last

    @property
    def instead(self) -> list[str]:
        """What else the page offers."""
        if self.step in EARLY and ("redirect" in self.possible or self.carrier == "none"):
            return [] if self.carrier != "none" else ["write"]
        if "redirect" in self.possible and self.step != "unshipped":
            return []
        left = STEP[self.step]["instead"].split(",")
        # Where it can be kept at a counter there is a button for it.
        skip = {"collect"} if "hold" in self.possible else set()
        if self.waits_for_collection:
            skip = {"call", "again"}
        if self.carrier == "none":
            skip = {"call", "again"}
        return [CODES.get(code, code) for code in left if code not in skip]

    @property
    def waits_for_collection(self) -> bool:
        """Nothing is in the way but that the carrier does not have it yet."""
        row = DONE_BY.get((self.carrier, "redirect"))
        is_late = row is not None and row["first"] == "accepted"
        later = replace(self, step="accepted", store="pays")
        return self.step == "announced" and is_late and "redirect" in later.possible

    def money(self, what: str) -> tuple[str, str]:
        """Who pays and how much, and why a person looks first."""
        if self.step == "unshipped":
            return "Free", ""
        asked = DONE_BY[self.carrier, what]["fee"]
        if self.store == "widens" and self.step == "out_for_delivery":
            asked = "25.00"
        elif self.store == "asks 15.00":
            asked = "15.00"
        elif self.store == "counts in euros":
            asked = "?"
        elif self.store in ("pays", "looks first"):
            asked = "0"
        why = {"?": "fee"}.get(asked, "rule" if self.store == "looks first" else "")
        if asked == "?":
            return "You pay nothing yet", why
        return ("We pay" if asked == "0" else f"You pay {asked} USD"), why


CASES = [Case(*row) for row in product(STEP, NAMES, PAIRS, STORES)]
BY_STEP = [[case for case in CASES if case.step == step] for step in STEP]
each_step = pytest.mark.parametrize("cases", BY_STEP, ids=list(STEP))


def test_the_table_is_whole():
    assert set(STEP) == {*Milestone.values, "unshipped", "cancelled"}
    assert len(CASES) == 13 * 8 * 7 * 7
    assert {who for who, _ in DONE_BY} == set(NAMES) - {"none"}


@each_step
def test_the_page_offers_what_is_possible_at_that_step_and_nothing_else(cases):
    for case in cases:
        found = {offer.aim for offer in case.found.possible} - {AGAIN}
        assert found == case.possible, case


@each_step
def test_where_it_cannot_go_elsewhere_the_page_says_what_else_may_be_done(cases):
    for case in cases:
        found = case.found
        assert [str(code) for code in found.instead] == case.instead, case
        assert found.by_aim.get(AGAIN, Offer(AGAIN, "-")).is_possible == (
            "send_again" in case.instead
        ), case


@each_step
def test_who_pays_is_said_first_and_is_what_the_store_and_the_carrier_say(cases):
    for case in cases:
        for offer in case.found.possible:
            if offer.aim == AGAIN:
                assert address_texts.short_terms(offer).startswith("We pay"), case
                continue
            begins, why = case.money(offer.aim)
            first, *_ = address_texts.terms(offer, carrier=case.carrier, until=None)
            assert first.startswith(begins), (case, offer)
            assert address_texts.short_terms(offer).startswith(begins), (case, offer)
            assert offer.why_desk == why, (case, offer)


@each_step
def test_another_address_says_how_much_longer_it_takes_and_where_it_may_be(cases):
    for case in cases:
        offer = case.found[Aim.REDIRECT]
        told = " ".join(address_texts.terms(offer, carrier=case.carrier, until=date(2026, 11, 24)))
        if not offer.is_possible:
            assert told == address_texts.why_not(offer.obstacle, carrier=case.carrier)
            continue
        assert "same country" in told, case
        if case.step == "unshipped":
            assert "until it leaves us" in told and "days more" not in told
            continue
        assert "1–3 days more" in told and "1–3 days more" in address_texts.short_terms(offer)
        until = "first tries" if case.step == "out_for_delivery" else "Tuesday 24 November"
        assert until in told, case


@each_step
def test_why_it_is_too_late_is_said_in_the_words_of_that_step(cases):
    words = STEP[cases[0].step]["words"]
    for case in cases if words != "-" else ():
        offer = case.found[Aim.REDIRECT]
        if offer.is_possible:
            assert (case.carrier, case.store) == ("ups", "widens")
            continue
        said = address_texts.why_not(offer.obstacle, carrier=case.carrier)
        late = words in said
        # A parcel that nobody can name was never found at any step.
        assert late or case.carrier == "none" or offer.obstacle == Obstacle.STORE_SAYS_NO, case


@each_step
def test_nobody_is_left_without_a_way(cases):
    for case in cases:
        assert case.found.possible or case.found.instead, case


@each_step
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_square_speaks_in_whole_sentences(cases, language):
    with translation.override(language):
        for case in cases:
            found = case.found
            spoken = [address_texts.short_terms(offer) for offer in found.by_aim.values()]
            for offer in found.by_aim.values():
                spoken += address_texts.terms(offer, carrier=case.carrier, until=None)
            for code in found.instead:
                text = address_texts.instead(code, carrier=case.carrier, country="US")
                spoken += [text.title, text.sentence]
            for row in address_texts.stage_rows(found):
                spoken += [row.label, row.price]
            for words in spoken:
                assert words.strip() and not set(words) & set("{}"), (case, words)
                assert len(words) < 220, words
            if found.stage not in (Stage.DELIVERED, Stage.TURNED, Stage.CANCELLED):
                rows_now = [row for row in address_texts.stage_rows(found) if row.is_now]
                assert len(rows_now) == 1, case


# --- What stands beside the table ---------------------------------------------------------------

US = Facts(
    milestone="in_transit",
    carrier="ups",
    origin="US",
    destination="US",
    currency="USD",
    store_currency="USD",
)
UPS, SF = terms_of("ups"), terms_of("sf")
CN = replace(US, carrier="sf", origin="CN", destination="CN", currency="CNY", store_currency="CNY")


def redirect(facts: Facts, *rules: Rule) -> Offer:
    return offers(facts, terms_of(facts.carrier), rules)[Aim.REDIRECT]


def test_a_parcel_is_turned_once_where_the_carrier_does_it_once():
    assert redirect(CN).is_possible
    assert redirect(replace(CN, turned=1)).obstacle == Obstacle.ONCE_ONLY
    assert redirect(replace(CN, carrier="zto", turned=1)).is_possible


def test_chinese_carriers_are_called_where_no_interface_of_the_account_serves_them():
    assert redirect(CN).by_phone
    served = replace(CN, served=frozenset({str(Aim.REDIRECT)}))
    assert not redirect(served).by_phone
    assert offers(served, SF)[Aim.RETURN].by_phone


def test_puerto_rico_is_a_place_of_its_own_also_where_the_shop_writes_it_as_a_state():
    for region in ("PR", "Puerto Rico", " us-pr "):
        there = replace(US, region=region)
        assert offers(there, UPS)[Aim.RETURN].obstacle == Obstacle.NOT_SERVED
        assert offers(there, UPS)[Aim.REDIRECT].is_possible
    assert offers(replace(US, region="Oregon"), UPS)[Aim.RETURN].is_possible


@pytest.mark.parametrize(
    ("value", "limit", "store_currency", "why"),
    [
        ("499.99", "500", "USD", ""),
        ("500", "500", "USD", Why.VALUE),
        ("5", "500", "EUR", Why.VALUE),
        ("5000", None, "USD", ""),
    ],
)
def test_orders_of_high_value_need_a_person_shipped_or_not(value, limit, store_currency, why):
    facts = replace(
        US,
        value=Decimal(value),
        limit=Decimal(limit) if limit else None,
        store_currency=store_currency,
    )
    assert redirect(facts, Rule(payer=Payer.STORE)).why_desk == why
    assert redirect(replace(facts, milestone=""), Rule(payer=Payer.STORE)).why_desk == why


def test_the_carriers_own_fee_is_asked_only_in_its_own_currency():
    assert redirect(US).fee == Decimal("16.40")
    euros = redirect(replace(US, currency="EUR", store_currency="EUR"))
    assert (euros.fee, euros.is_fee_open, euros.why_desk) == (0, True, Why.FEE)
    assert redirect(euros_facts := replace(US, currency="EUR"), Rule(fee=Decimal(0))).fee == 0
    assert not redirect(euros_facts, Rule(fee=Decimal(0))).is_fee_open


@pytest.mark.parametrize("name", ["is_open", "is_worn_out"])
def test_while_a_change_is_under_way_or_after_too_many_there_is_no_other(name):
    for milestone in ("", *EARLY, "out_for_delivery", "attempted"):
        found = offers(replace(US, milestone=milestone, **{name: True}), UPS)
        assert found.possible == [] and Instead.WRITE in found.instead
        assert (Instead.CALL_CARRIER in found.instead) == (
            name == "is_worn_out" and milestone not in ("", "announced")
        )


def test_what_arrived_says_so_also_while_a_change_is_under_way():
    assert redirect(replace(US, milestone="delivered", is_open=True)).obstacle == "delivered"


def test_when_all_of_it_was_sent_the_order_itself_is_changed_no_more():
    found = offers(replace(US, milestone="", is_all_sent=True), Terms({}))
    assert found[Aim.REDIRECT].obstacle == Obstacle.SHIPPED


def test_a_parcel_of_a_cancelled_order_may_be_called_back_at_our_cost_and_nothing_else():
    found = offers(replace(US, is_cancelled=True), UPS, [Rule(fee=Decimal("15.00"))])
    assert [(offer.aim, offer.payer, offer.fee) for offer in found.possible] == [
        (Aim.RETURN, Payer.STORE, 0)
    ]
    late = offers(replace(US, is_cancelled=True, milestone="attempted"), UPS)
    assert late[Aim.RETURN].obstacle == Obstacle.ATTEMPTED
    assert (late.stage, late.instead) == (Stage.CANCELLED, (Instead.WRITE,))


def test_the_chance_is_the_stores_word_before_our_own_figures():
    known = replace(US, chances={Aim.REDIRECT: 78})
    assert (redirect(US).chance, redirect(known).chance) == (None, 78)
    assert redirect(known, Rule(chance=40)).chance == 40
    assert redirect(known, Rule(chance=0)).chance == 0


def test_only_another_address_takes_longer_and_has_areas_where_it_is_not_done():
    rule = Rule(payer=Payer.STORE, days=(2, 4), not_served=("99",))
    found = offers(US, UPS, [rule])
    assert (found[Aim.REDIRECT].days, found[Aim.REDIRECT].not_served) == ((2, 4), ("99",))
    for aim in (Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE):
        assert (found[aim].days, found[aim].not_served) == (None, ())


def test_a_fee_below_nothing_is_nothing():
    offer = redirect(US, Rule(fee=Decimal("-5.00")))
    assert (offer.fee, offer.payer) == (0, Payer.STORE)


def test_sending_it_again_is_ours_to_pay_unless_a_rule_names_it():
    late = replace(US, milestone="attempted")
    general, named = Rule(fee=Decimal("15.00")), Rule(aim=AGAIN, fee=Decimal("9.00"))
    assert offers(late, UPS, [general])[AGAIN].payer == Payer.STORE
    found = offers(late, UPS, [general, named])[AGAIN]
    assert (found.payer, found.fee) == (Payer.BUYER, Decimal("9.00"))
    forbidden = offers(late, UPS, [Rule(aim=AGAIN, is_offered=False)])
    assert Instead.SEND_AGAIN not in forbidden.instead


@pytest.mark.parametrize(
    ("area", "postcode", "region", "refused"),
    [
        ("99", "99501", "AK", True),
        ("99", "10199", "NY", False),
        ("BS 1", "bs1 4qa", "", True),
        ("Puerto Rico", "00901", "puerto rico", True),
        ("AK", "10001", "NY", False),
        ("", "10001", "NY", False),
        (" - ", "", "", False),
        ("01-2", "01 234", "", True),
    ],
)
def test_areas_that_are_not_served_are_found_however_they_are_typed(
    area, postcode, region, refused
):
    offer = redirect(US, Rule(not_served=(area,), payer=Payer.STORE))
    assert offer.refuses(postcode, region) == (area if refused else "")


def test_a_rule_for_the_van_widens_another_address_and_only_there():
    widened = Rule(milestone="out_for_delivery", carrier="ups", payer=Payer.STORE)
    out = replace(US, milestone="out_for_delivery")
    assert redirect(out).obstacle == Obstacle.OUT_FOR_DELIVERY
    assert redirect(out, widened).is_possible and redirect(out, widened).until_attempt
    assert "out_for_delivery" not in redirect(US, widened).while_at
    # Terms of the carrier are never widened, and a rule that forbids is no reason of its own.
    usps = replace(out, carrier="usps")
    assert redirect(usps, replace(widened, carrier="usps")).obstacle == Obstacle.OUT_FOR_DELIVERY
    assert redirect(out, replace(widened, is_offered=False)).obstacle == Obstacle.OUT_FOR_DELIVERY


# --- Whatever stores and carriers say -----------------------------------------------------------

AMOUNTS = st.decimals(-5, 99, places=2)
AIMS = [*map(str, Aim), AGAIN]
CURRENCIES = st.sampled_from(["USD", "EUR"])
COUNTRIES = st.sampled_from(["US", "PR", "CN", "GB", ""])
facts_of_any_kind = st.builds(
    Facts,
    milestone=st.sampled_from(["", *Milestone.values]),
    carrier=st.sampled_from(["ups", "sf", "x", ""]),
    has_number=st.booleans(),
    lane=st.sampled_from(["domestic", "cross_border"]),
    origin=COUNTRIES,
    destination=COUNTRIES,
    region=st.sampled_from(["", "PR", "NY"]),
    currency=CURRENCIES,
    store_currency=CURRENCIES,
    value=st.decimals(0, 999, places=2),
    limit=st.none() | st.just(Decimal(500)),
    is_cancelled=st.sampled_from([False, False, False, True]),
    is_open=st.sampled_from([False, False, False, True]),
    is_worn_out=st.sampled_from([False, False, False, True]),
    turned=st.integers(0, 2),
    served=st.frozensets(st.sampled_from(AIMS)),
    chances=st.dictionaries(st.sampled_from(AIMS), st.integers(0, 100)),
)
any_terms = st.sampled_from([*TERMS.values()]) | st.builds(
    Terms,
    aims=st.dictionaries(
        st.sampled_from(list(map(str, Aim))), st.frozensets(st.sampled_from(Milestone.values))
    ),
    fee=st.none() | st.decimals(0, 99, places=2),
    currency=CURRENCIES,
    free=st.frozensets(st.sampled_from(AIMS)),
    countries=st.none() | st.frozensets(COUNTRIES),
    once=st.booleans(),
    has_pickup=st.booleans(),
)
any_rules = st.lists(
    st.builds(
        Rule,
        aim=st.sampled_from(["", *AIMS]),
        lane=st.sampled_from(["", "domestic", "cross_border"]),
        carrier=st.sampled_from(["", "ups", "sf"]),
        milestone=st.sampled_from(["", *Milestone.values]),
        is_offered=st.sampled_from([True, True, True, False]),
        payer=st.sampled_from(list(Payer)),
        fee=st.none() | AMOUNTS,
        days=st.none() | st.tuples(st.integers(0, 3), st.integers(0, 9)),
        chance=st.none() | st.integers(0, 100),
        not_served=st.lists(st.sampled_from(["99", "PR"]), max_size=2).map(tuple),
        needs_desk=st.booleans(),
    ),
    max_size=6,
    unique_by=lambda rule: (rule.aim, rule.lane, rule.carrier, rule.milestone),
)
anything = given(facts=facts_of_any_kind, terms=any_terms, rules=any_rules)


@anything
def test_what_is_possible_the_carrier_takes_at_that_step(facts, terms, rules):
    for offer in offers(facts, terms, rules).possible:
        if offer.aim == AGAIN or facts.stage == Stage.UNSHIPPED:
            continue
        assert terms.takes(offer.aim, facts.milestone) and facts.has_number
        assert facts.milestone in offer.while_at <= terms.aims[offer.aim]
        assert not (terms.once and facts.turned)
        is_late = facts.milestone in ("out_for_delivery", "attempted", "ready_for_pickup")
        if offer.aim == Aim.REDIRECT and is_late:
            assert any(rule.milestone == facts.milestone for rule in rules)


@anything
def test_a_fee_is_never_negative_never_converted_and_never_there_when_the_store_pays(
    facts, terms, rules
):
    found = offers(facts, terms, rules)
    for offer in found.by_aim.values():
        assert offer.fee >= 0 and offer.currency == facts.currency
        assert (offer.payer == Payer.BUYER) == bool(offer.fee or offer.is_fee_open)
        if offer.is_fee_open and offer.aim != AGAIN:
            assert offer.why_desk
        if offer.fee:
            amounts = {
                *(rule.fee for rule in rules if facts.currency == facts.store_currency),
                *((terms.fee,) if facts.currency == terms.currency else ()),
            }
            assert offer.fee in amounts
    generous = [replace(rule, payer=Payer.STORE) for rule in rules] + [
        Rule(payer=Payer.STORE, lane=lane, is_offered=True) for lane in ("domestic", "cross_border")
    ]
    for offer in offers(facts, terms, generous).by_aim.values():
        assert offer.payer == Payer.STORE and offer.fee == 0


@given(facts=facts_of_any_kind, terms=any_terms, rules=any_rules, chance=st.randoms())
def test_the_order_of_the_rules_does_not_matter(facts, terms, rules, chance):
    shuffled = list(rules)
    chance.shuffle(shuffled)
    assert offers(facts, terms, shuffled) == offers(facts, terms, rules)


@anything
def test_the_most_exact_rule_counts(facts, terms, rules):
    """A rule that names all four things is stronger than whatever else there is."""
    for aim in AIMS:
        exact = Rule(aim, facts.lane, facts.carrier, facts.milestone, is_offered=False)
        if not (facts.carrier and facts.milestone):
            continue
        others = [
            rule
            for rule in rules
            if (rule.aim, rule.lane, rule.carrier, rule.milestone)
            != (exact.aim, exact.lane, exact.carrier, exact.milestone)
        ]
        assert not offers(facts, terms, [*others, exact])[aim].is_possible


@anything
def test_of_what_is_not_possible_nothing_but_the_reason_is_said(facts, terms, rules):
    for offer in offers(facts, terms, rules).by_aim.values():
        if not offer.is_possible:
            assert offer == Offer(offer.aim, offer.obstacle, currency=facts.currency)
            said = address_texts.terms(offer, carrier=facts.carrier, until=None)
            assert said == (address_texts.why_not(offer.obstacle, carrier=facts.carrier),)
            assert "pay" not in said[0].lower()


@anything
def test_there_is_always_a_way_and_never_two_that_contradict_each_other(facts, terms, rules):
    found = offers(facts, terms, rules)
    ways = set(found.instead)
    assert ways & {Instead.WRITE, Instead.NOT_RECEIVED} or found[Aim.REDIRECT].is_possible
    assert len(found.instead) == len(ways)
    if facts.stage == Stage.UNSHIPPED:
        return
    can_again = found[AGAIN].is_possible
    assert (Instead.SEND_AGAIN in ways) == can_again
    assert not (can_again and found[Aim.REDIRECT].is_possible)
    assert not (Instead.COLLECT in ways and found[Aim.HOLD].is_possible)
    assert Instead.CALL_CARRIER not in ways or (facts.carrier and facts.has_number)


@anything
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_whatever_is_offered_begins_with_who_pays(facts, terms, rules, language):
    begins = {
        "en": ("We pay", "You pay", "Free"),
        "zh-hans": ("我们付", "费用我们出", "你付", "你先不用付", "免费"),
    }
    with translation.override(language):
        for offer in offers(facts, terms, rules).possible:
            told = address_texts.terms(offer, carrier=facts.carrier, until=None)
            for line in (told[0], address_texts.short_terms(offer)):
                assert line.startswith(begins[language]), line
            assert not set("".join(told)) & set("{}")
            assert sum(line.startswith(begins[language]) for line in told) == 1


def test_the_day_until_which_it_is_possible_is_the_first_expected():
    first, last = date(2026, 11, 24), date(2026, 11, 26)
    assert address_policy.until_day((first, last)) == first
    assert address_policy.until_day(None) is None
