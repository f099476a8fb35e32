"""How long things take, each beside its floor: the least that the same work can cost here.

    make bench                       all of it, less than a minute
    bin/bench --n 3 photo page       fewer rounds, only these

A second on one machine says little about another; how many times its floor a thing takes
says what is ours. So a thing and its floor are measured by turns, in one run, and nothing is
asserted in a test: the figures are for reading, and for comparing with yesterday's.

The last line is one line of JSON.
"""
