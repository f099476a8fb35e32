"""Papers that buyers sent are a queue of the desk until somebody has opened them."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from returns.models import Document
from tests import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def paper(order) -> Document:
    return Document.objects.create(
        order=order,
        kind="invoice",
        file="documents/nowhere.pdf",
        content_type="application/pdf",
        sha256="0" * 64,
        sent_by="buyer",
        added_at=timezone.now() - timedelta(hours=3),
    )


def staff(*permissions: str) -> Client:
    client = Client()
    client.force_login(people.staff("reader", "view_returnauthorization", *permissions))
    return client


def tile(client: Client):
    groups = client.get("/desk/").context["groups"]
    found = [tile for group in groups for tile in group.tiles if tile.name == "Papers from buyers"]
    return found[0] if found else None


def test_a_paper_waits_until_somebody_has_opened_it(paper):
    desk = staff("view_document")
    assert (tile(desk).count, tile(desk).oldest) == (1, paper.added_at)
    listed = desk.get(tile(desk).url)
    assert listed.status_code == 200
    assert listed.context["cl"].result_count == 1
    Document.objects.update(looked_at=timezone.now())
    assert tile(desk).count == 0
    assert desk.get(tile(desk).url).context["cl"].result_count == 0


def test_who_may_not_see_papers_is_not_told_of_them(paper):
    assert tile(staff()) is None
