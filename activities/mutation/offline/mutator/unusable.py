"""The one error of the offline mutator."""


class Unusable(Exception):
    """A program cannot be mutated; the message says why, for people and for the run's record."""
