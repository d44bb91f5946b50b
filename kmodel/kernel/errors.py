"""Errors of a model: each names the function, the cell and the fix in one line."""


class ModelError(Exception):
    """The model breaks a rule of the kernel: a transition or a spec is impure, or uses a cell that is not there."""


class BoundReached(Exception):  # noqa: N818 - a bound is no mistake; engines turn it into a verdict
    """The model cannot go on within the scenario's limits, for example because a pool of names is used up."""
