"""A newcomer in a real browser, on a phone and at a desk: ask, fill, take the prompt, see why, be quizzed."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Demo

pytestmark = pytest.mark.browser

ANSWERS = """类目路径：Pet Supplies > Dogs > Bowls
品牌名：PAWNEST
产品类型词：Slow Feeder Dog Bowl
可证明的产品事实：F1 PP（报告）；F2 整圈 TPE 防滑（图纸）；F3 3 杯（实测）；F4 9.6 in（实测）；F5 可洗（测试）
还不能说的话：无
目标买家与处境：养大狗、狗吃太快、碗会在地板上滑的家庭
买家最大的顾虑：碗会不会被推着跑
核心关键词：K1 slow feeder dog bowl；K2 non slip dog bowl；K3 dog puzzle bowl
唯一主差异点：整圈防滑底（F2）"""


def _come_in(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="进入").click()
    expect(page.get_by_role("log")).to_be_visible()


def _say(page: Page, words: str) -> None:
    page.get_by_label("说说你要做什么").fill(words)
    page.get_by_role("button", name="发送").click()


def _newest(page: Page, text: str | re.Pattern[str]) -> None:
    # The screen before may show the same words: first nothing may be waited for.
    expect(page.locator("#typing")).to_be_hidden()
    # Now and then the courier says something after the answer.
    expect(page.locator("#log > .turn:nth-last-child(-n+2)").filter(has_text=text).last).to_be_visible()


def _press(page: Page, label: str) -> None:
    page.locator(".choices button", has_text=label).last.click()


def test_from_a_question_to_a_reason_and_a_quiz(page: Page, demo: Demo) -> None:
    _come_in(page, demo.links["小林"])
    _say(page, "/home")
    _newest(page, "今天要做什么")
    _say(page, "新规75个字符 我200字符的标题怎么砍")
    _newest(page, "amazon-listing-title")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing hangs over the edge"
    _press(page, "快填")
    # The card names the blank "站点" too: only the question itself says that the form is open.
    _newest(page, re.compile(r"\d+/\d+ 站点|哪个产品"))
    if page.locator(".choices button", has_text="新产品").count():
        _press(page, "新产品")
        _newest(page, "/9 站点")
    _say(page, "站点：US\n" + ANSWERS)
    _newest(page, "收下 10 格")
    _press(page, "对，继续")
    _newest(page, "都齐了")
    _press(page, "生成指令")
    expect(page.locator(".code pre").last).to_contain_text("PAWNEST")
    assert "{{" not in page.locator(".code pre").last.inner_text()
    page.get_by_role("button", name="复制整段").last.click()
    expect(page.get_by_role("status")).to_have_text("已复制")
    _press(page, "这一段为什么在")
    _newest(page, re.compile(r"第 \d+/\d+ 段"))
    _press(page, "A")
    _newest(page, "为什么在")
    _newest(page, "来源")


def test_the_page_can_be_used_by_keyboard_and_by_ear(page: Page, demo: Demo) -> None:
    _come_in(page, demo.links["阿梅"])
    page.wait_for_selector(".choices button")
    expect(page.get_by_label("说说你要做什么")).to_be_focused()
    page.keyboard.type("主图怎么拍")
    page.keyboard.press("Enter")
    _newest(page, "main-image-brief")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('button, input, textarea, a')]"
        ".filter(e => !(e.innerText || e.getAttribute('aria-label') || (e.labels && e.labels.length))).length"
    )
    assert unnamed == 0
    small = page.evaluate(
        "[...document.querySelectorAll('.choices button, .say button')].filter(e => e.offsetHeight && e.offsetHeight < 44).length"
    )
    assert small == 0, "every button is large enough for a thumb"
    page.locator(".choices button").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".choices button:focus")).to_have_count(1)


def test_a_reload_shows_what_was_said(page: Page, demo: Demo) -> None:
    _come_in(page, demo.links["阿梅"])
    page.wait_for_selector(".choices button")
    _say(page, "差评怎么回")
    expect(page.locator(".bubble.me").last).to_contain_text("差评怎么回")
    _newest(page, "差评")
    before = page.locator(".turn").filter(has_text="差评").last.inner_text()
    page.reload()
    expect(page.locator(".turn").filter(has_text=before.splitlines()[0]).last).to_be_visible()


def test_markup_from_people_stays_text(page: Page, demo: Demo) -> None:
    _come_in(page, demo.links["阿梅"])
    page.wait_for_selector(".choices button")
    _say(page, "/name <img src=x onerror=alert(1)>")
    _newest(page, "<img src=x")
    assert page.locator("#log img").count() == 0
    _say(page, "/name 阿梅")


def test_what_is_spoken_is_shown_as_words_before_it_counts(page: Page, demo: Demo) -> None:
    _come_in(page, demo.links["阿梅"])
    page.wait_for_selector(".choices button")
    before = page.locator(".bubble.me", has_text="语音").count()
    mic = page.get_by_role("button", name="说话")
    mic.click()
    expect(page.get_by_role("status")).to_contain_text("正在录音")
    page.get_by_role("button", name="不要这段录音").click()
    expect(mic).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".bubble.me", has_text="语音")).to_have_count(before)
    mic.click()
    expect(mic).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(1200)  # as long as somebody speaks
    mic.click()
    expect(page.locator(".bubble.me").last).to_contain_text("语音")
    _newest(page, "听到的是")


def test_a_used_up_link_is_said_plainly(page: Page, demo: Demo) -> None:
    page.goto(demo.links["小林"].rsplit("/", 1)[0] + "/in_not-a-link-at-all-000000")
    page.get_by_role("button", name="进入").click()
    expect(page.get_by_role("alert")).to_contain_text("过期")
