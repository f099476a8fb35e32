"""Sending photos in a real Chromium: with the script at once and with progress, without it by
the button."""

import re

import pytest
from playwright.sync_api import expect

from returns import addresses
from returns.models import Photo
from tests import people, pictures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NUMBER = "RB123456785GB"


@pytest.fixture
def rma(db):
    return people.ask_to_return(people.place_order(people.open_store()))


@pytest.fixture
def open_photos(live_server, sit_down, rma):
    """`open_photos(script=True)` → a Reader at the page of photos of `rma`."""

    def opens(**options):
        reader = sit_down(**options)
        store = rma.order.store
        token = store.sign_link(rma.order.number)
        reader.page.goto(live_server.url + addresses.store_page(store, "link", token=token))
        reader.page.goto(live_server.url + addresses.return_page(rma, "photos"))
        return reader

    return opens


def file(data: bytes, name: str = "photo.jpg") -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def choose(reader, kind: str, data: bytes) -> None:
    reader.page.locator(f"#photo-{kind}").set_input_files(file(data))


def test_a_chosen_photo_is_sent_at_once_and_shown_in_its_place(open_photos, rma):
    reader = open_photos()
    reader.look()
    choose(reader, "parcel", pictures.photo())
    expect(reader.page.locator("#kind-parcel img")).to_be_visible()
    expect(reader.page.locator("#saved")).to_have_text("Your photo is saved.")
    expect(reader.page.locator("#room")).to_contain_text("room for 9 more")
    assert reader.page.locator("#kind-item img").count() == 0
    assert Photo.objects.get().kind == "parcel"
    # Not by waiting for a function: that evals in the page, which its policy forbids.
    shown = reader.page.locator("#kind-parcel img").first
    assert shown.evaluate("img => img.decode().then(() => img.naturalWidth)") > 0
    reader.look()


def test_the_number_on_the_slip_is_offered_and_leads_to_its_page(open_photos, rma):
    reader = open_photos()
    choose(reader, "waybill", pictures.waybill(NUMBER))
    offer = reader.page.get_by_role("link", name=f"Yes, it is {NUMBER}")
    expect(offer).to_be_visible()
    reader.look()
    offer.click()
    expect(reader.page.locator("input[name=number]")).to_have_value(NUMBER)
    reader.look()
    reader.page.get_by_role("button", name="Save this number").click()
    expect(reader.page).to_have_url(re.compile(rf"/returns/{rma.number}/$"))
    assert rma.order.shipments.get(is_return=True).number == NUMBER


def test_while_it_is_sent_the_page_says_how_far_it_is(open_photos):
    reader = open_photos()
    reader.page.evaluate(
        """() => {
        window.told = [];
        const status = document.querySelector("#kind-item [role=status]");
        const note = () => window.told.push(status.textContent);
        new MutationObserver(note).observe(status, {childList: true, characterData: true});
        }"""
    )
    choose(reader, "item", pictures.photo())
    expect(reader.page.locator("#kind-item img")).to_be_visible()
    told = reader.page.evaluate("window.told")
    assert told[0] == "0 % sent"
    assert "100 % sent" in told and "Looking at your photo…" in told


def test_a_refused_photo_says_why_beside_its_field(open_photos):
    reader = open_photos()
    choose(reader, "item", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    problem = reader.page.locator("#kind-item .error")
    expect(problem).to_contain_text("not a photo we can open")
    described = reader.page.locator("#photo-item").get_attribute("aria-describedby")
    assert problem.get_attribute("id") in described
    reader.complaints.clear()  # the browser notes a 422
    reader.look()
    assert not Photo.objects.exists()
    choose(reader, "item", pictures.photo())
    expect(reader.page.locator("#kind-item img")).to_be_visible()
    assert reader.page.locator("#kind-item .error").count() == 0


def test_a_lost_connection_keeps_the_photo_chosen_and_one_press_tries_again(open_photos, rma):
    reader = open_photos()
    address = f"**{addresses.return_page(rma, 'photos')}"
    reader.page.route(address, lambda route: route.abort())
    choose(reader, "item", pictures.photo())
    expect(reader.page.locator("#kind-item .error")).to_contain_text("The connection was lost.")
    again = reader.page.locator("#kind-item").get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    reader.complaints.clear()
    reader.look()
    reader.page.unroute(address)
    again.click()
    expect(reader.page.locator("#kind-item img")).to_be_visible()
    assert Photo.objects.count() == 1


def test_pressing_while_it_is_sent_sends_nothing_more(open_photos, rma):
    reader = open_photos()
    posts = []
    held = []

    def hold(route):
        if route.request.method != "POST":
            return route.continue_()
        posts.append(route.request.url)
        held.append(route)

    reader.page.route(f"**{addresses.return_page(rma, 'photos')}", hold)
    choose(reader, "item", pictures.photo())
    submit = "document.querySelector('#kind-item form[data-upload]').requestSubmit()"
    for _ in range(3):
        reader.page.evaluate(submit)
    reader.page.wait_for_timeout(200)
    assert len(posts) == 1
    held[0].continue_()
    expect(reader.page.locator("#kind-item img")).to_be_visible()
    assert Photo.objects.count() == 1


def test_a_file_that_is_too_large_is_not_sent_at_all(open_photos, tmp_path):
    reader = open_photos()
    sent = []
    reader.page.on("request", lambda one: sent.append(one) if one.method == "POST" else None)
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff" * (15 * 1024 * 1024 + 1))
    reader.page.locator("#photo-item").set_input_files(large)
    expect(reader.page.locator("#kind-item .error")).to_contain_text("larger than 15 MB")
    assert sent == []


def test_without_a_script_the_button_sends_it(open_photos):
    reader = open_photos(script=False)
    choose(reader, "waybill", pictures.waybill(NUMBER))
    reader.page.locator("#kind-waybill").get_by_role("button", name="Send this photo").click()
    expect(reader.page.locator("#kind-waybill img")).to_be_visible()
    reader.page.get_by_role("link", name=f"Yes, it is {NUMBER}").click()
    reader.page.get_by_role("button", name="Save this number").click()
    expect(reader.page.locator("h1")).to_contain_text("number of your parcel")
