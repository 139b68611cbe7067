"""axe-core on every page, on a phone and at a desk, in light and dark: no serious fault anywhere."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dashboard.lead_pages import SHEETS
from dashboard.sheets import BEHIND
from tests.browser.conftest import Demo
from tests.browser.test_first_loop import _come_in

pytestmark = pytest.mark.browser

PAGES = (
    "/lead",
    *(f"/lead/{key}" for key in SHEETS),
    *(f"/lead/{page}" for page in (*BEHIND, "team", "tasks", "tokens", "kit", "nothing-here")),
    "/desk",
)
SAID = (
    "亚马逊标题怎么写",
    "/now amazon-listing-title",
    "/why",
    "/quiz amazon-listing-title",
    "/lesson one-page",
    "/me",
)
GRAVE = ("serious", "critical")


def _faults(page: Page, name: str) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{name}: {one['id']} {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in GRAVE]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(360, 740), (1280, 800)], ids=["phone", "desktop"])
def test_no_page_has_a_serious_fault(browser: Browser, demo: Demo, size: tuple[int, int], scheme: str) -> None:
    """The chat with all it can show, and every page of the lead; the checker needs to run its own script in them."""
    view = {"width": size[0], "height": size[1]}
    faults: list[str] = []
    context = browser.new_context(viewport=view, locale="zh-CN", color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    page = context.new_page()
    base = demo.links["陈组长"].split("/in/")[0]
    page.goto(base)
    faults += _faults(page, "front")
    page.goto(demo.links["陈组长"])
    faults += _faults(page, "enter")
    _come_in(page, demo.links["陈组长"])
    for words in SAID:
        page.fill("textarea", words)
        page.keyboard.press("Enter")
        page.wait_for_timeout(1_500)
    faults += _faults(page, "chat")
    for path in PAGES:
        page.goto(base + path)
        faults += _faults(page, path)
    faults += _live_quiz(page, base)
    context.close()
    assert faults == []


def _live_quiz(page: Page, base: str) -> list[str]:
    """The big screen before, while and after a question is asked."""
    page.goto(f"{base}/lead/live")
    faults = _faults(page, "live, none")
    page.get_by_role("button", name="5 题").click()
    faults += _faults(page, "live, asked")
    page.get_by_role("button", name="收题").click()
    faults += _faults(page, "live, shown")
    page.get_by_role("button", name="结束").click()
    return faults
