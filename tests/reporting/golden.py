"""Golden files: whole outputs, compared to the letter.

`make golden` rewrites them all; read the diff before you commit.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "expected"


def same(name: str, text: str) -> bool:
    """Tell whether the text is that of the golden file; rewrite the file instead if asked to."""
    file = FOLDER / name
    if os.environ.get("KMODEL_REWRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    test = os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[0]
    again = f"rewrite it with `KMODEL_REWRITE_GOLDEN=1 pytest {test}`, or all with `make golden`; read the diff"
    assert file.read_text(encoding="utf-8") == text, f"{file} differs; {again}"
    return True
