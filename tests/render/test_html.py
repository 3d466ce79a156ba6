from __future__ import annotations

import base64
import hashlib
import itertools
import json
import re
from dataclasses import replace

import pytest
from hypothesis import given

from forge_doctor.diagnosis import Diagnosis, Holder, Moment, Place, Reason, RuledOut, Symptom, Urgency, Verdict
from forge_doctor.finding import Evidence, Location, Severity
from forge_doctor.picture import Bar, Capacity, Excerpt, Lane, Node, Part, Rate, Sum, Timeline, Tone, Tree
from forge_doctor.render import OutputFormat, RenderOptions, render
from forge_doctor.render.html.axis import Axis, number_ticks, time_ticks
from forge_doctor.render.html.timeline import draw_timeline, joined
from forge_doctor.report import Report
from tests.render.safety import acting_characters
from tests.render.strategies import HOSTILE, QUICK, REPORTS
from tests.support.pages import Page
from tests.support.reports import blind, clean, finding, incident, report

AT = 1_795_316_400.0  # 2026-11-22 03:00:00 UTC


def html(*reports: Report) -> str:
    return render(reports, OutputFormat.HTML, RenderOptions())


def lanes(**overrides: object) -> Timeline:
    bars = (
        Bar(label="pid 1", start=AT - 900, end=AT, state="idle in transaction", tone=Tone.HOLDING, detail="shop@shop"),
        Bar(label="pid 2", start=AT - 30, end=AT, state="waits for a lock", tone=Tone.WAITING),
    )
    own = Timeline(title="Sessions", start=AT - 300, end=AT, lanes=(Lane(name="worker pid 7", bars=bars, more=3),))
    return replace(own, **overrides)  # type: ignore[arg-type]


def problems(start: float = AT - 240, end: float = AT) -> Timeline:
    rate = Rate(label="pool-timeout", severity=Severity.ERROR, width_s=10, counts=((AT - 240, 3), (AT - 20, 12)))
    return Timeline(title="Problems", start=start, end=end, rates=(rate,))


def pictured() -> Report:
    tree = Tree(title="Who waits", roots=(Node(label="pid 1", detail="idle", behind=(Node(label="pid 2", more=4),)),))
    told = Sum(label="may be opened", parts=(Part(label="others", value=3), Part(label="own", value=60)), source="x")
    slots = Capacity(title="Slots", unit="connections", limit=47, limit_label="usable slots", sums=(told,))
    return replace(incident(), pictures=(lanes(), problems(), tree, slots))


@given(reports=REPORTS)
@QUICK
def test_whatever_a_report_holds_the_page_stands_and_nothing_in_it_acts(reports: list[Report]) -> None:
    text = html(*reports)
    page = Page(text)
    assert list(page.acting()) == []
    assert acting_characters(text) == set()
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    text.encode()


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_adds_no_element(hostile: str) -> None:
    told = {"message": hostile, "remedy": hostile, "check": hostile, "location": Location(target=hostile)}
    calm = {"message": "x", "remedy": "x", "check": "x", "location": Location(target="x")}
    if not hostile.strip():
        return
    pages = [Page(html(report(finding(**texts), headline=texts["message"]))) for texts in (told, calm)]
    assert [tag for tag, _ in pages[0].elements] == [tag for tag, _ in pages[1].elements]


def test_the_policy_lets_its_own_style_in_and_nothing_else() -> None:
    page = Page(html(pictured()))
    policy = next(one["content"] for one in page.of("meta") if one.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256("".join(page.text_in("style")).encode()).digest()).decode()
    assert policy.split("; ")[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]
    assert "script" not in policy
    assert "unsafe" not in policy
    assert "url(http" not in page.text_in("style")[0]
    assert "@import" not in page.text_in("style")[0]


def test_the_json_inside_is_the_json_format() -> None:
    both = (pictured(), blind())
    page = Page(html(*both))
    told = next(text for text in page.text_in("pre") if text.startswith("{"))
    assert json.loads(told) == json.loads(render(both, OutputFormat.JSON, RenderOptions()))


def test_everything_that_was_found_and_what_was_not_looked_at_is_told() -> None:
    text = html(incident())
    page = Page(text)
    assert [one["class"] for one in page.of("article")][:2] == ["card critical", "card critical"]
    assert page.text_in("span").count("Not run") == 2
    assert "GRANT pg_monitor TO app;" in page.text_in("pre")
    assert any("a bug of forge-doctor: crashed: ZeroDivisionError" in one for one in page.text_in("h4"))


def test_a_clean_report_is_said_to_be() -> None:
    page = Page(html(clean()))
    assert [one for one in page.of("p") if one.get("class") == "summary clean"]
    assert page.of("article") == []
    assert Page(html()).of("main") == [{"id": "findings"}]


def test_who_reads_by_ear_has_landmarks_headings_and_heads_of_tables() -> None:
    page = Page(html(pictured(), incident()))
    assert {"header", "nav", "main", "footer"} <= {tag for tag, _ in page.elements}
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(one.get("scope") in ("row", "col") for one in page.of("th"))
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    assert {one["href"][1:] for one in page.of("a")} <= ids
    for drawing in page.of("svg"):
        named = set(drawing.get("aria-labelledby", "").split())
        assert drawing.get("aria-hidden") == "true" or (drawing["role"] == "img" and len(named) == 2 and named <= ids)


def test_no_state_is_told_by_colour_alone() -> None:
    page = Page(html(report(pictures=(lanes(),))))
    tones = {one["class"] for one in page.of("rect") if one["class"].startswith("bar ")}
    assert tones == {"bar holding", "bar waiting"}
    style = page.text_in("style")[0]
    assert all(f".{tone.replace(' ', '.')} {{ fill: url(#" in style for tone in tones)
    told = " ".join(page.text_in("li"))
    assert "idle in transaction" in told
    assert "waits for a lock" in told
    cells = page.text_in("td")
    assert "2026-11-22 02:45:00" in cells
    assert "idle in transaction" in cells


def test_a_bar_that_began_before_the_axis_is_cut_and_marked() -> None:
    first, second = draw_timeline(lanes()).lanes[0].bars
    assert first.cut
    assert not second.cut
    assert first.x + first.width == second.x + second.width
    assert 0.09 < second.width / first.width < 0.11
    assert "an arrow at the left end" in html(report(pictures=(lanes(),)))
    assert "an arrow at the left end" not in html(report(pictures=(lanes(start=AT - 3600), problems())))


def test_the_log_is_drawn_under_the_sessions_where_one_axis_can_show_both() -> None:
    (both,) = joined((lanes(), problems()))
    assert (len(both.lanes), len(both.rates), both.start, both.end) == (1, 1, AT - 300, AT)
    assert len(joined((lanes(), problems(start=AT - 86_400)))) == 2
    assert len(joined((lanes(), problems(start=AT - 9_000, end=AT - 8_000)))) == 2


def test_rates_are_as_high_as_often() -> None:
    (rate,) = draw_timeline(problems()).rates
    assert rate.total == 15
    assert rate.columns[1].height == pytest.approx(4 * rate.columns[0].height)


@pytest.mark.parametrize("span", [0.0, 0.5, 7, 61, 3_000, 86_400, 40 * 86_400, 1e10])
def test_ticks_are_few_and_in_order(span: float) -> None:
    axis = Axis(first=AT - span, last=AT, left=0, right=100)
    places = [at for at, _ in time_ticks(axis)]
    assert len(places) <= 9
    assert places == sorted(places)
    counted = list(number_ticks(Axis(first=0, last=span, left=0, right=100)))
    assert 1 <= len(counted) <= 9
    assert counted[0] == (0, "0")


def leak() -> Diagnosis:
    place = Place(file="shop/receipts.py", line=27, function="send_receipt", seen="/app/shop/receipts.py")
    return Diagnosis(
        cause="leaked-session",
        verdict=Verdict.CONFIRMED,
        urgency=Urgency.OUTAGE,
        title="send_receipt opens a session and never ends it.",
        place=place,
        holders=(Holder(session=4711, name="worker pid 7", place=place, held_s=312.4, statement="SELECT ?"),),
        symptoms=(Symptom(part="logs", check="pool-timeout", text="requests wait for a connection", count=34),),
        why=(Reason(text="6 sessions went idle after it", part="pool", source="pg_stat_activity"),),
        now=("SELECT pg_terminate_backend(4711)\n WHERE TRUE;", "SELECT '<2>';"),
        change=("async with Session() as session: ...",),
        ruled_out=(RuledOut(cause="pool-too-small", why="few requests are in flight"),),
        timeline=(Moment(at="2026-11-22T02:55:00+00:00", text="the first one idles", lane="worker pid 7"),),
    )


def test_each_cause_has_a_card_before_the_pictures_and_its_finding_is_not_told_twice() -> None:
    told = leak()
    same = finding(check="leaked-session", message=f"{told.title} (confirmed)")
    page = Page(html(report(same, finding(), diagnoses=(told,), pictures=(lanes(),))))
    assert [one["class"] for one in page.of("article")] == ["card critical", "card warning"]
    titles = page.text_in("h3")
    assert titles.index("Causes") < titles.index("Sessions") < titles.index("What no cause explains")
    assert "SELECT pg_terminate_backend(4711)\n WHERE TRUE;\nSELECT '<2>';" in page.text_in("pre")
    assert page.text_in("code").count("shop/receipts.py:27") == 2


def test_an_excerpt_stands_at_its_finding_with_its_line_marked() -> None:
    where = Location(target="src/shop/api.py", line=12)
    lines = ("async def place():", "    session = Session()", "    return session")
    excerpt = Excerpt(location=where, first=11, lines=lines)
    page = Page(html(report(finding(location=where), finding(), pictures=(excerpt,))))
    assert [one for one in page.of("span") if one.get("class") == "line meant"] == [{"class": "line meant"}]
    assert "    session = Session()" in "".join(page.text_in("span"))


def test_an_event_of_a_log_keeps_its_lines() -> None:
    event = Evidence(label="example", value="Traceback\n  File <x>\nError: & so on")
    page = Page(html(report(finding(evidence=(event,)))))
    assert "Traceback\n  File <x>\nError: & so on" in page.text_in("pre")
