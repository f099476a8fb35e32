"""Cases at the desk: whose they are, what the buyer reads, and what we asked the carrier."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from portal.demo import staff
from returns.models import (
    CLOCK,
    Actor,
    CarrierContact,
    Case,
    Event,
    EventKind,
    Notice,
    Order,
    Promise,
    PromiseKind,
)
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import at_desk
from tests.portal.on_the_way import report, sent, sent_back, the_parcel, wrong
from tests.portal.test_desk_thread import counted
from tracking.incidents import IncidentKind
from tracking.models import Incident

pytestmark = pytest.mark.django_db

SEE, CARE = "view_case", "care_for_case"
LIST = "admin:returns_case_changelist"


@pytest.fixture
def nobody_cares(db):
    """Nobody of the staff may look after cases yet, so that a new one has no owner."""


@pytest.fixture
def case(store, nobody_cares) -> Case:
    """Sarah's parcel stands still, and nobody looks after it."""
    return stalled(sent(store, report()))


@pytest.fixture
def ieva(case):
    return at_desk("ieva", SEE, CARE)


def stalled(order: Order, kind: str = IncidentKind.STALLED) -> Case:
    """We have known the order for longer than the trouble, so that it is news."""
    Order.objects.filter(pk=order.pk).update(arrived_at=timezone.now() - timedelta(days=9))
    wrong(the_parcel(order), kind)
    Case.objects.follow()
    return Case.objects.get(order=order, kind=kind)


def page(case: Case) -> str:
    return reverse("admin:returns_case_change", args=[case.pk])


def url(case: Case, act: str, *more: int) -> str:
    return reverse(f"admin:returns_case_{act}", args=[case.pk, *more])


def user(username: str):
    return get_user_model().objects.get(username=username)


def read(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def listed(client: CheckedClient, query: str = "") -> str:
    return client.get(reverse(LIST) + query).text


def contact(**changes) -> dict[str, str]:
    an_hour_ago = timezone.localtime(timezone.now() - timedelta(hours=1))
    values = {
        "way": "phone",
        "asked_at": f"{an_hour_ago:%Y-%m-%dT%H:%M}",
        "asked": "Where does it lie?",
        "is_visible": "on",
    }
    return values | changes


# --- The page -------------------------------------------------------------------------------------


def test_the_page_shows_what_the_buyer_reads_the_promise_and_the_way_to_everything(ieva, case):
    text = ieva.get(page(case)).text
    promise = Promise.objects.open().get(order=case.order, kind=PromiseKind.UPDATE)
    assert "Days without a new scan are hard to sit through." in text
    assert "Nothing has come since." in text
    assert f'datetime="{timezone.localtime(promise.due_at):%Y-%m-%d}' in text
    assert "We will look at it again and write to you by" in text
    assert "Nobody looks after it" in text and "not looked at yet" in text
    assert "Kaunas" in text
    assert reverse("admin:returns_order_change", args=[case.order.pk]) in text
    assert "News of the parcels" in text


def test_a_buyer_who_reads_chinese_is_shown_in_both_languages(store, nobody_cares):
    case = stalled(sent(store, report(), language="zh-hans"))
    text = at_desk("ieva", SEE, CARE).get(page(case)).text
    assert 'lang="zh-hans"' in text and re.search("[\u4e00-\u9fff]", text)
    assert "The same in English" in text and "Days without a new scan" in text


def test_the_trouble_of_a_parcel_back_is_told_as_of_a_return(store, nobody_cares):
    rma = sent_back(store, report())
    wrong(rma.parcel_back.parcel, IncidentKind.STALLED)
    Case.objects.follow()
    case = Case.objects.get(authorization=rma)
    text = at_desk("ieva", SEE, CARE).get(page(case)).text
    assert "You have sent it off, and for days there has been no word of it." in text
    assert rma.number in text and "We write again by" in text


def test_what_stands_before_it_on_the_page_of_the_buyer_is_named(store, nobody_cares):
    order = sent(store, report())
    wrong(the_parcel(order), IncidentKind.LOST)
    case = stalled(order)
    text = at_desk("ieva", SEE, CARE).get(page(case)).text
    assert "Another trouble of this parcel stands before it on the page" in text


def test_what_the_carrier_no_longer_reports_is_not_told_any_more(ieva, case):
    Incident.objects.filter(pk=case.incident_id).update(cleared_at=timezone.now())
    assert "by what the carrier reports now it is over" in ieva.get(page(case)).text


def test_opening_it_is_a_look_of_its_owner_and_of_nobody_else(ieva, case):
    ieva.get(page(case))
    assert read(case).looked_at is None
    read(case).give_to(user("ieva"), by=CLOCK)
    at_desk("cora", SEE, CARE).get(page(case))
    assert read(case).looked_at is None
    ieva.get(page(case))
    looked = read(case)
    assert looked.looked_by == user("ieva") and looked.looked_at is not None
    ieva.get(page(case))
    assert read(case).looked_at == looked.looked_at
    assert [entry.change_message for entry in LogEntry.objects.all()] == ["Looked at."]


def test_who_may_only_see_has_no_button_and_no_way_round_it(case):
    reader = at_desk("reader", SEE)
    text = reader.get(page(case)).text
    assert "What the buyer reads" in text and "I have looked at it" not in text
    row = asked(case)
    for where in (url(case, "look"), url(case, "close"), url(case, "answer", row.pk)):
        assert where not in reader.get(page(case)).text
        assert reader.get(where).status_code == 404
        assert reader.post(where, {"reason": "x", "answer": "x"}).status_code == 404
    assert read(case).is_open and read(case).looked_at is None


def test_who_may_see_no_cases_sees_none(case):
    packer = at_desk("packer")
    assert packer.get(page(case)).status_code in (302, 403)
    assert packer.get(reverse(LIST)).status_code in (302, 403)
    order = packer.get(reverse("admin:returns_order_change", args=[case.order.pk])).text
    assert page(case) not in order


# --- What can be done -----------------------------------------------------------------------------


def test_another_member_looks_at_it_by_a_button(ieva, case):
    assert "The buyer is not told." in ieva.get(url(case, "look")).text
    assert read(case).looked_at is None
    done = ieva.post(url(case, "look"), follow=True).text
    assert "Noted: you have looked at it." in done and "I have looked at it" not in done
    assert read(case).looked_by == user("ieva")


def test_it_is_given_to_somebody_who_may_look_after_it(ieva, case):
    cora = people.staff("cora", CARE, first_name="Cora")
    people.staff("packer")
    text = ieva.get(url(case, "give")).text
    assert "Cora (cora)" in text and "packer" not in text
    assert (
        "Cora looks after it" in ieva.post(url(case, "give"), {"owner": cora.pk}, follow=True).text
    )
    assert read(case).owner == cora
    assert Event.objects.filter(kind=EventKind.CASE_GIVEN).exists()
    packer = user("packer")
    assert ieva.post(url(case, "give"), {"owner": packer.pk}).status_code == 200
    assert read(case).owner == cora


def asked(case: Case, **values) -> CarrierContact:
    by = Actor.staff(people.staff(f"asker-{CarrierContact.objects.count()}"))
    facts = {"way": "phone", "asked": "Where is it?"} | values
    return CarrierContact.objects.ask(case, by=by, **facts)


def test_a_logged_contact_is_what_the_buyer_reads_that_we_did(ieva, case):
    assert "We asked" not in ieva.get(page(case)).text
    text = ieva.post(url(case, "contact"), contact(), follow=True).text
    row = case.contacts.get()
    assert row.user == user("ieva") and row.is_visible
    assert "Where does it lie?" in text and "the buyer may read it" in text
    assert "We asked Royal Mail on" in text and "We have no answer yet." in text


def test_a_contact_that_stays_with_us_proves_nothing_to_the_buyer(ieva, case):
    values = contact(asked="Is it stolen?")
    del values["is_visible"]
    text = ieva.post(url(case, "contact"), values, follow=True).text
    assert "only we see it" in text and "We asked Royal Mail" not in text
    assert not Event.objects.filter(kind=EventKind.CARRIER_ASKED).exists()


def test_the_same_contact_sent_twice_is_one(ieva, case):
    values = contact()
    ieva.post(url(case, "contact"), values)
    ieva.post(url(case, "contact"), values)
    assert case.contacts.count() == 1


def test_a_contact_is_logged_by_the_clock_of_the_store_once_it_has_happened(ieva, case, store):
    store.zone = "Asia/Shanghai"
    store.save()
    later = timezone.now() + timedelta(hours=9)  # over already where the store is not
    typed = f"{later:%Y-%m-%dT%H:%M}"
    assert (
        "Log it once it is done." in ieva.post(url(case, "contact"), contact(asked_at=typed)).text
    )
    typed = f"{timezone.now() + timedelta(hours=7):%Y-%m-%dT%H:%M}"  # an hour ago in Shanghai
    ieva.post(url(case, "contact"), contact(asked_at=typed))
    at = case.contacts.get().asked_at
    assert timedelta(minutes=59) < timezone.now() - at < timedelta(minutes=63)


def test_an_answer_of_the_carrier_is_noted_once(ieva, case):
    row = asked(case)
    assert "Where is it?" in ieva.get(url(case, "answer", row.pk)).text
    words = {"answer": "It lies at the depot."}
    text = ieva.post(url(case, "answer", row.pk), words, follow=True).text
    assert "The answer is noted." in text and "It lies at the depot." in text
    late = ieva.post(url(case, "answer", row.pk), {"answer": "Another."}, follow=True).text
    assert "Somebody else was faster" in late and "Another." not in late
    assert Event.objects.filter(kind=EventKind.CARRIER_ANSWERED).count() == 1


def test_the_contact_of_another_case_is_not_answered_here(ieva, case, store):
    other = a_case(store, "JP-2")
    row = asked(other)
    assert ieva.get(url(case, "answer", row.pk)).status_code == 404


def test_closing_it_says_what_falls_away_and_wants_a_reason(ieva, case):
    assert "a new case is opened" in ieva.get(url(case, "close")).text.replace("\n", " ")
    assert read(case).is_open
    assert "This field is required." in ieva.post(url(case, "close"), {"reason": ""}).text
    text = ieva.post(url(case, "close"), {"reason": "It was a wrong scan."}, follow=True).text
    assert "It was a wrong scan." in text and "I have looked at it" not in text
    assert not read(case).is_open
    assert LogEntry.objects.latest("pk").change_message == "Closed."
    again = ieva.post(url(case, "close"), {"reason": "Twice."}, follow=True).text
    assert "Somebody else was faster" in again
    assert read(case).close_reason == "It was a wrong scan."


# --- The list -------------------------------------------------------------------------------------


def a_case(store, number: str, **values) -> Case:
    """One more, of an order and a parcel of its own."""
    order = people.place_order(store, number, delivered=False)
    facts = {"kind": "stalled", "since": timezone.now() - timedelta(days=3)} | values
    return Case.objects.create(order=order, parcel=the_parcel(order), **facts)


def test_the_list_is_narrowed_by_owner_look_state_kind_and_store(ieva, case, store):
    mine = a_case(store, "JP-MINE", owner=user("ieva"))
    seen = a_case(store, "JP-SEEN", looked_at=timezone.now(), kind="overdue")
    gone = a_case(store, "JP-GONE", closed_at=timezone.now(), close_reason="Over.")
    far = a_case(people.open_store("elsewhere"), "JP-FAR", owner=user("ieva"))

    def found(query: str) -> set[str]:
        return set(re.findall(r"JP-[A-Z]+|JP-20418", listed(ieva, query)))

    numbers = {row.order.number for row in (case, mine, seen, gone, far)}
    assert found("") == numbers
    assert found("?whose=mine") == {"JP-MINE", "JP-FAR"}
    assert found("?state=open&whose=nobody") == {"JP-20418", "JP-SEEN"}
    assert found("?looked=no") == {"JP-20418", "JP-MINE", "JP-FAR"}
    assert found("?looked=yes") == {"JP-SEEN"}
    assert found("?state=closed") == {"JP-GONE"}
    assert found("?kind=overdue") == {"JP-SEEN"}
    assert found("?store=elsewhere") == {"JP-FAR"}
    assert found(f"?q={mine.parcel.number}") == {"JP-MINE"}


def test_ones_own_come_first_then_what_falls_due_next_and_closed_ones_last(ieva, case, store):
    a_case(store, "JP-GONE", closed_at=timezone.now())
    soon = a_case(store, "JP-SOON")
    a_case(store, "JP-MINE", owner=user("ieva"))
    now = timezone.now()
    Promise.objects.make(soon.order, PromiseKind.UPDATE, now + timedelta(minutes=90), by=CLOCK)
    text = listed(ieva)
    places = [text.index(number) for number in ("JP-MINE", "JP-SOON", "JP-20418", "JP-GONE")]
    assert places == sorted(places)
    assert "in 1\xa0hour" in text
    Promise.objects.filter(order=soon.order).update(due_at=now - timedelta(hours=2))
    assert '<span class="late">2\xa0hours late</span>' in listed(ieva)


def test_the_promise_of_a_return_counts_for_the_case_of_its_parcel(ieva, store):
    rma = sent_back(store, report(), number="JP-BACK")
    wrong(rma.parcel_back.parcel, IncidentKind.STALLED)
    Case.objects.follow()
    due = timezone.now() - timedelta(hours=3)
    Promise.objects.filter(authorization=rma, kind=PromiseKind.UPDATE).update(due_at=due)
    assert "3\xa0hours late" in listed(ieva, "?q=JP-BACK")


def test_the_list_cannot_be_asked_what_no_page_shows(ieva, case):
    for query in ("?order__email__startswith=sarah", "?parcel__phone_tail__startswith=0"):
        assert ieva.get(reverse(LIST) + query).status_code in (302, 400)


def test_a_parcel_leads_to_its_cases(case):
    boss = at_desk("boss", SEE)
    permit_parcels("boss")
    text = boss.get(reverse("admin:tracking_parcel_change", args=[case.parcel_id])).text
    assert "Its cases and promises" in text
    where = f"{reverse(LIST)}?q={case.parcel.number}"
    assert where in text and page(case) in boss.get(where).text


def permit_parcels(username: str) -> None:
    sees = Permission.objects.get(codename="view_parcel", content_type__app_label="tracking")
    user(username).user_permissions.add(sees)


# --- The order and the board ----------------------------------------------------------------------


def test_the_page_of_an_order_names_its_open_cases_with_owner_and_look(ieva, case):
    where = reverse("admin:returns_order_change", args=[case.order.pk])
    text = ieva.get(where).text
    assert page(case) in text and "nobody" in text and "not yet" in text
    case.close("Over.", by=CLOCK)
    assert page(case) not in ieva.get(where).text


def tiles(client: CheckedClient) -> dict[str, tuple[str, str, str]]:
    found = re.findall(
        r'<a href="([^"]+)"><span class="name">(Cases .+?)</span><span class="n">(\d+)</span>'
        r'<span class="old">(.+?)</span>',
        client.get(reverse("admin:index")).text,
    )
    return {name: (n, old.replace("\xa0", " "), where) for where, name, n, old in found}


def test_the_board_counts_cases_to_look_at_and_those_without_an_owner(ieva, case, store):
    a_case(store, "JP-MINE", owner=user("ieva"), opened_at=timezone.now() - timedelta(hours=5))
    a_case(store, "JP-SEEN", looked_at=timezone.now(), owner=user("ieva"))
    late = timezone.now() - timedelta(hours=1)
    Promise.objects.filter(order=case.order, kind=PromiseKind.UPDATE).update(due_at=late)
    found = tiles(ieva)
    count, words, where = found["Cases nobody has looked at"]
    assert (count, words) == ("2", "Oldest: 5 hours ago; one with a promise that is late")
    assert "JP-SEEN" not in ieva.get(where.replace("&amp;", "&")).text
    count, _, where = found["Cases without an owner"]
    assert count == "1"
    assert "JP-MINE" not in ieva.get(where.replace("&amp;", "&")).text


def test_who_may_see_neither_messages_nor_cases_has_no_such_tiles(case):
    assert tiles(at_desk("packer")) == {}


def test_the_demo_s_desk_answers_and_looks_after_cases_and_its_warehouse_does_not(
    settings, tmp_path, case
):
    settings.DATA_DIR = tmp_path
    staff.hire()
    desk, warehouse = CheckedClient(), CheckedClient()
    desk.force_login(user("desk"))
    warehouse.force_login(user("warehouse"))
    assert "I have looked at it" in desk.get(page(case)).text
    thread = reverse("admin:returns_order_thread", args=[case.order.pk])
    assert desk.get(thread).context["form"] is not None
    assert warehouse.get(thread).status_code == 404
    assert warehouse.get(page(case)).status_code in (302, 403)


# --- What it costs --------------------------------------------------------------------------------


def test_a_long_list_costs_no_more_queries(ieva, case, store):
    few = counted(ieva, reverse(LIST))
    for number in range(5):
        a_case(store, f"JP-{number}", looked_at=timezone.now(), looked_by=user("ieva"))
    assert counted(ieva, reverse(LIST)) == few


def test_a_long_case_costs_no_more_queries(ieva, case, store):
    row = asked(case)
    ieva.get(page(case))
    few = counted(ieva, page(case))
    for number in range(4):
        asked(case, asked=f"Question {number}?", answer="Yes.")
        Notice.objects.write(case.order, "order_update", event=f"again-{number}")
        Case.objects.create(
            order=case.order,
            parcel=case.parcel,
            kind="overdue",
            since=row.asked_at,
            closed_at=timezone.now(),
        )
    assert counted(ieva, page(case)) == few


def test_the_page_of_an_order_with_much_owed_costs_no_more_queries(ieva, case, store):
    where = reverse("admin:returns_order_change", args=[case.order.pk])
    ieva.get(where)
    few = counted(ieva, where)
    for kind in ("overdue", "damaged", "silent"):
        Case.objects.create(
            order=case.order,
            parcel=case.parcel,
            kind=kind,
            since=timezone.now(),
            owner=user("ieva"),
        )
    assert counted(ieva, where) == few
