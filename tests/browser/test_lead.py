"""A lead makes a team and invites; a trainee joins on the web and asks; the lead judges and sees it: phone and desk."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from dashboard.lead_pages import SHEETS
from dashboard.sheets import BEHIND
from tests.browser.conftest import Demo
from tests.browser.test_first_loop import _come_in, _newest, _press, _say

pytestmark = pytest.mark.browser

# What an accessibility checker calls serious and a short script can see.
FAULTS = """() => {
  const named = e => (e.getAttribute('aria-label') || e.textContent || e.alt || '').trim();
  const labelled = e => e.labels?.length || e.getAttribute('aria-label') || e.type === 'hidden';
  const found = [];
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title.trim()) found.push('no title');
  if (document.querySelectorAll('main').length !== 1) found.push('not one main');
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');
  for (const e of document.querySelectorAll('input, select, textarea')) if (!labelled(e)) found.push('no label: ' + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('button, a')) if (!named(e)) found.push('no name: ' + e.outerHTML.slice(0, 80));
  for (const e of document.querySelectorAll('img')) if (!e.hasAttribute('alt')) found.push('no alt: ' + e.src);
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('twice: ' + id);
  for (const e of document.querySelectorAll('button, input:not([type=checkbox]), select, summary')) {
    const box = e.getBoundingClientRect();
    if (box.height && box.height < 43) found.push('small target: ' + e.outerHTML.slice(0, 80));
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push('hangs over the edge: ' + document.documentElement.scrollWidth);
  return found;
}"""


def _look(page: Page, name: str) -> None:
    assert page.evaluate(FAULTS) == [], page.url
    if folder := os.environ.get("ZHIRAN_SCREENSHOTS"):
        width = page.viewport_size["width"] if page.viewport_size else 0
        page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)


def _awake(link: str) -> None:
    """The demo prints its addresses a moment before it listens."""
    parts = urlsplit(link)
    for _ in range(300):
        try:
            socket.create_connection((parts.hostname, parts.port), 1).close()
            return
        except OSError:
            time.sleep(0.1)


def test_a_lead_makes_a_team_invites_judges_and_sees(page: Page, demo: Demo) -> None:
    _awake(demo.links["陈组长"])
    _come_in(page, demo.links["陈组长"])
    _say(page, "/newteam")
    _newest(page, "新团队叫什么")
    _say(page, "春季团队")
    _newest(page, "审定指令")
    address = page.url.removesuffix("/chat")
    page.locator("#log a").last.click()
    expect(page.get_by_role("heading", name="起步清单")).to_be_visible()
    assert page.url == f"{address}/lead"
    _look(page, "lead-empty")
    page.get_by_role("link", name="审定指令").click()
    _newest(page, "待审定")
    assert page.url == f"{address}/chat", "a reload opens nothing again"
    _press(page, "全部审定")
    _newest(page, "用你的名字")
    _press(page, "我看过了")
    _newest(page, "现在就能用")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"
    page.get_by_role("link", name="本周", exact=True).click()
    page.get_by_role("link", name="团队", exact=True).click()
    page.get_by_role("button", name="生成链接").click()
    link = page.get_by_label("链接只显示这一次").input_value()
    _look(page, "lead-team")

    browser = page.context.browser
    assert browser
    context = browser.new_context(viewport=page.viewport_size, locale="zh-CN")  # type: ignore[arg-type]
    trainee = context.new_page()
    trainee.goto(link.replace(link.split("/join/")[0], address))
    trainee.get_by_role("textbox").fill("小新")
    trainee.get_by_role("button", name="进入").click()
    _say(trainee, "老挝语的直播带货话术谁会")
    expect(trainee.locator(".choices").last).to_be_visible()
    _say(trainee, "/not all")
    _newest(trainee, "带教")

    _say(trainee, "/now amazon-listing-title")
    _newest(trainee, "核对日期")
    _say(trainee, "/why amazon-listing-title")
    _newest(trainee, re.compile(r"第 \d+/\d+ 段"))
    trainee.locator(".choices").last.get_by_role("button").first.click()
    _newest(trainee, "没有它会怎样")

    page.get_by_role("link", name="任务", exact=True).click()
    page.get_by_label("截止", exact=True).fill("2030-01-01")
    page.get_by_role("button", name="布置下去").click()
    expect(page.get_by_role("alert")).to_contain_text("一年之内")
    page.goto(f"{address}/lead/tasks")
    _look(page, "lead-tasks")
    page.get_by_role("link", name="带教台").click()
    expect(page.get_by_text("老挝语的直播带货话术谁会")).to_be_visible()
    _look(page, "desk")
    page.get_by_label("说一句").first.fill("先看通用的直播话术，再请当地同事改。")
    page.get_by_role("button", name="回答").first.click()
    expect(page.get_by_text("今天的看完了")).to_be_visible()
    page.get_by_role("link", name="本周").click()
    expect(page.get_by_text("1 / 2")).to_be_visible()
    expect(page.get_by_role("link", name="1 拿走的指令")).to_be_visible()
    for key in (*SHEETS, *BEHIND, "live"):
        page.goto(f"{address}/lead/{key}")
        _look(page, f"lead-{key}")
    page.goto(f"{address}/lead/kit")
    _look(page, "kit")
    trainee.goto(f"{address}/lead")
    expect(trainee.get_by_text("这里没有东西")).to_be_visible()
    context.close()
