"""What a seam raises when a program breaks its contract."""


class SeamError(Exception):
    """The program's fault: wrong type, shape or dtype. Never answered with stock MLX instead."""
