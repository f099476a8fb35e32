"""What must be true of every page, checked on each page that a test fetches."""

from collections import Counter
from html.parser import HTMLParser

from django.test import Client

VOID = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "path",
        "circle",
        "use",
    }
)


class Page(HTMLParser):
    """The parts of a page that the checks look at."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.ids: Counter[str] = Counter()
        self.labels: set[str] = set()
        self.inside: list[str] = []
        self.inline_script = False
        self.labelled_inside: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append((tag, values))
        if values.get("id"):
            self.ids[values["id"]] += 1
        if tag == "label":
            self.labels.add(values.get("for") or "")
        if "label" in self.inside:
            self.labelled_inside.append(values)
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag):
        while self.inside and tag in self.inside:
            if self.inside.pop() == tag:
                break

    def handle_data(self, data):
        if self.inside and self.inside[-1] == "script" and data.strip():
            self.inline_script = True

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [values for name, values in self.tags if name == tag]


def problems(text: str) -> list[str]:
    """What is wrong with the page, as sentences; empty when nothing is."""
    page = Page(text)
    found = []
    if len(page.all("h1")) != 1:
        found.append(f"it has {len(page.all('h1'))} h1 headings")
    if not (page.all("html") and page.all("html")[0].get("lang")):
        found.append("its language is not named")
    if not any(meta.get("name") == "robots" for meta in page.all("meta")):
        found.append("robots may list it")
    if page.inline_script or any("src" not in script for script in page.all("script")):
        found.append("it has an inline script")
    for tag, values in page.tags:
        if tag == "style" or "style" in values:
            found.append(f"<{tag}> has an inline style")
        if any(name.startswith("on") for name in values):
            found.append(f"<{tag}> has an event attribute")
        if (
            any(name.startswith("hx-") for name in values)
            and tag in {"a", "form", "button"}
            and (not values.get("href") and not values.get("action") and tag != "button")
        ):
            found.append(f"<{tag}> works only with JavaScript")
        for name in ("src", "href", "action"):
            if (values.get(name) or "").startswith(("http://", "https://")) and name == "src":
                found.append(f"<{tag}> loads from another host")
    for name, count in page.ids.items():
        if count > 1:
            found.append(f"the id {name} stands {count} times")
    for tag in ("input", "select", "textarea"):
        for values in page.all(tag):
            hidden = values.get("type") in {"hidden", "submit"}
            named = (
                values.get("id") in page.labels
                or values.get("aria-label")
                or values.get("aria-labelledby")
                or values in page.labelled_inside
            )
            if not hidden and not named:
                found.append(f"the field {values.get('name')} has no label")
    for form in page.all("form"):
        if (form.get("method") or "get").lower() == "post" and not any(
            values.get("name") == "csrfmiddlewaretoken" for values in page.all("input")
        ):
            found.append("a form has no csrf token")
    return found


class CheckedClient(Client):
    """A test client that refuses pages which break the house's rules."""

    def request(self, **request):
        response = super().request(**request)
        kind = response.headers.get("Content-Type", "")
        whole = kind.startswith("text/html") and b"<html" in response.content[:400].lower()
        if whole and not request.get("HTTP_HX_REQUEST"):
            found = problems(response.content.decode())
            assert not found, f"{request.get('PATH_INFO')}: {'; '.join(found)}"
            assert "noindex" in response.headers.get("X-Robots-Tag", ""), "robots may list it"
            assert "Content-Security-Policy" in response.headers
        return response
