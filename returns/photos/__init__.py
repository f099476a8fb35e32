"""Photos that people send: opened in a process of their own, rebuilt, read for barcodes.

    picture = develop(upload.read())        # raises Unusable(problem)
    words.of(problem)                       # what to tell the sender

Knows no models and keeps nothing; `returns/files.py` keeps files.
"""

from returns.photos import words
from returns.photos.darkroom import MOST_BYTES, Code, Picture, develop
from returns.photos.problems import Problem, Unusable

__all__ = ["MOST_BYTES", "Code", "Picture", "Problem", "Unusable", "develop", "words"]
