"""`python -m tests.asking_buyers COUNT` makes so many buyers ask for a return.

Run in the environment of a site under test: each request writes its mail in its own
transaction and rings the queue, exactly as the page does.
"""

import sys

import django


def main(count: int) -> None:
    django.setup()
    from returns.codes import Reason
    from returns.models import Store, Wanted
    from returns.models.event import BUYER
    from tests import people

    store = Store.objects.first() or people.open_store()
    first = store.orders.count()
    for number in range(first, first + count):
        order = people.place_order(store, f"JP-{number}", email=f"buyer{number}@example.com")
        line = order.lines.get()
        order.request_return(
            [Wanted(line.pk, quantity=1, reason=Reason.CHANGED_MIND)],
            by=BUYER,
            key=f"form-{number}",
        )


if __name__ == "__main__":
    main(int(sys.argv[1]))
