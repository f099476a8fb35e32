"""Something is wrong: what the pages offer, and what they make of every answer."""

import html
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import access
from returns import addresses, formats, problem_texts
from returns.codes import Kind, PhotoKind, ProblemKind, Reason, Wish
from returns.models import (
    BUYER,
    Actor,
    CarrierContact,
    Case,
    Draft,
    Message,
    Order,
    Problem,
    ProblemReminder,
    Promise,
    PromiseKind,
    ReturnAuthorization,
    Throttle,
    Wanted,
)
from returns.models.claiming import CLAIMS
from returns.models.reporting import REPORTS
from returns.models.variant import Variant
from returns.problems import OF_THINGS, facts_of, judge
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.on_the_way import ago, hear, report, sent, the_parcel
from tests.portal.test_return_form import words
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.reports import Signed

pytestmark = pytest.mark.django_db

K = ProblemKind
TWO_THINGS = (("Linen shirt", "68.00", 1), ("Beeswax candle", "12.00", 3))
STEPS = ("which", "look", "things", "reason", "details", "remedy", "variant", "check")
# By any page of a short path, however much is in the order.
MOST_QUERIES = 24


def page(order: Order, kind: str = "", step: str = "") -> str:
    if not kind:
        return addresses.order_page(order, "problem")
    return addresses.order_page(order, f"problem_{step or 'kind'}", kind=kind)


def reader(order: Order, *, code: bool = False) -> Client:
    """A browser that came in by the link, and then entered a code or not."""
    client = CheckedClient()
    people.open_link(client, order)
    if code:
        session = client.session
        session[access.GRANTS] = {str(order.pk): int(timezone.now().timestamp())}
        session.save()
    return client


def path(response) -> str:
    return response.request["PATH_INFO"]


def links(response) -> list[str]:
    return [html.unescape(url) for url in re.findall(r'href="([^"]+)"', response.content.decode())]


def hidden(response) -> dict:
    """The hidden fields of the check page, as its form sends them."""
    found = dict(re.findall(r'name="(key|seen)" value="([^"]+)"', response.content.decode()))
    assert set(found) == {"key", "seen"}
    return found


def quantities(order: Order, *numbers: str) -> dict[str, str]:
    lines = order.lines.all()
    return {f"line-{line.pk}": many for line, many in zip(lines, numbers, strict=False)}


def walk(client: Client, order: Order, kind: str, **answers):
    """Answers one page after the other, up to the check page, and gives that."""
    response = client.get(page(order, kind), follow=True)
    for step, data in answers.items():
        assert path(response) == page(order, kind, step), words(response)
        response = client.post(page(order, kind, step), data, follow=True)
    assert path(response) == page(order, kind, "check"), words(response)
    return response


def send(client: Client, order: Order, kind: str, checked):
    return client.post(page(order, kind, "check"), hidden(checked), follow=True)


ABOUT: dict[str, dict] = {
    K.DAMAGED: {"box": "damaged", "signed": "self", "words": "The seam is torn."},
    K.MISSING: {"box": "fine", "signed": "other", "words": "The belt is not there."},
    K.WRONG_ITEM: {"words": "A blue one, size S."},
    K.QUALITY: {"words": "A button came off."},
}


def claim(client: Client, order: Order, kind: str, wish: str, *many: str, **more):
    """Up to the check page of a claim."""
    reason = {"reason": {"reason": more.pop("reason", Reason.FAULTY)}}
    return walk(
        client,
        order,
        kind,
        **({"things": quantities(order, *many)} if many else {}),
        **(reason if kind == K.QUALITY else {}),
        details=ABOUT[kind],
        remedy={"wish": wish},
        **more,
    )


def standing_still(store, **values) -> Order:
    """On its way, and nothing was scanned for days."""
    return sent(store, report(at=ago(days=5)), left=ago(days=6), **values)


def at_customs(store, **values) -> Order:
    return sent(store, report(Milestone.CUSTOMS, at=ago(hours=5)), **values)


def moving(store, **values) -> Order:
    return sent(store, report(at=ago(hours=5)), left=ago(days=1), **values)


@pytest.fixture
def basket(store):
    """An order of a shirt and three candles, delivered four days ago."""
    return people.place_order(store, "JP-30000", TWO_THINGS)


# --- What happened? -----------------------------------------------------------------------------


def orders_of_every_kind(store) -> dict[str, Order]:
    return {
        "unshipped": people.place_order(store, "JP-1", shipped=False),
        "moving": moving(store, number="RB000000101GB", order=_new(store, "JP-2")),
        "still": standing_still(store, number="RB000000102GB", order=_new(store, "JP-3")),
        "customs": at_customs(store, number="RB000000103GB", order=_new(store, "JP-4")),
        "delivered": people.place_order(store, "JP-5"),
        "just delivered": people.place_order(store, "JP-6", days_ago=3),
        "long ago": people.place_order(store, "JP-7", days_ago=800),
        "cancelled": people.place_order(store, "JP-8", cancelled_at=timezone.now()),
        "unpaid": people.place_order(store, "JP-9", shipped=False, paid_at=None),
        "turned": sent(
            store,
            report(Milestone.RETURNING),
            number="RB000000104GB",
            order=_new(store, "JP-10"),
        ),
    }


def _new(store, number: str) -> Order:
    return people.place_order(store, number, shipped=False)


def judged(order: Order) -> dict:
    return judge(
        facts_of(Order.objects.with_story().get(pk=order.pk), timezone.now()), timezone.now()
    )


def test_page_and_server_agree_for_every_kind_at_every_stage(store):
    seen = set()
    for name, order in orders_of_every_kind(store).items():
        client = reader(order)
        shown = links(client.get(page(order)))
        for kind, option in judged(order).items():
            seen.add((kind, option.is_possible))
            answer = client.get(page(order, kind))
            if option.is_possible:
                assert page(order, kind) in shown, (name, kind)
                assert answer.status_code == 302, (name, kind)
                continue
            assert answer.status_code == 200, (name, kind)
            assert addresses.order_page(order, "messages") in links(answer), "never a dead end"
            for step in STEPS:
                refused = client.post(page(order, kind, step), {"key": "k", "seen": "s"})
                assert refused.status_code in (302, 409), (name, kind, step)
                assert path(client.get(page(order, kind, step), follow=True)) == page(order, kind)
    assert seen == {(kind, possible) for kind in K.values for possible in (True, False)}
    assert not (Problem.objects.exists() or ReturnAuthorization.objects.exists())
    assert not Draft.objects.exists()


def test_what_cannot_be_true_is_not_even_listed(sarah, order):
    shown = links(sarah.get(page(order)))
    assert page(order, K.NOT_HERE) in shown and page(order, K.DAMAGED) in shown
    assert page(order, K.LATE) not in shown, "it has arrived"
    abroad = judged(order)[K.CUSTOMS]
    assert (page(order, K.CUSTOMS) in shown) == abroad.is_possible


def test_what_can_be_told_later_names_the_hour_and_leads_there(store):
    order = people.place_order(store, days_ago=3)  # delivered this minute
    text = words(reader(order).get(page(order)))
    begins = judged(order)[K.NOT_HERE].verdict.begins
    with timezone.override(order.where):
        assert f"From {formats.moment(begins)}" in text


def test_the_order_leads_to_it(sarah, order):
    answer = sarah.get(addresses.order_page(order))
    assert page(order) in links(answer)
    assert "Something is wrong" in words(answer)


# --- Each kind, to its end ------------------------------------------------------------------------


def test_late_is_told_with_what_the_watch_knows_and_we_say_by_when_we_write(store):
    order = standing_still(store)
    client = reader(order)
    asked = client.get(page(order, K.LATE), follow=True)
    assert path(asked) == page(order, K.LATE, "details")
    assert "Nothing has come since" in words(asked)
    checked = walk(client, order, K.LATE, details={"words": "I leave on Friday."})
    due = order.word_due(timezone.now(), 1)
    with timezone.override(order.where):
        assert f"By {formats.moment(due)}" in words(checked)
    response = send(client, order, K.LATE, checked)
    problem = Problem.objects.get()
    assert (problem.kind, problem.words) == (K.LATE, "I leave on Friday.")
    assert problem.shipment == order.shipments.get()
    assert path(response) == addresses.order_page(order, "problem_told", pk=problem.pk)
    promise = Promise.objects.open().get(order=order, kind=PromiseKind.UPDATE)
    with timezone.override(order.where):
        assert formats.moment(promise.due_at) in words(response)
    assert not Draft.objects.exists(), "the answers were sent, nothing of them is kept"


def test_that_we_asked_the_carrier_is_said_only_when_a_row_proves_it(store):
    order = standing_still(store)
    client = reader(order)
    assert "We asked" not in words(client.get(page(order, K.LATE, "details")))
    Case.objects.follow()
    ieva = Actor.staff(people.staff("ieva", "care_for_case", first_name="Ieva"))
    case = Case.objects.get(order=order)
    CarrierContact.objects.ask(case, way="phone", asked="Where is it?", by=ieva)
    assert "We asked Royal Mail" in words(client.get(page(order, K.LATE, "details")))


def test_not_here_is_told_after_the_places_where_it_may_be(sarah, order):
    look = sarah.get(page(order, K.NOT_HERE), follow=True)
    assert "Behind the planter" in words(look) and "With the neighbours" in words(look)
    assert "12 Harbour Lane" not in words(look), "a forwarded link tells no street"
    checked = walk(
        sarah,
        order,
        K.NOT_HERE,
        look={"looked": ["neighbour", "safe_place"]},
        details={"signed": "nobody", "box": "never_seen", "words": ""},
    )
    assert "you choose: we send you everything again, or you get your money back" in words(checked)
    send(sarah, order, K.NOT_HERE, checked)
    problem = Problem.objects.get()
    assert problem.answers == {
        "signed": "nobody",
        "box": "never_seen",
        "looked": ["neighbour", "safe_place"],
    }
    assert order.investigations.get().is_open
    assert IncidentKind.DELIVERED_NOT_RECEIVED in the_parcel(order).incidents.values_list(
        "kind", flat=True
    )


def test_where_to_look_depends_on_where_it_was_brought(store):
    order = people.place_order(store, country="CN", zone="Asia/Shanghai", city="成都市")
    look = reader(order).get(page(order, K.NOT_HERE), follow=True)
    assert "collecting station" in words(look) and "planter" not in words(look)


def test_what_the_carrier_says_is_told_at_once_where_somebody_else_took_it_in(store):
    order = sent(
        store, report(Milestone.DELIVERED, "Bristol", signed=Signed.OTHER, at=ago(minutes=20))
    )
    look = reader(order).get(page(order, K.NOT_HERE), follow=True)
    assert path(look) == page(order, K.NOT_HERE, "look")
    assert "somebody else took it in" in words(look)


def test_customs_is_told_in_its_own_words(store):
    order = at_customs(store)
    client = reader(order)
    empty = client.post(page(order, K.CUSTOMS, "details"), {"words": ""})
    assert "Write a few words" in words(empty)
    checked = walk(client, order, K.CUSTOMS, details={"words": "They want an invoice."})
    assert "please pay nobody" in words(checked)
    send(client, order, K.CUSTOMS, checked)
    assert Problem.objects.get().words == "They want an invoice."


@pytest.mark.parametrize("kind", OF_THINGS)
def test_a_claim_is_made_with_what_the_rules_offer(sarah, order, kind):
    checked = claim(sarah, order, kind, Wish.REFUND)
    assert "68.00 USD" in words(checked)
    response = send(sarah, order, kind, checked)
    rma, problem = ReturnAuthorization.objects.get(), Problem.objects.get()
    assert (rma.kind, rma.wish) == (Kind.CLAIM, Wish.REFUND)
    assert (problem.kind, problem.authorization) == (kind, rma)
    assert problem.words == ABOUT[kind]["words"]
    assert set(problem.answers) == set(ABOUT[kind]) - {"words"}
    row = rma.lines.get()
    assert (row.requested, row.reason) == (1, "faulty" if kind == K.QUALITY else kind)
    assert path(response).startswith(addresses.return_page(rma))


def test_each_remedy_says_its_amount_and_whether_anything_comes_back(sarah, order):
    claim_page = walk_to_remedy(sarah, order, K.DAMAGED)
    text = words(claim_page)
    for remedy in remedies(order, Reason.DAMAGED):
        label = problem_texts.REMEDIES[remedy.wish].label
        assert str(label).format(amount=formats.money(remedy.amount, order.currency)) in text
    assert "You send it back; we pay the postage" in text
    assert "Nothing has to be sent back" in text
    assert "I would rather talk to a person" in text


def remedies(order: Order, reason: str):
    fresh = Order.objects.with_story().get(pk=order.pk)
    line = fresh.lines.all()[0]
    return fresh.claim_remedies([Wanted(line.pk, 1, reason)], timezone.now())


def walk_to_remedy(client, order, kind):
    if order.lines.count() > 1:
        client.post(page(order, kind, "things"), quantities(order, "1"))
    if kind == K.QUALITY:
        client.post(page(order, kind, "reason"), {"reason": Reason.FAULTY})
    client.post(page(order, kind, "details"), ABOUT[kind])
    response = client.get(page(order, kind, "remedy"))
    assert response.status_code == 200
    return response


def test_of_several_things_as_many_as_are_broken_are_claimed(basket):
    client = reader(basket)
    checked = claim(client, basket, K.DAMAGED, Wish.REPLACEMENT, "0", "2")
    assert "2 × Beeswax candle" in words(checked) and "Linen shirt" not in words(checked)
    send(client, basket, K.DAMAGED, checked)
    assert list(ReturnAuthorization.objects.get().lines.values_list("requested", flat=True)) == [2]


def test_who_would_rather_talk_is_answered_by_a_person_and_claims_nothing(sarah, order):
    checked = claim(sarah, order, K.DAMAGED, "talk")
    assert "A person reads it" in words(checked)
    response = send(sarah, order, K.DAMAGED, checked)
    assert not ReturnAuthorization.objects.exists()
    problem = Problem.objects.get()
    assert path(response) == addresses.order_page(order, "problem_told", pk=problem.pk)
    assert ABOUT[K.DAMAGED]["words"] in Message.objects.get().text
    assert Promise.objects.open().filter(order=order, kind=PromiseKind.REPLY).exists()
    again = sarah.get(page(order, K.DAMAGED))
    assert "You have told us about this already" in words(again)
    assert path(sarah.get(f"{page(order, K.DAMAGED)}?more=1", follow=True)) == page(
        order, K.DAMAGED, "details"
    )


def test_an_exchange_is_chosen_from_what_the_store_allows(store):
    lines = (("Linen shirt", "68.00", 1, {"sku": "S-M"}),)
    order = people.place_order(store, lines=lines)
    for sku, title in (("S-M", "Oat, M"), ("S-L", "Oat, L")):
        Variant.objects.create(store=store, product="shirt", sku=sku, title=title)
    client, line = reader(order), order.lines.get()
    checked = claim(
        client, order, K.WRONG_ITEM, Wish.EXCHANGE, variant={f"variant-{line.pk}": "S-L"}
    )
    assert "Oat, L" in words(checked)
    send(client, order, K.WRONG_ITEM, checked)
    assert ReturnAuthorization.objects.get().lines.get().variant["sku"] == "S-L"


def test_an_exchange_without_a_list_is_asked_for_in_words(sarah, order):
    asked = claim_to_variant(sarah, order)
    assert "Which one would you like instead?" in words(asked)
    empty = sarah.post(page(order, K.WRONG_ITEM, "variant"), {"other": " "})
    assert "Write which size, colour or kind" in words(empty)
    checked = sarah.post(page(order, K.WRONG_ITEM, "variant"), {"other": "In L."}, follow=True)
    send(sarah, order, K.WRONG_ITEM, checked)
    assert "In L." in ReturnAuthorization.objects.get().note


def claim_to_variant(client, order):
    walk_to_remedy(client, order, K.WRONG_ITEM)
    data = {"wish": Wish.EXCHANGE}
    return client.post(page(order, K.WRONG_ITEM, "remedy"), data, follow=True)


def test_case_06_what_has_not_left_is_cancelled_thing_by_thing(store):
    order = people.place_order(store, lines=TWO_THINGS, shipped=False)
    client = reader(order)
    checked = walk(client, order, K.CHANGED_MIND, things=quantities(order, "0", "2"))
    assert "We tell the warehouse at once" in words(checked)
    send(client, order, K.CHANGED_MIND, checked)
    rma = ReturnAuthorization.objects.get()
    assert rma.kind == Kind.WITHDRAWAL
    assert [(row.line.title, row.requested) for row in rma.lines.all()] == [("Beeswax candle", 2)]


@pytest.mark.parametrize("kind", [K.UNWANTED, K.CHANGED_MIND])
def test_a_parcel_on_its_way_is_called_back_on_its_own_page(store, kind):
    order = moving(store)
    pk = order.shipments.get().pk
    answer = reader(order).get(page(order, kind))
    assert answer.url == addresses.order_page(order, "recall", shipment=pk)


def test_after_it_came_changing_ones_mind_is_a_return(sarah, order):
    answer = sarah.get(page(order, K.CHANGED_MIND))
    assert addresses.order_page(order, "return_items") in links(answer)


def test_where_there_is_one_thing_nobody_is_asked_which(sarah, order):
    assert sarah.get(page(order, K.DAMAGED)).url == page(order, K.DAMAGED, "details")
    assert sarah.get(page(order, K.DAMAGED, "things")).url == page(order, K.DAMAGED, "details")
    assert "1 × Linen shirt" in words(claim(sarah, order, K.DAMAGED, Wish.REFUND))


# --- Too early, too late --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [K.LATE, K.NOT_HERE, K.MISSING])
def test_too_early_names_day_and_hour_and_reminds_once(store, kind):
    order = people.place_order(store, days_ago=3, zone="Pacific/Auckland")
    if kind == K.LATE:
        order = moving(store, order=_new(store, "JP-2"), zone="Pacific/Auckland")
    if kind == K.MISSING:
        moving(store, order=order)
    order = Order.objects.get(pk=order.pk)
    client = reader(order)
    begins = judged(order)[kind].verdict.begins
    early = client.get(page(order, kind))
    with timezone.override(order.where):
        assert formats.moment(begins) in words(early)
    assert "It is a little early" in words(early) and "Remind me then" in words(early)
    [key] = set(re.findall(r'name="parcel" value="(\d+)"', early.content.decode()))
    for _ in range(2):
        client.post(page(order, kind, "remind"), {"parcel": key})
    reminder = ProblemReminder.objects.get()
    assert (reminder.kind, reminder.remind_at) == (kind, begins)
    assert "We remind you on" in words(client.get(page(order, kind)))
    assert "Remind me then" not in words(client.get(page(order, kind)))


@pytest.mark.parametrize("posted", ["", "999999", "abc", "-1", "1\x00", "9" * 5000])
def test_nobody_is_reminded_of_what_cannot_be_early(sarah, order, posted):
    for kind in K:
        answer = sarah.post(page(order, kind, "remind"), {"parcel": posted})
        assert answer.status_code == 302
    assert not ProblemReminder.objects.exists()


def test_without_an_address_nothing_is_promised_by_letter(store):
    order = people.place_order(store, days_ago=3, email="")
    client = reader(order)
    assert "Remind me then" not in words(client.get(page(order, K.NOT_HERE)))
    key = order.shipments.get().pk
    client.post(page(order, K.NOT_HERE, "remind"), {"parcel": key})
    assert not ProblemReminder.objects.exists()


def test_when_the_hour_has_come_it_can_be_told(store):
    order = people.place_order(store, days_ago=3)
    parcel = the_parcel(order)
    type(parcel).objects.filter(pk=parcel.pk).update(milestone_at=ago(hours=26))
    answer = reader(order).get(page(order, K.NOT_HERE))
    assert answer.url == page(order, K.NOT_HERE, "look")


def test_too_late_says_until_when_and_leads_on(store):
    order = people.place_order(store, days_ago=900)
    late = reader(order).get(page(order, K.DAMAGED))
    ends = judged(order)[K.DAMAGED].verdict.ends
    with timezone.override(order.where):
        assert f"until {formats.day(ends)}" in words(late)
    assert addresses.order_page(order, "messages") in links(late)


def test_of_two_parcels_one_is_asked_about(store):
    order = standing_still(store)
    moving(store, order=order, number="RB123456799GB")
    order = Order.objects.get(pk=order.pk)
    _first, second = order.outbound
    client = reader(order)
    assert path(client.get(page(order, K.LATE), follow=True)) == page(order, K.LATE, "details")
    hear(second.parcel, report(at=ago(days=5, hours=1)))
    type(second.parcel).objects.filter(pk=second.parcel_id).update(watch_at=ago(days=1))
    type(second).objects.filter(pk=second.pk).update(shipped_at=ago(days=4))
    asked = client.get(page(order, K.LATE), follow=True)
    assert path(asked) == page(order, K.LATE, "which")
    assert "Parcel 1 of 2" in words(asked) and "Parcel 2 of 2" in words(asked)
    preset = client.get(f"{page(order, K.LATE)}?parcel={second.pk}", follow=True)
    assert re.search(rf'value="{second.pk}" checked', preset.content.decode())
    unknown = client.post(page(order, K.LATE, "which"), {"parcel": "999999"})
    assert "Choose the parcel" in words(unknown)
    checked = walk(
        client, order, K.LATE, which={"parcel": str(second.pk)}, details={"words": "Please."}
    )
    send(client, order, K.LATE, checked)
    assert Problem.objects.get().shipment_id == second.pk
    assert client.get(page(order, K.LATE)).url == page(order, K.LATE, "details"), "of the first"


def test_what_has_not_left_us_in_time_is_told_without_a_parcel(store):
    order = people.place_order(store, shipped=False, days_ago=9)
    client = reader(order)
    checked = walk(client, order, K.LATE, details={"words": "It should have left."})
    send(client, order, K.LATE, checked)
    problem = Problem.objects.get()
    assert problem.shipment is None
    assert "It should have left." in Message.objects.get().text


# --- Once, and no more ------------------------------------------------------------------------


def test_case_22_the_same_page_sent_twice_makes_one_thing(store, sarah, order):
    checked = claim(sarah, order, K.DAMAGED, Wish.REFUND)
    first, second = (send(sarah, order, K.DAMAGED, checked) for _ in range(2))
    rma = ReturnAuthorization.objects.get()
    assert addresses.return_page(rma) in path(first)
    assert path(second) == addresses.return_page(rma)
    late = standing_still(store, order=_new(store, "JP-2"))
    client = reader(late)
    checked = walk(client, late, K.LATE, details={"words": ""})
    first, second = (send(client, late, K.LATE, checked) for _ in range(2))
    assert path(first) == path(second)
    assert Problem.objects.filter(order=late).count() == 1


def test_what_was_told_already_is_shown_instead_of_told_again(store):
    order = standing_still(store)
    client, phone = reader(order), reader(order)
    checked = walk(client, order, K.LATE, details={"words": "First."})
    old = walk(phone, order, K.LATE, details={"words": "First."})
    send(client, order, K.LATE, checked)
    problem = Problem.objects.get()
    told = addresses.order_page(order, "problem_told", pk=problem.pk)
    assert phone.get(page(order, K.LATE)).url == told
    assert path(send(phone, order, K.LATE, old)) == told
    assert told in links(phone.get(page(order)))
    assert told in links(phone.get(addresses.order_page(order)))
    assert Problem.objects.count() == 1


def test_what_we_look_for_already_is_shown_instead_of_told(store):
    order = sent(store, report(at=ago(days=40)), left=ago(days=42))
    Order.objects.update(arrived_at=ago(days=43))
    Case.objects.follow()
    search = order.investigations.get()
    client = reader(order)
    assert page(order, K.LATE) in links(client.get(page(order)))
    answer = client.get(page(order, K.LATE))
    assert answer.url == addresses.order_page(order, "investigation", pk=search.pk)
    assert client.post(page(order, K.LATE, "details"), {"words": "x"}).status_code == 409
    assert not Problem.objects.exists()


def test_a_claim_that_holds_all_of_it_is_shown_instead_of_a_second(sarah, order):
    send(sarah, order, K.DAMAGED, claim(sarah, order, K.DAMAGED, Wish.REPLACEMENT))
    rma = ReturnAuthorization.objects.get()
    for kind in (K.DAMAGED, K.QUALITY, K.NOT_HERE):
        answer = sarah.get(page(order, kind))
        assert addresses.return_page(rma) in links(answer), kind


def test_answers_changed_in_another_window_are_read_once_more(basket):
    client = reader(basket)
    checked = claim(client, basket, K.DAMAGED, Wish.REFUND, "0", "1")
    client.post(page(basket, K.DAMAGED, "things"), quantities(basket, "0", "3"))
    stale = send(client, basket, K.DAMAGED, checked)
    assert stale.status_code == 409 and "3 × Beeswax candle" in words(stale)
    assert "Something has changed" in words(stale)
    assert not ReturnAuthorization.objects.exists()
    send(client, basket, K.DAMAGED, stale)
    assert ReturnAuthorization.objects.get().lines.get().requested == 3


def test_a_remedy_that_is_gone_is_chosen_anew(sarah, order):
    checked = claim(sarah, order, K.DAMAGED, Wish.PART_REFUND)
    Order.objects.update(refunded_total=order.paid_total)
    response = send(sarah, order, K.DAMAGED, checked)
    assert path(response) == page(order, K.DAMAGED, "remedy")
    assert not ReturnAuthorization.objects.exists()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"key": "another"},
        {"key": "a\x00b", "seen": "x"},
        {"key": "k" * 5000},
        {"seen": "0" * 32},
    ],
)
def test_a_check_page_of_ones_own_making_sends_nothing(sarah, order, data):
    claim(sarah, order, K.DAMAGED, Wish.REFUND)
    answer = sarah.post(page(order, K.DAMAGED, "check"), data)
    assert answer.status_code in (302, 409)
    assert not ReturnAuthorization.objects.exists() and not Problem.objects.exists()


@pytest.mark.parametrize(
    ("step", "data", "said"),
    [
        ("things", {}, "Choose at least one thing"),
        ("things", {"line-{mine}": "2"}, "at most"),
        ("things", {"line-{mine}": "-1"}, "as a whole number"),
        ("things", {"line-{mine}": "½"}, "as a whole number"),
        ("things", {"line-{mine}": "1", "line-{other}": "1"}, "Choose from the list"),
        ("things", {"line-999999": "1"}, "Choose from the list"),
        ("reason", {"reason": "fit"}, "Choose the answer that fits best"),
        ("reason", {"reason": "never_came"}, "Choose the answer that fits best"),
        ("details", {"words": ""}, "Write a few words"),
        ("details", {"words": "x" * 2001}, "Make it shorter"),
        ("details", {"words": "It broke.", "video": "http://video.example/1"}, "https://"),
        ("details", {"words": "It broke.", "video": "javascript:alert(1)"}, "https://"),
        ("details", {"words": "It broke.", "video": "https://"}, "https://"),
        ("details", {"words": "It broke.", "video": "https://x.example/" + "a" * 500}, "too long"),
        ("remedy", {"wish": "store_credit"}, "Choose what you would like"),
        ("remedy", {"wish": "voucher"}, "Choose what you would like"),
        ("remedy", {}, "Choose what you would like"),
    ],
)
def test_a_wrong_answer_is_told_beside_its_field_and_nothing_typed_is_lost(
    store, basket, step, data, said
):
    mine = basket.lines.first().pk
    other = people.place_order(store, "JP-9").lines.get().pk
    data = {name.format(mine=mine, other=other): value for name, value in data.items()}
    client = reader(basket)
    walk_to_remedy(client, basket, K.QUALITY)
    before = Draft.objects.get().answers
    answer = client.post(page(basket, K.QUALITY, step), data)
    assert answer.status_code == 200
    assert said in words(answer) and "<title>Problem:" in answer.content.decode()
    assert Draft.objects.get().answers == before
    for name, value in data.items():
        if name in ("words", "video") and len(value) < 100:
            assert html.escape(value) in answer.content.decode(), name


def test_a_video_is_kept_with_the_claim(sarah, order):
    ABOUT_IT = ABOUT[K.QUALITY] | {"video": "https://video.example/watch?v=1&t=2"}
    checked = walk(
        sarah,
        order,
        K.QUALITY,
        reason={"reason": Reason.FAULT_LATER},
        details=ABOUT_IT,
        remedy={"wish": Wish.REPLACEMENT},
    )
    send(sarah, order, K.QUALITY, checked)
    assert Problem.objects.get().video == "https://video.example/watch?v=1&t=2"


def test_nobody_reaches_a_later_question_before_the_earlier_ones(basket):
    client = reader(basket)
    first = page(basket, K.QUALITY, "things")
    for late in ("reason", "details", "remedy", "check"):
        assert client.get(page(basket, K.QUALITY, late)).url == first
    client.post(first, quantities(basket, "1"))
    for late in ("details", "remedy", "check"):
        assert client.get(page(basket, K.QUALITY, late)).url == page(basket, K.QUALITY, "reason")
    assert client.get(page(basket, K.QUALITY, "variant")).url == page(basket, K.QUALITY, "reason")


def test_answers_come_back_in_another_browser_and_back_leads_back(basket):
    client = reader(basket)
    walk_to_remedy(client, basket, K.DAMAGED)
    phone = reader(basket)
    things = phone.get(page(basket, K.DAMAGED, "things")).content.decode()
    assert re.search(r'value="1" checked', things)
    details = phone.get(page(basket, K.DAMAGED, "details"))
    assert "The seam is torn." in details.content.decode()
    assert re.search(r'value="damaged"[^>]* checked', details.content.decode())

    def back(response) -> str:
        return re.search(r'class="back" href="([^"]+)"', response.content.decode())[1]

    assert back(details) == page(basket, K.DAMAGED, "things")
    assert back(phone.get(page(basket, K.DAMAGED, "remedy"))) == page(basket, K.DAMAGED, "details")
    assert back(phone.get(page(basket, K.DAMAGED, "things"))) == page(basket)


def test_the_answers_of_two_kinds_are_kept_apart(basket):
    client = reader(basket)
    walk_to_remedy(client, basket, K.DAMAGED)
    quality = client.get(page(basket, K.QUALITY, "things")).content.decode()
    assert "checked" not in quality
    assert Draft.objects.count() == 1


@pytest.mark.parametrize(("limits", "kind"), [(CLAIMS, "claim"), (REPORTS, "problem")])
def test_case_67_who_tells_too_often_is_asked_to_write(store, limits, kind):
    order = people.place_order(store) if kind == "claim" else standing_still(store)
    client = reader(order)
    if kind == "claim":
        told, checked = K.DAMAGED, claim(client, order, K.DAMAGED, Wish.REFUND)
    else:
        told, checked = K.LATE, walk(client, order, K.LATE, details={"words": ""})
    for _ in range(limits[0][0]):
        Throttle.objects.admit(f"{kind}:{order.pk}", limits)
    answer = send(client, order, told, checked)
    assert answer.status_code == 429 and order.store.contact_email in words(answer)
    assert not ReturnAuthorization.objects.exists() and not Problem.objects.exists()
    assert Draft.objects.exists(), "nothing that was typed is lost"


# --- Strangers --------------------------------------------------------------------------------


def every_page(order: Order) -> list[str]:
    steps = [page(order, kind, step) for kind in K for step in ("", "remind", *STEPS)]
    return [page(order), *steps, addresses.order_page(order, "problem_told", pk=1)]


def test_the_link_of_another_order_opens_none_of_it(bob, order):
    for url in every_page(order):
        assert bob.get(url).status_code == 404, url
        assert bob.post(url).status_code in (404, 405), url


def test_without_a_session_every_page_leads_to_find(client, order):
    for url in every_page(order):
        assert client.get(url).url == addresses.store_page(order.store, "find"), url


def test_a_problem_of_another_order_is_as_unknown_as_none(bob, store):
    order = standing_still(store)
    problem = order.report(K.LATE, order.shipments.get(), by=BUYER, key="k")
    own = Order.objects.get(number="JP-20999")
    for pk in (problem.pk, 999999):
        assert bob.get(addresses.order_page(own, "problem_told", pk=pk)).status_code == 404
        assert bob.post(addresses.order_page(own, "problem_told", pk=pk)).status_code == 404


def test_nothing_is_changed_by_looking(store):
    order = standing_still(store)
    client = reader(order)
    for url in every_page(order):
        client.get(url)
    assert not (Problem.objects.exists() or Draft.objects.exists())
    assert not ProblemReminder.objects.exists()


# --- How it stands ----------------------------------------------------------------------------


def told(order: Order, **values) -> tuple[Problem, str]:
    values = {"words": "Please hurry.", "by": BUYER, "key": "k"} | values
    problem = order.report(K.NOT_HERE, order.shipments.get(), **values)
    return problem, addresses.order_page(order, "problem_told", pk=problem.pk)


def test_its_page_says_what_we_do_by_when_and_what_was_told(sarah, order):
    _problem, url = told(order, answers={"signed": "nobody", "looked": ["neighbour"]})
    shown = sarah.get(url)
    text = words(shown)
    assert "We are looking for your parcel." in text
    assert "Nobody signed" in text and "With the neighbours" in text and "Please hurry." in text
    assert "postmark" in shown.content.decode()


def test_a_link_is_not_shown_words_that_name_where_the_buyer_is(order):
    _, url = told(order, words="I waited at 12 Harbour Lane all day.")
    assert "12 Harbour Lane" not in words(reader(order).get(url))
    assert "Hidden here" in words(reader(order).get(url))
    assert "12 Harbour Lane" in words(reader(order, code=True).get(url))


def test_it_is_all_right_after_all_once(sarah, order):
    problem, url = told(order)
    assert "It is all right after all" in words(sarah.get(url))
    for _ in range(2):
        after = sarah.post(url, follow=True)
    assert "Good to hear" in words(after)
    problem.refresh_from_db()
    assert problem.over_at
    assert not order.investigations.get().is_open
    assert "It is all right after all" not in words(after).replace(
        "Good to hear: it is all right after all.", ""
    )
    assert sarah.get(page(order, K.NOT_HERE)).url == page(order, K.NOT_HERE, "look")


def test_a_claim_leads_from_its_problem_to_its_own_page(sarah, order):
    send(sarah, order, K.DAMAGED, claim(sarah, order, K.DAMAGED, Wish.REPLACEMENT))
    problem, rma = Problem.objects.get(), ReturnAuthorization.objects.get()
    shown = sarah.get(addresses.order_page(order, "problem_told", pk=problem.pk))
    assert addresses.return_page(rma) in links(shown)
    assert "It is all right after all" not in words(shown)
    sarah.post(addresses.order_page(order, "problem_told", pk=problem.pk))
    problem.refresh_from_db()
    assert problem.over_at is None, "a claim is taken back on its own page"


def test_after_a_claim_about_damage_the_box_may_be_photographed(sarah, order):
    rule = order.lines.get().rules.claim(Reason.DAMAGED)
    assert rule.photos
    response = send(sarah, order, K.DAMAGED, claim(sarah, order, K.DAMAGED, Wish.REFUND))
    rma = ReturnAuthorization.objects.get()
    assert path(response) == addresses.return_page(rma, "photos")
    assert f'value="{PhotoKind.BOX}"' in response.content.decode()


# --- What it costs ----------------------------------------------------------------------------


def big(store, number: str, many: int) -> Order:
    lines = tuple((f"Mug {nth}", "7.00", 2) for nth in range(many))
    order = people.place_order(store, number, lines, shipped=False)
    for nth in range(many):
        moving(store, order=order, number=f"RB{number[3:]}{nth:05d}GB")
    return Order.objects.get(pk=order.pk)


def test_the_pages_cost_the_same_however_much_is_in_the_order(store):
    costs = []
    for number, many in (("JP-1000", 1), ("JP-2000", 6)):
        order = big(store, number, many)
        client = reader(order)
        mine = []
        for url in (page(order), page(order, K.LATE), page(order, K.NOT_HERE)):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                assert client.get(url).status_code in (200, 302)
            mine.append(len(queries))
        costs.append(mine)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= MOST_QUERIES, costs


def test_a_short_path_costs_the_same_however_many_things_there_are(store):
    costs = []
    for number, many in (("JP-1000", 1), ("JP-2000", 6)):
        lines = tuple((f"Mug {nth}", "7.00", 2) for nth in range(many))
        order = people.place_order(store, number, lines)
        client = reader(order)
        claim(client, order, K.DAMAGED, Wish.REPLACEMENT, *["1"] * many)
        mine = []
        for step in ("things", "details", "remedy", "check"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page(order, K.DAMAGED, step)).status_code == 200
            mine.append(len(queries))
        costs.append(mine)
    assert costs[0] == costs[1]
    assert max(costs[0]) <= MOST_QUERIES, costs


def test_a_later_page_is_no_longer_than_a_day_ahead_of_the_delivery(store):
    order = people.place_order(store, days_ago=3)
    begins = judged(order)[K.NOT_HERE].verdict.begins
    arrived = the_parcel(order).milestone_at
    assert timedelta(hours=24) <= begins - arrived < timedelta(hours=25)
    store.not_here_hours = 2
    store.save()
    order = Order.objects.get(pk=order.pk)
    assert judged(order)[K.NOT_HERE].verdict.begins - arrived < timedelta(hours=3)
