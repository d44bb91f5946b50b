"""Writing a file of a report."""

from pathlib import Path


def write(path: Path, text: str) -> None:
    """Write a text to a file, all of it or nothing; OSError if that cannot be done."""
    draft = path.with_name(f"{path.name}.partial")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
