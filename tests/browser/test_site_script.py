"""The comforts of static/js/site.js, in a real Chromium, on the real layout."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

SITE = "https://shop.test"
SCRIPT = (Path(settings.BASE_DIR) / "static/js/site.js").read_text()
CONTENT = """
<div class="letter"><h1>Post it</h1>
<div class="errors" tabindex="-1"><a href="#n">Type the number</a></div>
<form method="post" action="/sent"><input id="n" name="n"><button class="btn">Continue</button>
</form>
<address class="onlabel">Juniper &amp; Pine<br>Vilnius</address>
<p class="ref" data-copy="HW7F3K9Q2M">HW-7F3K-9Q2M</p>
<section data-refresh id="story">Story</section></div>
"""


@pytest.fixture
def posts():
    """What the site was sent, one entry per post."""
    return []


@pytest.fixture
def page(browser, posts):
    """The layout around CONTENT. The site never answers a post, as on a slow line."""
    layout = Template('{% extends "base.html" %}{% block content %}' + CONTENT + "{% endblock %}")
    html = layout.render(Context())
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()

    def answer(route):
        if route.request.method == "POST":
            posts.append(route.request.post_data)
            route.fulfill(status=204)  # the page stays, as while waiting
        elif route.request.url.endswith("/"):
            route.fulfill(body=html, content_type="text/html; charset=utf-8")
        elif re.search(r"/js/site[^/]*\.js$", route.request.url):
            route.fulfill(body=SCRIPT, content_type="text/javascript")
        else:
            route.fulfill(status=404)

    context.route("**/*", answer)
    page.clock.install()
    page.goto(f"{SITE}/")
    yield page
    context.close()


def press(page):
    """Presses Continue and waits until its post, if there was one, has been seen."""
    page.get_by_role("button", name="Continue").click()
    page.evaluate("fetch('/settled')")


def test_the_summary_of_problems_is_focused(page):
    expect(page.locator(".errors")).to_be_focused()


def test_a_second_press_sends_nothing(page, posts):
    press(page)
    press(page)
    assert len(posts) == 1


def test_after_ten_seconds_one_may_press_again(page, posts):
    press(page)
    page.clock.fast_forward(11_000)
    press(page)
    assert len(posts) == 2


def test_coming_back_to_the_page_makes_the_form_usable_at_once(page, posts):
    press(page)
    page.evaluate("dispatchEvent(new Event('pageshow'))")
    press(page)
    assert len(posts) == 2


def test_the_label_is_copied_line_by_line(page):
    page.locator(".onlabel + .copy").click()
    expect(page.locator(".onlabel + .copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "Juniper & Pine\nVilnius"
    page.clock.fast_forward(3_500)
    expect(page.locator(".onlabel + .copy")).to_have_text("Copy")


def test_a_number_is_copied_as_it_is_to_be_pasted(page):
    page.locator(".ref + .copy").click()
    expect(page.locator(".ref + .copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "HW7F3K9Q2M"


def test_the_story_is_asked_for_again_every_five_minutes(page):
    page.evaluate(
        "window.asked = 0; story.addEventListener('refresh', () => { window.asked += 1 })"
    )
    page.clock.run_for(4 * 60_000)
    assert page.evaluate("window.asked") == 0
    page.clock.run_for(2 * 60_000)
    assert page.evaluate("window.asked") == 1


def test_coming_back_after_a_minute_asks_for_the_story(page):
    page.evaluate(
        "window.asked = 0; story.addEventListener('refresh', () => { window.asked += 1 })"
    )
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("window.asked") == 0
    page.clock.fast_forward(61_000)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert page.evaluate("window.asked") == 1
