"""The stories of the violations on a terminal, which need no file."""

from kmodel.engines.events import Finished
from kmodel.reporting.failure import story_of
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, at_the_end
from kmodel.reporting.summary import STYLE, print_lines
from kmodel.reporting.wording import Standing


def handler(context: ReportContext) -> Handler:
    """Return the handler that prints how each violation comes about."""
    console = context.terminal

    def tell(event: Finished) -> None:
        context.causes.heed(event)
        for finding in event.result.failures:
            story = story_of(
                finding,
                heading="VIOLATED",
                width=console.width,
                wide=context.wide,
                found=context.causes.of(event.result.model, finding),
                said=context.causes.sentences(event.result.model, finding),
            )
            console.print()
            print_lines(console, story.split("\n"), "VIOLATED", STYLE[Standing.VIOLATED])
        console.print()

    return at_the_end(tell)
