"""What is wrong with a command that is given as a line."""


class LineError(Exception):
    """A command that cannot be carried out: what is wrong with it, and what to write."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}; {fix}")
        self.problem = problem
        self.fix = fix
