"""Tracking numbers of the form that each carrier uses, with the right check digit."""

import random
from string import ascii_uppercase, digits

from tracking.numbers import checks

# '#' is any digit, '?' the sign that makes the check come out right.
FORMS = {
    "sf": "SF#############",
    "zto": "78############",
    "yto": "YT#############",
    "ems": "11###########",
    "lp-express": "LP##########",
    "dhl": "#########?",
    "dhl-paket": "0034043############?",
    "dpd": "0529##########?",
}
CHECKS = {"dhl": checks.dhl_express, "dhl-paket": checks.container, "dpd": checks.dpd}
# All others are posts: two letters, nine digits, the country where it was handed over.
LETTERS = {"royal-mail": "RN", "la-poste": "CC", "postnl": "CD", "usps": "CH"}
FROM_US = "RL########?LT"


def new(carrier: str, chance: random.Random, country: str = "") -> str:
    """country: of the buyer who sends it back; '' when we send it."""
    form = FORMS.get(carrier) or FROM_US
    if country and carrier not in FORMS:
        form = f"{LETTERS[carrier]}########?{country}"
    number = "".join(str(chance.randint(0, 9)) if sign == "#" else sign for sign in form)
    is_right = CHECKS.get(carrier, checks.postal)
    candidates = (number.replace("?", sign) for sign in digits + ascii_uppercase)
    return number if "?" not in number else next(filter(is_right, candidates))
