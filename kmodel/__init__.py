"""kmodel: a property-based model checker for the invariants of the Kubernetes control plane."""


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version  # not above: hardly any command needs it, and it takes long to import

    return version("kmodel")
