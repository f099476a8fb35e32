"""WooCommerce: an order's shipping address, written with its REST API.

Built from its public documentation and source, not verified with a live shop. Documented
(REST API v3): `PUT /wp-json/wc/v3/orders/<id>` with `shipping`, HTTP Basic with key and secret
over https, errors with `code`, `message` and a status; that fields which are not sent stay as
they were (so all are sent); the field `phone` since version 5.6, which older ones leave alone.

UNSURE: how a shop's own pages print a region that we send by name, because we know no code of
WooCommerce for it. Shops whose server keeps the log-in to itself, or takes no PUT, answer 401
or 501. There is no place for a copy in Latin letters, nor for a district of its own.
"""

import base64
import html
from collections.abc import Mapping
from typing import Any

from returns.postal import book
from returns.postal.address import PostalAddress
from returns.shops import TOTAL, Access, Answer, Error, NoAccess, Outcome, Update
from returns.shops.writing import document, first_and_last, flat, moment, part, same, words
from tracking import http
from tracking.providers import reading

KEYS: Mapping[str, str] = {
    "consumer_key": "Key of the REST API with the right to write",
    "consumer_secret": "Its secret",
}
OPTIONS: Mapping[str, str] = {
    "api_refund": "“no”: refunds are only noted in the shop, and a person sends the money"
}
NEEDS_ADDRESS = True

PATH = "/wp-json/wc/v3/orders"
# Its codes are those that letters have there.
LETTERS = frozenset({"AR", "AU", "BR", "CA", "IN", "IT", "US"})
NO_ROUTE = "rest_no_route"


def tell(update: Update, access: Access) -> Answer:
    if not update.source_id.isdecimal():
        return Answer(Outcome.REFUSED, "This order has no number of WooCommerce’s.")
    reply = http.call(
        "PUT",
        address_of(update.source_id, access),
        json={"shipping": written(update.address)},
        headers=headers(access),
        total=TOTAL,
    )
    if 300 <= reply.status < 400:
        raise NoAccess(f"The shop sends us elsewhere ({reply.status}): is its address right?")
    answer = document(reply)
    if reply.status not in (200, 201):
        return _refused(reply.status, answer, update, access)
    if same(_shown(part(answer, "shipping")), flat(update.address)):
        return Answer(Outcome.CONFIRMED, version=moment(answer.get("date_modified_gmt")))
    return Answer(Outcome.REFUSED, "The shop said yes, but its order shows another address.")


def address_of(source_id: str, access: Access) -> str:
    return f"{access.base.rstrip('/')}{PATH}/{source_id}"


def headers(access: Access) -> dict[str, str]:
    both = f"{access.keys.get('consumer_key', '')}:{access.keys.get('consumer_secret', '')}"
    return {"Authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}


def written(address: PostalAddress) -> dict[str, str]:
    plain = flat(address)
    first, last = first_and_last(plain.name)
    fields = {
        "first_name": first,
        "last_name": last,
        "company": plain.company,
        "address_1": plain.street,
        "address_2": plain.street2,
        "city": plain.city,
        "state": state(plain),
        "postcode": plain.postcode,
        "country": plain.country,
    }
    return {**fields, "phone": plain.phone} if plain.phone else fields


def state(address: PostalAddress) -> str:
    """WooCommerce's code of the region, where we know it, else the region as it stands."""
    known = book.find(address.country)
    region = known.region(address.region) if known else None
    if region and region.iso and address.country in LETTERS:
        return region.iso
    if region and region.iso and address.country == "JP":
        return f"JP{region.iso}"
    return address.region


def _shown(fields: Mapping[str, Any]) -> PostalAddress:
    def text(name: str) -> str:
        # WordPress keeps `&amp;` and its like.
        return html.unescape(reading.text(fields.get(name), 300))

    return PostalAddress(
        name=f"{text('first_name')} {text('last_name')}".strip(),
        company=text("company"),
        street=text("address_1"),
        street2=text("address_2"),
        city=text("city"),
        region=text("state"),
        postcode=text("postcode"),
        country=text("country"),
    )


def _refused(status: int, answer: Mapping[str, Any], update: Update, access: Access) -> Answer:
    told = words(answer.get("message"), update, access)
    if answer.get("code") == NO_ROUTE:
        raise NoAccess("There is no REST API of WooCommerce at this address.")
    if status in (400, 404, 410, 422):
        return Answer(Outcome.REFUSED, told or f"The shop refused it ({status}).")
    raise Error(f"The shop answered {status}: {told}")
