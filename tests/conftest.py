"""What all tests share."""

import os

import pytest

from kmodel import checking
from kmodel.cli import compile_note
from kmodel.pytest_plugin import explorations

pytest_plugins = ["pytester"]

# Tests start many processes, and each would compile all modules anew where the environment forbids to keep bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def _what_is_compiled_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether a function has been compiled before depends on the tests that ran, and no output may."""
    monkeypatch.setattr(compile_note, "tell_compiling", lambda note: None)
    monkeypatch.setattr(explorations, "tell_compiling", lambda config, note: True)
    monkeypatch.setattr(checking, "tell_compiling", lambda note: None)
