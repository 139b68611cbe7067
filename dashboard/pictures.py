"""The lead's charts, each one Vega-Lite definition made with Altair: the page shows it as SVG, the chat as PNG."""

from __future__ import annotations

from typing import Any

from curriculum.report import Share
from dashboard.behind import Say
from dashboard.cells import Sheet

GREEN, SOFT = "#0f5c4c", "#a9cbbf"
WIDTH, PHONE = 560, 336  # pixels
NAMED = 12  # up to so many dots their names can still be read


def skills(team: dict[str, Share], say: Say, title: str) -> dict[str, Any]:
    """The team's share right by skill, with its range."""
    import altair as alt

    rows = [
        {"skill": name, "mean": one.mean, "low": one.range[0], "high": one.range[1], "n": one.answers}
        for name, one in team.items()
        if one.known
    ]
    y = alt.Y("skill:N", title=None, sort=None)
    base = alt.Chart(_data(rows))
    span = base.mark_bar(color=SOFT, height=8).encode(
        y=y,
        x=alt.X("low:Q", title=say("board.right"), scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%")),
        x2="high:Q",
    )
    dot = base.mark_circle(color=GREEN, size=90, opacity=1).encode(y=y, x="mean:Q")
    return _done(span + dot, title, height=max(120, 26 * len(rows)))


def ladder(sheet: Sheet, say: Say, title: str) -> dict[str, Any]:
    import altair as alt

    rows = [
        {"book": row[0].text, "rung": sheet.columns[n + 1], "order": n, "people": int(row[n + 1].text)}
        for row in sheet.rows[:20]
        for n in range(6)
    ]
    colour = alt.Color(
        "rung:N",
        title=None,
        sort=list(sheet.columns[1:7]),
        scale=alt.Scale(scheme="greens"),
    )
    chart = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            y=alt.Y("book:N", title=None),
            x=alt.X("people:Q", title=say("board.people"), axis=alt.Axis(format="d", tickMinStep=1)),
            color=colour,
            order=alt.Order("order:Q"),
        )
    )
    return _done(chart, title, height=max(120, 26 * min(20, len(sheet.rows))))


def retention(points: dict[int, Share], say: Say, title: str) -> dict[str, Any]:
    import altair as alt

    rows = [
        {"days": gap, "mean": one.mean, "low": one.range[0], "high": one.range[1]}
        for gap, one in points.items()
        if one.known
    ]
    x = alt.X("days:O", title=say("board.rested"))
    base = alt.Chart(_data(rows)).encode(x=x)
    scale = alt.Scale(domain=[0, 1])
    band = base.mark_area(color=SOFT, opacity=0.6).encode(
        y=alt.Y("low:Q", title=say("board.right"), scale=scale, axis=alt.Axis(format="%")), y2="high:Q"
    )
    line = base.mark_line(color=GREEN, point=True).encode(y="mean:Q")
    return _done(band + line, title, height=240)


def field(people: list[dict[str, Any]], say: Say, title: str) -> dict[str, Any]:
    """含AI率 × 自主率: one dot a person, four named fields."""
    import altair as alt

    unit = alt.Scale(domain=[0, 1])
    dots = alt.Chart(_data(people)).mark_circle(color=GREEN, size=120, opacity=0.8)
    x = alt.X("ai:Q", title=say("board.ai_share"), scale=unit, axis=alt.Axis(format="%"))
    y = alt.Y("alone:Q", title=say("board.autonomy"), scale=unit, axis=alt.Axis(format="%"))
    names = [("ride", 0.75, 0.95), ("toil", 0.25, 0.95), ("fed", 0.75, 0.05), ("start", 0.25, 0.05)]
    words = [{"ai": a, "alone": b, "name": say(f"board.field_{one}")} for one, a, b in names]
    text = alt.Chart(_data(words)).mark_text(color="#7b8a83", fontSize=14).encode(x=x, y=y, text="name:N")
    lines = alt.Chart(_data([{"v": 0.5}])).mark_rule(color="#c9d3ce").encode(x="v:Q")
    across = alt.Chart(_data([{"v": 0.6}])).mark_rule(color="#c9d3ce").encode(y="v:Q")
    chart = text + lines + across + dots.encode(x=x, y=y)
    if len(people) <= NAMED:
        chart += dots.mark_text(dy=-14, fontSize=12, opacity=1).encode(x=x, y=y, text="name:N")
    return _done(chart, title, height=360)


def narrow(definition: dict[str, Any]) -> dict[str, Any]:
    """The same chart for a phone, drawn at its width so that its words can be read."""
    smaller = {
        "axis": {"labelFontSize": 12, "titleFontSize": 12, "gridColor": "#e3e8e5", "labelLimit": 104},
        "legend": {"labelFontSize": 12, "orient": "bottom", "columns": 2},
    }
    return definition | {"width": PHONE, "autosize": {"type": "fit-x", "contains": "padding"}, "config": smaller}


def _data(rows: list[dict[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=rows)


def _done(chart: Any, title: str, height: int) -> dict[str, Any]:
    definition: dict[str, Any] = chart.properties(title=title, width=WIDTH, height=height).to_dict()
    definition.pop("config", None)
    return definition
