"""The verdicts as a JUnit file, which CI systems show: a suite per scenario, a case per spec.

Format: the testmoapp/junitxml description of what Jenkins, GitLab and others read.
"""

from xml.etree import ElementTree

from kmodel.engines.events import Finished
from kmodel.engines.results import Finding, Result
from kmodel.printable import printable
from kmodel.reporting.failure import failure_text
from kmodel.reporting.files import write
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, writing
from kmodel.reporting.wording import Standing, Wording, ordered

FAILS = (Standing.VIOLATED,)
SKIPPED = (Standing.OPEN, Standing.NOT_JUDGED, Standing.VACUOUS, Standing.HAZARD)


def handler(context: ReportContext) -> Handler:
    """Return the handler that writes the file."""
    return writing(context, lambda event: write(context.file("junit.xml"), junit(event, context)))


def junit(event: Finished, context: ReportContext) -> str:
    """Return the file."""
    result = event.result
    pairs = ordered(result)
    counts = {
        "tests": str(len(pairs)),
        "failures": str(sum(wording.standing in FAILS for _, wording in pairs)),
        "skipped": str(sum(wording.standing in SKIPPED for _, wording in pairs)),
        "errors": "0",
        "time": f"{result.seconds:.3f}",
    }
    suites = ElementTree.Element("testsuites", {"name": "kmodel", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": _plain(context.source.name), **counts})
    for finding, wording in pairs:
        _case(suite, finding, wording, result, context)
    ElementTree.indent(suites)
    return f"<?xml version='1.0' encoding='utf-8'?>\n{ElementTree.tostring(suites, encoding='unicode')}\n"


def _case(
    suite: ElementTree.Element, finding: Finding, wording: Wording, result: Result, context: ReportContext
) -> None:
    case = ElementTree.SubElement(suite, "testcase", name=finding.spec.name, classname=_plain(context.source.name))
    if wording.standing in FAILS:
        message = _plain(f"{wording.verdict} {wording.why}")
        failure = ElementTree.SubElement(case, "failure", message=message, type=finding.spec.kind.word)
        file = context.traces.get(finding.spec.name)
        failure.text = _plain(
            failure_text(
                finding,
                context.source,
                trace_file=file,
                index=context.index,
                found=context.causes.of(result.model, finding),
                said=context.causes.sentences(result.model, finding),
            )
        )
    elif wording.standing in SKIPPED:
        ElementTree.SubElement(case, "skipped", message=_plain(f"{wording.verdict} {wording.why}"))


def _plain(text: str) -> str:
    return printable(text, keep="\n")
