"""Shopify, WooCommerce and a merchant's own system as somebody plays them on loopback.

    with played() as there:
        shopify.tell(UPDATE, there.shopify)
        assert there.told == [...]

They check who calls with code of their own, and keep the address that they were told last.
`trouble` is what they answer instead of doing anything; `lost` is what the caller hears of
what was done; `shows` is done to the address before it is shown again.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from returns.postal.address import PostalAddress
from returns.shops import Access, Update
from tests.tracking.loopback import Answer, Loopback, Seen, loopback

FOLDER = Path(__file__).parent.parent / "recordings"
TOKEN, SECRET = "shpat_a-token-of-juniper", "a-secret-of-juniper"
CONSUMER = {"consumer_key": "ck_a-key-of-juniper", "consumer_secret": "cs_a-secret-of-juniper"}
SECRETS = (TOKEN, SECRET, *CONSUMER.values())
SHOPIFY = "/admin/api/2026-10/graphql.json"
SILENT = Answer(silent=True)

SAN_FRANCISCO = PostalAddress(
    name="Sarah Whitcombe",
    phone="+44 7700 900123",
    street="350 Mission St",
    street2="Apt 1902",
    city="San Francisco",
    region="CA",
    postcode="94105",
    country="US",
)
SHENZHEN = PostalAddress(
    name="李小明",
    phone="13800138000",
    street="科技园路1号2栋301",
    district="南山区",
    city="深圳市",
    region="广东省",
    postcode="518057",
    country="CN",
    latin_name="Li Xiaoming",
)


def update(address: PostalAddress = SAN_FRANCISCO, source_id: str = "727") -> Update:
    return Update("0123456789abcdef", source_id, "JP-20418", address)


def recorded(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_bytes())


class Played:
    """told: each address that was taken, in the fields of the shop. keys: of the calls to the
    merchant's own system, one for each."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.told: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.trouble: Answer | None = None
        self.lost: Answer | None = None
        self.shows: Callable[[dict[str, Any]], dict[str, Any]] = dict
        self.confirms = False
        self.shopify = Access({"token": TOKEN}, server.url)
        self.woocommerce = Access(dict(CONSUMER), server.url)
        self.webhook = Access({"secret": SECRET}, f"{server.url}/addresses")
        server.answers(SHOPIFY, self._shopify)
        server.answers("/wp-json/wc/v3/orders/727", self._woocommerce)
        server.answers("/addresses", self._webhook)

    @property
    def last(self) -> dict[str, Any]:
        return self.told[-1]

    def _take(self, told: dict[str, Any], answer: Callable[[], Answer]) -> Answer:
        if self.trouble:
            return self.trouble
        self.told.append(told)
        return self.lost or answer()

    def _shopify(self, seen: Seen) -> Answer:
        if seen.headers["X-Shopify-Access-Token"] != TOKEN:
            words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return Answer(status=401, json={"errors": words})
        given = seen.json["variables"]["input"]
        assert "orderUpdate(input: $input)" in seen.json["query"]
        assert given["id"] == "gid://shopify/Order/727"
        answer = recorded("shops/shopify/answer-address")
        return self._take(given["shippingAddress"], lambda: self._shown_by_shopify(answer))

    def _shown_by_shopify(self, answer: dict[str, Any]) -> Answer:
        """Empty fields are shown as null, regions by name and code."""
        told = self.last
        names = {"CA": "California", "GD": "Guangdong", "JP-13": "Tōkyō"}
        code = told.get("provinceCode")
        shown = {
            **{name: told.get(name) or None for name in ("firstName", "lastName", "company")},
            **{name: told.get(name) or None for name in ("address1", "address2", "city", "zip")},
            "province": names.get(code or "", told.get("province")),
            "provinceCode": code,
            "countryCodeV2": told["countryCode"],
        }
        answer["data"]["orderUpdate"]["order"]["shippingAddress"] = self.shows(shown)
        return Answer(json=answer)

    def _woocommerce(self, seen: Seen) -> Answer:
        both = ":".join(CONSUMER.values())
        if seen.headers["Authorization"] != f"Basic {base64.b64encode(both.encode()).decode()}":
            return Answer(status=401, json={"code": "woocommerce_rest_authentication_error"})
        assert seen.method == "PUT"
        assert set(seen.json) == {"shipping"}
        answer = recorded("shops/woocommerce/answer-address")
        return self._take(
            seen.json["shipping"],
            lambda: Answer(json=answer | {"shipping": self.shows(dict(self.last))}),
        )

    def _webhook(self, seen: Seen) -> Answer:
        fields = dict(one.split("=") for one in seen.headers["Homeward-Signature"].split(","))
        signed = f"{fields['t']}.".encode() + seen.body
        if fields["v1"] != hmac.digest(SECRET.encode(), signed, hashlib.sha256).hex():
            return Answer(status=403)
        assert abs(time.time() - int(fields["t"])) < 60
        assert seen.headers["Content-Type"] == "application/json"
        assert seen.headers["Idempotency-Key"] == seen.json["key"]
        self.keys.append(seen.json["key"])
        return self._take(seen.json, lambda: Answer(status=202, json={"confirmed": self.confirms}))


@contextmanager
def played() -> Iterator[Played]:
    with loopback() as server:
        yield Played(server)
