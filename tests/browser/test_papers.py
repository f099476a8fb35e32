"""Sending papers for customs in a real Chromium, with the script and without it."""

import pytest
from playwright.sync_api import expect

from returns import addresses
from returns.models import Document
from tests import people, pictures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PDF = (
    b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"trailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n"
)


@pytest.fixture
def order(db):
    """On its way over a border, with a return of an earlier part of it."""
    order = people.place_order(people.open_store(), lines=(("Linen shirt", "68.00", 2),))
    people.ask_to_return(order)
    people.ship(order, number="RB555555555GB")
    return order


@pytest.fixture
def open_papers(live_server, sit_down, order):
    """`open_papers(script=True)` → a Reader at the page of papers, come by the order's page."""

    def opens(**options):
        reader = sit_down(**options)
        token = order.store.sign_link(order.number)
        link = addresses.store_page(order.store, "link", token=token)
        reader.page.goto(live_server.url + link)
        reader.look()
        reader.page.get_by_role("link", name="What to have ready").click()
        return reader

    return opens


def file(data: bytes, name: str) -> dict[str, object]:
    return {"name": name, "mimeType": "application/pdf", "buffer": data}


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_chosen_paper_is_sent_at_once_and_can_be_taken_away(open_papers, width):
    reader = open_papers(width=width)
    reader.look()
    reader.page.locator("#paper-invoice").set_input_files(file(PDF, "invoice.pdf"))
    section = reader.page.locator("#kind-invoice")
    expect(section.get_by_role("link", name="Download the PDF")).to_be_visible()
    expect(reader.page.locator("#saved")).to_have_text("Your paper is saved.")
    expect(reader.page.locator("#room")).to_contain_text("room for 9 more")
    assert Document.objects.get().kind == "invoice"
    reader.look()
    section.get_by_role("button", name="Take this paper away").click()
    expect(reader.page.locator("#room")).to_contain_text("room for 10 more")
    assert not Document.objects.exists()


def test_what_is_no_paper_is_said_beside_its_field(open_papers):
    reader = open_papers()
    reader.page.wait_for_load_state()  # the script that sends it has to be there
    reader.page.locator("#paper-other").set_input_files(file(b"<html>", "paper.pdf"))
    error = reader.page.locator("#kind-other .error")
    expect(error).to_contain_text("neither a PDF nor a photo")
    assert not Document.objects.exists()
    reader.complaints.clear()  # the browser tells of the 422
    reader.look()


def test_without_the_script_the_button_sends_it(open_papers):
    reader = open_papers(script=False)
    reader.page.locator("#paper-payment_record").set_input_files(file(pictures.photo(), "a.jpg"))
    reader.page.locator("#kind-payment_record").get_by_role("button", name="Send").click()
    link = reader.page.locator("#kind-payment_record").get_by_role("link")
    expect(link).to_contain_text("Download the picture")
