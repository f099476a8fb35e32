"""Two invented shops with orders in every stage, so that a clone has something to show.

    stores.py         the shops: voice, rules, carriers
    people.py         their buyers
    staff.py          who works there
    goods.py          what is sold
    journeys.py       what carriers report, in their own words; journeys_back.py, on the way back
    case.py           what a row says about an order
    cases.py          one row per order: who, what, how far; cases_back.py, of what comes back
    load.py           makes rows of it, through the verbs of the models; returning.py, the returns
    waybills.py       tracking numbers
    album.py          the photographs; pictures.py, what is on them; camera.py, how they look
    pushes.py         what 17TRACK would push about one of the parcels
    links.py          the doors into all of it

All people, addresses and numbers are invented; telephone numbers are from the ranges
kept for fiction where a country has one.
"""
