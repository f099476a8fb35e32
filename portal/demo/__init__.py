"""Two invented shops with orders in every stage, so that a clone has something to show.

    stores.py     the shops: voice, rules, carriers
    people.py     their buyers
    goods.py      what is sold
    journeys.py   what carriers report, in their own words
    cases.py      one row per order: who, what, how far
    load.py       makes rows of it, through the verbs of the models

All people, addresses and numbers are invented; telephone numbers are from the ranges
kept for fiction where a country has one.
"""
