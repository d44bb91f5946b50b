"""The error that bad input gets: one line that names the place, the problem and the fix."""

from kmodel.printable import printable

LONGEST_QUOTE = 60  # characters of the user's text that an error repeats


class InputError(Exception):
    """A file that the user gave cannot be read; str is `file:line: field.path: problem; fix` in one line."""

    def __init__(self, file: str, line: int | None, path: str, problem: str, fix: str) -> None:
        place = file if line is None else f"{file}:{line}"
        super().__init__(printable(": ".join(part for part in (place, path, f"{problem}; {fix}") if part)))
        self.file = file
        self.line = line
        self.path = path
        self.problem = problem
        self.fix = fix


def quoted(text: str) -> str:
    """Return the beginning of the user's text in double quotes."""
    return f'"{text[:LONGEST_QUOTE]}…"' if len(text) > LONGEST_QUOTE else f'"{text}"'
