"""kmodel: a property-based model checker for the invariants of the Kubernetes control plane."""

from importlib.metadata import version

__version__ = version("kmodel")
