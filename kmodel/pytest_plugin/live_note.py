"""What a test run says of compiling: that it happens, while it happens."""

from contextlib import nullcontext

import pytest


def tell_compiling(config: pytest.Config, note: str) -> bool:
    """Say on the terminal that something is compiled; False where nobody sees one, as in the workers of xdist."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    capture = config.pluginmanager.get_plugin("capturemanager")
    if terminal is None or hasattr(config, "workerinput"):
        return False
    with nullcontext() if capture is None else capture.global_and_fixture_disabled():
        terminal.ensure_newline()
        terminal.write_line(f"kmodel: {note}")
        terminal.flush()
    return True
