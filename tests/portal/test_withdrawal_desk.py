"""Withdrawals at the desk: the list, the page of one, what can be done, the export."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from returns.models import BUYER, Withdrawal, WithdrawalReceipt
from returns.withdrawal_states import WhyNot, WithdrawalStatus
from tests import people
from tests.portal.desk_work import at_desk, send
from tests.portal.test_desk_board import tiles
from tests.returns.returning import posted
from tests.returns.withdrawing import (
    again,
    declared,
    eu_order,
    eu_store,
    news,
    on_its_page,
    outcome_of,
    work,
)
from tracking.work import WorkState

pytestmark = pytest.mark.django_db
LIST = "admin:returns_withdrawal_changelist"
S = WithdrawalStatus


@pytest.fixture
def desk() -> Client:
    return at_desk(
        "desk",
        "view_withdrawal",
        "decide_withdrawal",
        "decide_return",
        "settle_return",
        "view_order",
        "view_notice",
    )


@pytest.fixture
def reader() -> Client:
    return at_desk("reader", "view_withdrawal")


@pytest.fixture
def order():
    return eu_order(lines=(("Linen shirt", "68.00", 2), ("Candles", "24.00", 1)))


def page_of(row: Withdrawal) -> str:
    return reverse("admin:returns_withdrawal_change", args=[row.pk])


def act(client: Client, row: Withdrawal, name: str, **data):
    return client.post(
        reverse(f"admin:returns_withdrawal_{name}", args=[row.pk]), data, follow=True
    )


def unconfirmed(order, **values) -> Withdrawal:
    made = declared(order, **values)
    work()
    return made


def units(order, *counts) -> dict[str, int]:
    lines = order.lines.all()
    return {f"units_{line.pk}": n for line, n in zip(lines, counts, strict=True)}


# --- The board and the list ----------------------------------------------------------------------


def test_each_queue_has_its_tile_that_leads_to_its_rows(desk, order):
    unknown = unconfirmed(order, contract="the lamp", email="x@example.com")
    waits = unconfirmed(order)
    late = on_its_page(eu_order(order.store, "JP-2", days_ago=60))
    WithdrawalReceipt.objects.filter(pk=late.pk).update(state=WorkState.DEAD)
    found = tiles(desk)
    for name, row in (
        ("Withdrawals without an order", unknown),
        ("Withdrawals not confirmed yet", waits),
        ("Withdrawals to answer", late),
        ("Withdrawals whose letter did not leave", late),
    ):
        count, words, url = found[name]
        assert (count, words.startswith("Oldest: ")) == (1, True), name
        shown = desk.get(url).text
        assert row.number in shown
        others = {unknown.number, waits.number, late.number} - {row.number}
        assert not any(number in shown for number in others)


def test_parcels_to_stop_stand_on_the_board_and_are_no_work_of_another_queue(desk):
    order = eu_order(shipped=False)
    rma = order.cancel_unshipped(None, by=BUYER, key="k")
    found = tiles(desk)
    assert found["Parcels to stop: withdrawn before they left"][0] == 1
    assert found["To put right, nothing comes back"][0] == 0
    shown = desk.get(found["Parcels to stop: withdrawn before they left"][2]).text
    assert rma.number in shown and "It stays here" in shown


def test_money_that_may_not_wait_stands_on_the_board(desk, order):
    on_its_page(order)
    posted(order.returns.get())
    work()
    assert tiles(desk)["Withdrawals to pay: the goods are on their way"][0] == 1


def test_the_list_costs_the_same_for_many(desk, order):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            assert desk.get(reverse(LIST)).status_code == 200
        return len(found)

    on_its_page(order)
    before = asked()
    for number in range(5):
        on_its_page(eu_order(order.store, f"JP-{number}"))
    assert asked() == before


def test_whoever_may_not_see_them_does_not(order):
    row = on_its_page(order)
    client = at_desk("other", "view_returnauthorization")
    for url in (reverse(LIST), page_of(row)):
        assert client.get(url).status_code == 403
    assert "Withdrawals to answer" not in tiles(client)


# --- The page of one ------------------------------------------------------------------------------


def test_its_page_shows_what_was_declared_and_what_followed(desk, order):
    row = on_its_page(order, parts="", name="Sarah <Whitcombe>")
    page = desk.get(page_of(row)).text
    for words in ("Sarah &lt;Whitcombe&gt;", order.number, row.digest, row.number, "In force"):
        assert words in page
    assert order.returns.get().number in page
    assert "We have your withdrawal from the contract." in page, "the letter, as it was sent"


def test_a_record_that_was_changed_behind_our_back_is_called_so(desk, order):
    row = on_its_page(order)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE returns_withdrawal SET name = 'Bob' WHERE id = %s", [row.pk])
    assert "It is not as it was written" in desk.get(page_of(row)).text


def test_case_68_nobody_can_change_or_delete_it_there(desk, order):
    row = on_its_page(order)
    boss = people.staff("boss", is_superuser=True)
    client = Client()
    client.force_login(boss)
    for who in (desk, client):
        who.post(page_of(row), {"name": "Bob"})
        assert who.post(page_of(row).replace("change", "delete")).status_code in (403, 404)
        bulk = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        who.post(reverse(LIST), bulk)
    assert Withdrawal.objects.get().name == "Sarah Whitcombe"


def test_a_reader_can_do_nothing(reader, order):
    row = unconfirmed(order)
    assert "Let it count" not in reader.get(page_of(row)).text
    for name in ("verify", "aside", "ask", "answer", "order"):
        assert act(reader, row, name).status_code == 404
    assert "Export" not in reader.get(reverse(LIST)).text


# --- What can be done -----------------------------------------------------------------------------


def test_made_sure_and_it_counts(desk, order):
    row = unconfirmed(order, parts="one shirt")
    form = desk.get(reverse("admin:returns_withdrawal_verify", args=[row.pk])).text
    assert "one shirt" in form and "Linen shirt, of 2" in form
    page = act(desk, row, "verify", note="Called back", **units(order, 1, 0))
    assert "It is in force." in page.text and "Called back" in page.text
    assert outcome_of(row).status == S.EFFECTIVE
    assert order.returns.get().lines.get().requested == 1


@pytest.mark.parametrize("counts", [(0, 0), (3, 0), (-1, 1)])
def test_numbers_that_cannot_be_are_asked_for_again(desk, order, counts):
    row = unconfirmed(order)
    page = act(desk, row, "verify", note="x", **units(order, *counts))
    assert page.status_code == 200 and outcome_of(row).status == S.UNVERIFIED
    assert not order.returns.exists()


def test_how_one_made_sure_has_to_be_said(desk, order):
    row = unconfirmed(order)
    act(desk, row, "verify", note="", **units(order, 2, 1))
    assert outcome_of(row).status == S.UNVERIFIED


def test_the_order_is_named_and_its_contact_is_asked(desk, order):
    row = unconfirmed(order, contract="the lamp", email="x@example.com")
    assert "has no such order" in act(desk, row, "order", number="JP-9").text
    act(desk, row, "order", number="#jp-20418")
    outcome = outcome_of(row)
    assert (outcome.status, outcome.order) == (S.UNVERIFIED, order)
    assert [letter.recipient for letter in news()] == ["sarah@example.com"]


def test_the_answer_goes_to_the_buyer_with_its_reason(desk, order):
    row = on_its_page(eu_order(order.store, "JP-2", days_ago=60))
    assert "Explain it in words" in act(desk, row, "answer", why="other", words=" ").text
    page = act(desk, row, "answer", why="over", words="We are sorry.")
    assert "Answered. The buyer is told." in page.text
    outcome = outcome_of(row)
    assert (outcome.status, outcome.why, outcome.words) == (S.ANSWERED, "over", "We are sorry.")
    assert news()[-1].facts["news"] == "answer"


def test_what_is_not_the_buyers_is_set_aside_and_nobody_is_told(desk, order):
    row = unconfirmed(order)
    before = len(news())
    act(desk, row, "aside", why="not_the_buyer", words="Called: it was not her")
    assert outcome_of(row).status == S.SET_ASIDE and len(news()) == before


def test_asking_once_more_needs_one_press(desk, order):
    row = unconfirmed(order)
    url = reverse("admin:returns_withdrawal_ask", args=[row.pk])
    assert desk.get(url).status_code == 405
    desk.post(url)
    assert len(news()) == 2
    desk.post(url)
    page = desk.post(url, follow=True).text
    assert len(news()) == 3 and "this is not possible now" in page


def test_what_has_moved_on_is_said(desk, order):
    row = unconfirmed(order)
    outcome_of(row).confirm()
    page = act(desk, row, "aside", why="not_ours")
    assert "It stands at “In force”" in page.text


def test_what_was_done_is_logged_with_who(desk, order):
    from django.contrib.admin.models import LogEntry

    row = unconfirmed(order)
    act(desk, row, "aside", why="not_ours")
    entry = LogEntry.objects.get()
    assert entry.user.username == "desk" and "Set aside" in entry.change_message


# --- The returns that follow ----------------------------------------------------------------------


def decide(client: Client, rma, name: str):
    url = reverse(f"admin:returns_returnauthorization_{name}", args=[rma.pk])
    return client.get(url), client.post(url, follow=True)


def test_it_stays_here_is_said_at_the_desk(order):
    desk = at_desk("d", "view_returnauthorization", "decide_return")
    rma = eu_order(order.store, "JP-2", shipped=False).cancel_unshipped(None, by=BUYER, key="k")
    form, _done = decide(desk, rma, "stopped")
    assert "74.00 USD" in form.text
    assert again(rma).status == "resolved"


def test_that_it_left_is_said_at_the_desk(order):
    desk = at_desk("d", "view_returnauthorization", "decide_return")
    rma = eu_order(order.store, "JP-2", shipped=False).cancel_unshipped(None, by=BUYER, key="k")
    decide(desk, rma, "left")
    assert not again(rma).keeps_goods
    _form, late = decide(desk, rma, "stopped")
    assert "no longer possible" in late.text


def test_the_whole_refund_is_decided_on_proof(order):
    desk = at_desk("d", "view_returnauthorization", "decide_return", "settle_return")
    on_its_page(order)
    rma = order.returns.get()
    posted(rma)
    decide(desk, rma, "pay_on_proof")
    assert again(rma).resolutions.get().amount == rma.estimated_total


# --- The export -----------------------------------------------------------------------------------


def export(client: Client, name: str):
    keys = list(Withdrawal.objects.values_list("pk", flat=True))
    return client.post(reverse(LIST), {"action": name, "_selected_action": keys})


def test_the_export_holds_the_record_its_hash_and_what_followed(desk, order):
    row = on_its_page(order)
    unconfirmed(order, contract="the lamp", email="x@example.com")
    answer = export(desk, "export_json")
    assert "attachment" in answer["Content-Disposition"]
    first, second = json.loads(answer.content)
    assert first["record"] == row.content and first["hash"] == row.digest
    assert first["outcome"]["status"] == "effective"
    assert first["outcome"]["returns"] == [order.returns.get().number]
    assert first["outcome"]["acknowledged_at"]
    assert second["record"]["previous"] == row.digest and second["outcome"]["order"] == ""


def test_the_table_holds_no_formulas(desk, order):
    on_its_page(order, name="=HYPERLINK(1)")
    [row] = csv.DictReader(io.StringIO(export(desk, "export_csv").content.decode()))
    assert row["name"] == "'=HYPERLINK(1)"
    assert (row["what"], row["intact"], row["order"]) == ("all of it", "yes", order.number)


def test_the_export_costs_the_same_for_many(desk, order):
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            export(desk, "export_json")
        return len(found)

    on_its_page(order)
    before = asked()
    for number in range(4):
        on_its_page(eu_order(order.store, f"JP-{number}"))
    assert asked() == before


def test_the_command_prints_all_of_a_store_and_finds_what_was_changed(order, capsys):
    row = on_its_page(order)
    declared(eu_order(eu_store(slug="pear"), "P-1"))
    call_command("export_withdrawals", "juniper-pine")
    [found] = json.loads(capsys.readouterr().out)
    assert found["hash"] == row.digest
    with connection.cursor() as cursor:
        cursor.execute("UPDATE returns_withdrawal SET email = 'b' WHERE id = %s", [row.pk])
    with pytest.raises(CommandError, match=row.number):
        call_command("export_withdrawals", "juniper-pine", "--csv")


def test_what_waits_longer_than_promised_is_counted_as_late(desk, order):
    on_its_page(eu_order(order.store, "JP-2", days_ago=60))
    from returns.models import Promise

    Promise.objects.filter(kind="answer").update(due_at=timezone.now() - timedelta(hours=1))
    assert "one later than promised" in tiles(desk)["Withdrawals to answer"][1]


def test_every_reason_that_a_buyer_reads_has_its_words():
    from returns.withdrawal_states import TOLD
    from returns.withdrawal_texts import STANDS, WHY_NOT

    assert set(WHY_NOT) == set(TOLD)
    assert set(STANDS) == set(WithdrawalStatus)
    assert set(WhyNot) - set(TOLD) == {WhyNot.NOT_OURS, WhyNot.NOT_THE_BUYER}


def test_what_came_is_settled_only_the_way_it_was_paid(order):
    from tests.returns.returning import inspected, opened, scan

    desk = at_desk("d", "view_returnauthorization", "settle_return")
    on_its_page(order)
    rma = order.returns.get()
    parcel = posted(rma)
    scan(parcel, "delivered")
    rma = inspected(opened(again(rma)))
    url = reverse("admin:returns_returnauthorization_settle", args=[rma.pk])
    form = desk.get(url).text
    assert "The way it was paid" in form and "Bank transfer" not in form
    assert "Store credit" not in form
    send(desk, rma, "settle", kind="refund", method="transfer")
    assert not again(rma).resolutions.exists()
    send(desk, rma, "settle", kind="refund", method="original")
    row = again(rma).resolutions.get()
    assert (row.method, row.amount) == ("original", rma.estimated_total)
