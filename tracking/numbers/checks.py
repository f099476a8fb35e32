"""The check digits of tracking numbers, one small function for each way of counting.

Each takes a whole number whose shape already fits its format (`formats.py`) and says whether
the check digit is right. What they find differs: every single wrong digit is found by mod 10
with the weights 1 and 3, by Luhn and by mod 37,36. Where a weight is even (UPS, OnTrac,
Identcode) a digit that is off by five stays unseen; mod 7 takes 0 for 7, 1 for 8 and 2 for 9;
after mod 11 two remainders share one digit (5 in postal numbers, 0 at FedEx).
"""

import re
from collections.abc import Sequence
from string import ascii_uppercase

# UPS counts A as 2, B as 3 … H as 9, I as 0 and so on.
_LETTERS_AS_DIGITS = {ord(letter): str((ord(letter) - 3) % 10) for letter in ascii_uppercase}
_POSTAL_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
# What may stand before the serial of a USPS label: 420, the ZIP code, perhaps with four more.
_USPS_ROUTING = re.compile(r"(?:420\d{5}(?:\d{4})?)?", re.ASCII)
_USPS_SIZES = (22, 26, 30)


def _sum(serial: str, weights: Sequence[int]) -> int:
    """The sum of the digits times their weights, which repeat from the left."""
    step = len(weights)
    return sum(weight * sum(map(int, serial[at::step])) for at, weight in enumerate(weights))


def _mod10(serial: str, digit: str, weights: Sequence[int]) -> bool:
    """With the check digit the sum becomes a multiple of ten."""
    return (_sum(serial, weights) + int(digit)) % 10 == 0


def postal(number: str) -> bool:
    """UPU S10: two letters, eight digits, check digit, country."""
    digit = 11 - _sum(number[2:10], _POSTAL_WEIGHTS) % 11
    return int(number[10]) == {10: 0, 11: 5}.get(digit, digit)


def ups(number: str) -> bool:
    """`1Z`, fifteen signs, check digit; every second sign counts double."""
    return _mod10(number[2:-1].translate(_LETTERS_AS_DIGITS), number[-1], (1, 2))


def ups_waybill(number: str) -> bool:
    return _mod10(number[1:-1], number[-1], (1, 2))


def fedex_express(number: str) -> bool:
    return _sum(number[:11], (3, 1, 7)) % 11 % 10 == int(number[11])


def fedex_34(number: str) -> bool:
    """Only the last fourteen of the 34 digits are checked; they end in the number of twelve."""
    return _sum(number[-14:-1], (1, 7, 3)) % 11 % 10 == int(number[-1])


def fedex_astra(number: str) -> bool:
    """The 32 digits of an older label's barcode, with the number of twelve inside."""
    return fedex_express(number[16:28])


def fedex_ground(number: str) -> bool:
    return _mod10(number[:-1], number[-1], (1, 3))


def fedex_96(number: str) -> bool:
    """96, two and three digits of service, then shipper and parcel, which are checked."""
    return _mod10(number[7:-1], number[-1], (1, 3))


def fedex_18(number: str) -> bool:
    """A container's number without its first two digits."""
    return _mod10(number[2:-1], number[-1], (3, 1))


def usps_20(number: str) -> bool:
    """Twenty digits, or the older ones printed without the 91 that is counted with them."""
    return any(_mod10(prefix + number[:-1], number[-1], (3, 1)) for prefix in ("", "91"))


def usps(number: str) -> bool:
    """22 digits (or 26, 30) counted from the right; routing digits before them do not count."""
    for size in _USPS_SIZES:
        routing, serial = number[:-size], number[-size:]
        starts = len(serial) == size and serial[0] == "9" and _USPS_ROUTING.fullmatch(routing)
        if starts and _mod10(serial[-2::-1], serial[-1], (3, 1)):
            return True
    return False


def container(number: str) -> bool:
    """GS1 SSCC: eighteen digits, as 20 with the two zeros that announce one."""
    serial = number[-18:]
    return _mod10(serial[:-1], serial[-1], (3, 1))


def dhl_express(number: str) -> bool:
    return int(number[:-1]) % 7 == int(number[-1])


def dhl_identcode(number: str) -> bool:
    return _mod10(number[:-1], number[-1], (4, 9))


def dpd(number: str) -> bool:
    """ISO 7064 mod 37,36; the check sign may be a letter."""
    rest = 36
    for sign in number[:-1]:
        rest = (rest + int(sign, 36)) % 36 or 36
        rest = rest * 2 % 37
    return (rest + int(number[-1], 36)) % 36 == 1


def ontrac(number: str) -> bool:
    """The letter counts as a digit: C as 4, D as 5."""
    return _mod10({"C": "4", "D": "5"}[number[0]] + number[1:-1], number[-1], (1, 2))


def canada_post(number: str) -> bool:
    return _mod10(number[:-1], number[-1], (3, 1))


def luhn(number: str) -> bool:
    """From the right every second digit counts double, and of a sum above nine its digits."""
    doubled = (sum(divmod(int(sign) * 2, 10)) for sign in number[-2::-2])
    return (sum(doubled) + sum(int(sign) for sign in number[-1::-2])) % 10 == 0
