"""Parcels on the board of the day, on the page of a return, of an order and of a store."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from django.utils import timezone

from portal.demo import staff
from returns.models import Store
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import approved, arrived, ask_for_all, at_desk, page
from tests.tracking.desk import connect, member, parcel, permit, refused, shown, trouble
from tracking import queues

pytestmark = pytest.mark.django_db

GROUP = "Parcels on their way"
SILENT = "Providers that do not answer"
UNFOLLOWED = "Numbers that nobody follows"
TROUBLES = [row.label for row in queues.TROUBLES.values()]


@pytest.fixture
def agent():
    return member("agent", "view_parcel", "change_parcel", "view_connection")


def tiles(client) -> dict[str, tuple[int, str, str]]:
    """Of each tile on the board: its name → (count, its line in words, where it leads)."""
    found = re.findall(
        r'<a href="([^"]+)"><span class="name">(.+?)</span><span class="n">(\d+)</span>'
        r'<span class="old">(.+?)</span>',
        client.get(reverse("admin:index")).text,
    )
    return {
        name: (int(count), words.replace("\xa0", " "), url) for url, name, count, words in found
    }


def headings(client) -> list[str]:
    return re.findall(r"<h2>(.+?)</h2>", client.get(reverse("admin:index")).text)


# --- the board --------------------------------------------------------------------------------


def test_what_is_wrong_is_counted_by_parcel_with_its_oldest_and_leads_to_it(agent):
    late = parcel("LATE-1")
    trouble(late, "stalled", days=2)
    trouble(late, "wrong_way", days=4)
    trouble(parcel("LATE-2"), "overdue", days=9)
    trouble(parcel("GONE-1"), "lost", days=1)
    trouble(parcel("WELL-1"), "lost", days=1, cleared_at=timezone.now())
    found = tiles(agent)
    assert found["Late or silent"][:2] == (2, "Oldest: 1 week, 2 days ago")
    assert found["Lost"][:2] == (1, "Oldest: 1 day ago")
    listed = agent.get(found["Late or silent"][2]).text
    numbers = ("LATE-1", "LATE-2", "GONE-1", "WELL-1")
    assert [number for number in numbers if number in listed] == ["LATE-1", "LATE-2"]
    assert "WELL-1" not in agent.get(found["Lost"][2]).text


def test_numbers_without_anybody_to_follow_them_lead_to_their_list(agent):
    refused(parcel("NOBODY-1"), connect(), done_at=timezone.now() - timedelta(days=3))
    count, words, url = tiles(agent)[UNFOLLOWED]
    assert (count, words) == (1, "Oldest: 3 days ago")
    assert "NOBODY-1" in agent.get(url).text


def test_providers_that_do_not_answer_lead_to_how_they_do(agent):
    now = timezone.now()
    connect(
        failures=5,
        paused_until=now + timedelta(minutes=5),
        last_answer_at=now - timedelta(hours=2),
        last_failure="Off.",
    )
    count, words, url = tiles(agent)[SILENT]
    assert (count, words) == (1, "Oldest: 2 hours ago")
    assert "because: Off." in shown(agent.get(url))


def test_with_nothing_wrong_every_tile_says_so(agent):
    found = tiles(agent)
    assert list(found) == [*TROUBLES, UNFOLLOWED, SILENT]
    assert {row[:2] for row in found.values()} == {(0, "Nothing waiting")}
    assert headings(agent)[0] == GROUP


def test_each_role_sees_what_it_may_open(agent, db):
    connect(failures=5)
    assert SILENT not in tiles(member("reader", "view_parcel"))
    assert list(tiles(member("keys", "view_connection"))) == [SILENT]
    assert list(tiles(member("doer", "change_parcel"))) == [*TROUBLES, UNFOLLOWED]
    assert GROUP not in headings(at_desk("jonas", "receive_return"))
    assert tiles(member("nobody", "view_account")) == {}
    only_parcels = agent.get(reverse("admin:index")).text
    assert "Find a return" not in only_parcels and "within its time" not in only_parcels


def test_who_works_on_parcels_finds_them_first(db):
    boss = at_desk("boss", "decide_return")
    permit(boss, "tracking", "view_parcel")
    assert headings(boss)[0] == "Requests" and GROUP in headings(boss)
    clerk = at_desk("parcels")
    permit(clerk, "tracking", "view_parcel")
    permit(clerk, "tracking", "change_parcel")
    assert headings(clerk)[0] == GROUP


def test_the_board_costs_the_same_for_one_and_for_many(agent, django_assert_max_num_queries):
    agent.get(reverse("admin:index"))
    with django_assert_max_num_queries(10) as few:
        agent.get(reverse("admin:index"))
    for name, row in queues.TROUBLES.items():
        for kind in row.kinds:
            for number in range(3):
                trouble(parcel(f"{name}-{kind}-{number}"), kind)
    for name in ("kiln", "loom", "mast"):
        refused(parcel(f"{name}-1"), connect("17track", name, failures=5))
    with django_assert_max_num_queries(10) as many:
        agent.get(reverse("admin:index"))
    assert len(many) == len(few)


# --- the people of the demo -------------------------------------------------------------------


def test_the_demo_s_desk_works_on_parcels_and_its_warehouse_does_not(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    staff.hire()
    may = {
        user.username: {
            name
            for name in ("view_parcel", "change_parcel", "view_connection", "change_connection")
            if user.has_perm(f"tracking.{name}")
        }
        for user in get_user_model().objects.all()
    }
    assert may["desk"] == {"view_parcel", "change_parcel", "view_connection"}
    assert len(may["owner"]) == 4
    assert may["warehouse"] == set()
    client = CheckedClient()
    client.force_login(get_user_model().objects.get(username="desk"))
    connect(key="a-key-nobody-reads")
    assert GROUP in headings(client)
    assert "a-key-nobody-reads" not in client.get(reverse("admin:tracking_connection_health")).text


# --- where parcels are shown besides ----------------------------------------------------------


def test_the_page_of_a_return_tells_what_is_wrong_with_its_parcel(store):
    rma = arrived(approved(store))
    row = rma.parcel_back.parcel
    type(row).objects.filter(pk=row.pk).update(wants_signature=True, by_appointment=True)
    row.incidents.all().delete()
    trouble(row, "delivered_not_received", days=3)
    trouble(row, "stalled", days=8, cleared_at=timezone.now())
    client = at_desk("dora")
    said = shown(client.get(page(rma)))
    assert "Signed for, not received, since" in said and "No movement" not in said
    assert "Handed over against a signature. Delivered by appointment." in said
    link = reverse("admin:tracking_parcel_change", args=[row.pk])
    assert link not in client.get(page(rma)).text
    permit(client, "tracking", "view_parcel")
    assert link in client.get(page(rma)).text


def test_the_page_of_an_order_tells_of_each_parcel(store, django_assert_max_num_queries):
    order = people.place_order(store, delivered=False)
    row = order.shipments.get().parcel
    type(row).objects.filter(pk=row.pk).update(by_appointment=True)
    row.incidents.all().delete()
    trouble(row, "customs_documents", days=2)
    client = at_desk("dora")
    address = reverse("admin:returns_order_change", args=[order.pk])
    said = shown(client.get(address))
    assert "Customs wants papers, since" in said and "appointment" in said
    with django_assert_max_num_queries(40) as one:
        client.get(address)
    for number in ("RB000000101GB", "RB000000102GB"):
        people.ship(order, number=number)
    with django_assert_max_num_queries(40) as three:
        client.get(address)
    assert len(three) == len(one)


def test_a_return_without_a_parcel_is_shown_as_before(store):
    rma = ask_for_all(people.place_order(store))
    assert "No tracking number yet." in shown(at_desk("dora").get(page(rma)))


def test_what_is_large_or_valuable_is_set_at_the_store(store):
    owner = at_desk("owner", "change_store", "view_store")
    address = reverse("admin:returns_store_change", args=[store.pk])
    text = owner.get(address).text
    _, _, section = text.partition("Large or valuable parcels</h2>")
    for name in ("sign_from", "appoint_from_grams", "appoint_from_cm"):
        assert f'name="{name}"' in section.partition("</fieldset>")[0]
        assert text.count(f'name="{name}"') == 1
    form = owner.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    values = {name: value for name, value in values.items() if value is not False}
    values |= {"sign_from": "300", "appoint_from_grams": "20000", "appoint_from_cm": ""}
    for inline in owner.get(address).context["inline_admin_formsets"]:
        management = inline.formset.management_form
        values |= {field.html_name: field.value() for field in management}
    owner.post(address, values, follow=True)
    found = Store.objects.get()
    assert (found.sign_from, found.appoint_from_grams, found.appoint_from_cm) == (300, 20000, None)
    said = shown(owner.post(address, values | {"appoint_from_grams": "0"}))
    assert "greater than or equal to 1" in said
