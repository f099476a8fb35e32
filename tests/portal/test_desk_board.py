"""The board of the day: each queue with its count, its oldest, and what is late, in words."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from returns.models import BUYER, Promise, ReturnAuthorization
from returns.queues import QUEUES
from tests import people
from tests.portal.desk_work import (
    LIST,
    WAYBILL,
    approved,
    arrived,
    ask_for_all,
    at_desk,
    clerk,
    inspected,
    received,
    send,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db):
    return at_desk("boss", "decide_return", "receive_return", "settle_return", "view_promise")


def tiles(client) -> dict[str, tuple[int, str, str]]:
    """Of each tile on the board: its name → (count, its line in words, where it leads)."""
    page = client.get(reverse("admin:index")).text
    found = re.findall(
        r'<a href="([^"]+)"><span class="name">(.+?)</span><span class="n">(\d+)</span>'
        r'<span class="old">(.+?)</span>',
        page,
    )
    return {
        name: (int(count), words, url.replace("&amp;", "&")) for url, name, count, words in found
    }


def one_of_each(store) -> dict[str, ReturnAuthorization]:
    """A return in each queue that has one to itself."""

    def fresh(number: str) -> ReturnAuthorization:
        order = people.place_order(store, number, lines=(("Linen shirt", "68.00", 2),))
        return ask_for_all(order)

    by = clerk()
    made = {"receive": arrived(fresh("A-1"))}
    made["inspect"] = received(fresh("A-2"), by)
    made["settle"] = inspected(fresh("A-3"), by)
    made["send"] = inspected(fresh("A-4"), by)
    send(at_desk("cleo", "settle_return"), made["send"], "settle")
    made["surplus"] = fresh("A-5")
    send(at_desk("jonas", "receive_return"), made["surplus"], "receive", what_1="A red sock")
    made["doubt"] = fresh("A-6")
    made["doubt"].name_parcel(WAYBILL, "royal-mail", by=BUYER)
    made["quiet"] = fresh("A-7")
    made["quiet"].name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    ReturnAuthorization.objects.filter(pk=made["quiet"].pk).update(
        posted_at=timezone.now() - timedelta(days=7, minutes=1)
    )
    made["post"] = fresh("A-8")
    return made


def test_each_queue_has_its_tile_that_leads_to_its_rows(boss, store):
    made = one_of_each(store)
    shown = tiles(boss)
    for name, rma in made.items():
        count, words, url = shown[QUEUES[name].label]
        assert count == QUEUES[name].rows().count()
        assert words.startswith("Oldest: ")
        assert url == f"{reverse(LIST)}?work={name}"
        listed = boss.get(url).text
        assert rma.number in listed
        others = {other.number for key, other in made.items() if other != rma}
        within = {row.number for row in QUEUES[name].rows()}
        assert {number for number in others if number in listed} == within - {rma.number}


def test_an_empty_queue_says_that_nothing_waits(boss, store):
    shown = tiles(boss)
    assert len(shown) >= len(QUEUES)
    assert {(count, words) for count, words, _ in shown.values()} == {(0, "Nothing waiting")}


def test_what_is_later_than_promised_is_said_in_words(boss, store):
    first = arrived(approved(store))
    arrived(ask_for_all(people.place_order(store, "A-2")), "RB123456785GB")
    Promise.objects.filter(authorization=first, kind="inspection").update(
        due_at=timezone.now() - timedelta(hours=3)
    )
    count, words, _ = tiles(boss)["To receive: they are here"]
    assert count == 2
    assert words.endswith("; one later than promised")
    assert "has-late" in boss.get(reverse("admin:index")).text


def test_money_that_is_late_is_said_too(boss, store):
    rma = inspected(approved(store), clerk())
    send(boss, rma, "settle")
    Promise.objects.open().filter(authorization=rma).update(
        due_at=timezone.now() - timedelta(hours=3)
    )
    assert tiles(boss)["Money and goods to send"][1].endswith("; one later than promised")
    assert tiles(boss)["Promises overdue"][0] == 1


def test_a_tile_whose_list_one_may_not_open_is_not_shown(boss):
    assert "Promises overdue" in tiles(boss)
    assert "Promises overdue" not in tiles(at_desk("jonas", "receive_return"))


def test_oldest_first_by_what_they_wait_for(boss, store):
    early, late = (
        arrived(ask_for_all(people.place_order(store, f"A-{n}")), f"RB1{n}3456785GB")
        for n in (1, 2)
    )
    ReturnAuthorization.objects.filter(pk=late.pk).update(
        arrived_at=timezone.now() - timedelta(days=9)
    )
    listed = boss.get(reverse(LIST), {"work": "receive"}).text
    assert listed.index(late.number) < listed.index(early.number)
    words = tiles(boss)["To receive: they are here"][1]
    assert words.replace("\xa0", " ").startswith("Oldest: 1 week, 2 days ago")


def test_what_one_may_do_comes_first(store, db):
    for permission, name in (
        ("decide_return", "Requests"),
        ("receive_return", "Parcels that come back"),
        ("settle_return", "Money and goods"),
    ):
        page = at_desk(permission, permission).get(reverse("admin:index")).text
        assert re.search(r"<h2>(.+?)</h2>", page).group(1) == name


def test_an_unknown_queue_narrows_nothing(boss, store):
    rma = approved(store)
    assert rma.number in boss.get(reverse(LIST), {"work": "nonsense"}, follow=True).text


def test_the_board_costs_the_same_for_one_and_for_many(boss, store, django_assert_max_num_queries):
    boss.get(reverse("admin:index"))
    with django_assert_max_num_queries(40) as few:
        boss.get(reverse("admin:index"))
    one_of_each(store)
    with django_assert_max_num_queries(40) as many:
        boss.get(reverse("admin:index"))
    assert len(many) == len(few)


def test_the_desk_speaks_english_whatever_the_browser_asks_for(boss, store):
    rma = approved(store)
    for address in (reverse("admin:index"), reverse(LIST)):
        page = boss.get(address, headers={"Accept-Language": "zh-CN"})
        assert '<html lang="en' in page.text
        assert "主" not in page.text
    assert rma.number in page.text
    boss.logout()
    login = boss.get(reverse("admin:login"), headers={"Accept-Language": "zh-CN"}).text
    assert '<html lang="en' in login
