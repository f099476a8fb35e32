"""News that joins a draft at the moment at which somebody saves it, on PostgreSQL."""

from functools import partial

import pytest
from django.utils import timezone

from returns import news
from returns.models import CLOCK, Notice
from tests.people import open_store
from tests.returns.test_notices_at_once import at_once
from tests.returns.troubled import on_its_way, trouble

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_no_news_is_swallowed_by_words_that_did_not_know_it():
    """An arrival joins without the lock of the order; it is told in a letter of its own, or
    the editor looks once more."""
    store = open_store(hold_minutes=60)
    for number in range(8):
        order = on_its_way(store, f"JP-{number}", email=f"{number}@example.com")
        trouble(order)
        draft, shipment = Notice.objects.latest("pk"), order.shipments.get()
        edit = partial(draft.edit, "", "It is damaged.", by=CLOCK, seen=draft.mark)
        was_saved, _ = at_once(edit, partial(news.arrived, order, shipment, timezone.now()))
        assert draft.news.count() == (1 if was_saved else 2)
        assert Notice.objects.filter(order=order, kind=draft.kind).count() == 1 + was_saved
