"""Places in MLX that a program may replace.

* ``interface`` says what a program exports and imports no MLX.
* ``program`` makes patches of a program's functions, ``install`` puts them into MLX and takes them out.
* ``array_seam`` and ``product`` call the program, forward and backward; a module a seam says what is routed.
* ``stock`` keeps MLX's own functions, which are in force inside a seam.
"""
