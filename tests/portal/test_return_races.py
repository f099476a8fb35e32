"""The same form at the same moment: real connections, on PostgreSQL."""

import threading
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection
from django.test import Client

from returns import addresses
from returns.ledger import Refused
from returns.models import BUYER, Draft, Event, Notice, Wanted
from returns.states import Status
from tests import people
from tests.portal.test_return_form import answer_all, hidden, page, words

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*acts: Callable[[], object]) -> list:
    """Does all of it at the same moment, each over a connection of its own."""
    start = threading.Barrier(len(acts))
    results: list = [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        try:
            start.wait(30)
            results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return results


def same_browser(client: Client) -> Client:
    """Another tab: a client with the same cookies."""
    tab = Client()
    tab.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    return tab


def test_fifty_presses_at_once_make_one_return(sarah, order):
    form = hidden(answer_all(sarah, order, "1"))
    path = page(order, "return_check")
    tabs = [same_browser(sarah) for _ in range(50)]
    responses = at_once(*[lambda tab=tab: tab.post(path, form) for tab in tabs])
    rma = order.returns.get()
    assert [getattr(response, "status_code", response) for response in responses] == [302] * 50
    assert {response.url for response in responses} == {addresses.return_page(rma)}
    assert rma.status == Status.APPROVED
    assert rma.lines.get().requested == 1
    assert Event.objects.filter(kind="return_requested").count() == 1
    assert Notice.objects.count() == 1, "one letter, not fifty"
    assert not Draft.objects.exists()


@pytest.mark.parametrize("attempt", range(5))
def test_of_two_requests_for_the_last_unit_one_wins_and_the_other_is_told(sarah, order, attempt):
    form = hidden(answer_all(sarah, order, "1"))
    line = order.lines.get()
    tab = same_browser(sarah)
    other, posted = at_once(
        lambda: order.request_return([Wanted(line.pk, 1, "fit")], by=BUYER, key="elsewhere"),
        lambda: tab.post(page(order, "return_check"), form),
    )
    rma = order.returns.get()
    assert posted.status_code == 302
    if rma.form_key == "elsewhere":
        told = sarah.get(posted.url, follow=True)
        assert "All of it is already part of a return." in words(told)
        assert Draft.objects.exists(), "what was answered is kept"
    else:
        assert isinstance(other, Refused)
        assert posted.url == addresses.return_page(rma)


def test_two_tabs_that_answer_at_once_both_count(store):
    order = people.place_order(store, lines=tuple((f"Thing {n}", "5.00", 1) for n in range(8)))
    Draft.objects.of(order, "return").keep(lines={str(line.pk): 1 for line in order.lines.all()})
    drafts = [(Draft.objects.of(order, "return"), line.pk) for line in order.lines.all()]
    at_once(
        *[lambda draft=draft, pk=pk: draft.keep(**{f"reason-{pk}": "fit"}) for draft, pk in drafts]
    )
    assert len(Draft.objects.get().answers) == 1 + 8
