"""Example calls of every public name: the tables that the rows of the breadth benchmark come from.

A line is ``ours ; PyTorch's ; NumPy's``. An empty or missing column is derived from ours (see
``bench.breadth.rows``); ``-`` means that there is no counterpart. ``t`` is the library, ``F`` its
``nn.functional``; the other names are operands (``bench.breadth.operands``).
"""
