"""What the pages of "Something is wrong" say: what can be told now, the way through the answers,
and how a problem that was told stands. Views: `portal/views/problem.py`."""
