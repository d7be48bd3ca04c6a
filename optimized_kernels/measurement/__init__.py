"""A verdict on one program: correct, reached, and how much faster than stock MLX.

The harness (this package's ``__main__``) imports no candidate code and no MLX. It owns the clock, every
comparison and the verdict. Two side processes (``side``) do the training: a reference and a candidate.
"""
