"""What all tests share."""

import os
from importlib import import_module

import pytest

pytest_plugins = ["pytester"]

# Tests start many processes, and each would compile all modules anew where the environment forbids to keep bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def _what_is_compiled_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a function has been compiled before depends on the tests that ran, and no output may."""
    module = import_module("kmodel.cli.check")  # its name is also that of the command in it
    monkeypatch.setattr(module, "tell_compiling", lambda note: None)
