"""The error that bad input gets: one line that names the place, the problem and the fix."""

from collections.abc import Sequence

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


class NoManifestError(InputError):
    """A file is something else than manifests: values of a chart, a template, a kustomization."""


class SeveralError(InputError):
    """Several files cannot be read; str is the first error, and `errors` are all of them."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        first = errors[0]
        super().__init__(first.file, first.line, first.path, first.problem, first.fix)
        self.errors = tuple(errors)
