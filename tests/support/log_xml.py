"""XML that a program's lines or records are in: exports of searches, event logs, layouts of loggers."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.sax.saxutils import escape, quoteattr

from tests.support.log_carriers import Wrap, milli, stamp

Record = Callable[[float, str], str]


def elements(record: Record, begin: str = "", end: str = "") -> Wrap:
    """Each line as an element, inside others or none."""
    return lambda lines: begin + "".join(record(at, line) + "\n" for at, line in lines) + end


def marked(line: str) -> str:
    """A line in which the search's words are marked."""
    return escape(line).replace("Error", '<sg h="1">Error</sg>')


XML: dict[str, Wrap] = {
    "splunk-xml": elements(
        lambda at, line: (
            f"\t<result offset='1'>\n\t\t<field k='_time'>\n\t\t\t<value><text>{milli(at)}</text></value>\n\t\t</field>\n"
            f"\t\t<field k='_raw'><v xml:space='preserve' trim='0'>{marked(line)}</v></field>\n\t</result>"
        ),
        "<?xml version='1.0' encoding='UTF-8'?>\n<results preview='0'>\n<meta>\n<fieldOrder>\n<field>_raw</field>\n<field>_time</field>\n"
        "</fieldOrder>\n</meta>\n",
        "</results>\n",
    ),
    "event-viewer": elements(
        lambda at, line: (
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='shop'/>"
            f"<TimeCreated SystemTime='{stamp(at)}0Z'/><Computer>WEB1</Computer></System>"
            f"<EventData><Data>{escape(line)}</Data></EventData></Event>"
        ),
        '\ufeff<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<Events>',
        "</Events>",
    ),
    "json-in-xml": elements(
        lambda at, line: (
            f"<row><ts>{milli(at)}</ts><body>{escape(json.dumps({'log': line, 'stream': 'stderr'}))}</body></row>"
        ),
        "<rows>\n",
        "</rows>\n",
    ),
    "xml-attributes": elements(
        lambda at, line: f"<entry time={quoteattr(milli(at))} host='h' text={quoteattr(line)}/>",
        "<log>\n",
        "</log>\n",
    ),
    "xml-fragments": elements(
        lambda at, line: (
            f'<e:event e:timestamp="{int(at * 1000)}" e:thread="main"><e:message><![CDATA[{line}]]></e:message></e:event>'
        )
    ),
}
