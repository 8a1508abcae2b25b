"""400 kbit/s, 400 ms, CPU x 4: what goes over the wire, and that nothing jumps (UX 8). Times are `make bench`'s."""

import pytest
from playwright.sync_api import Browser, Page

from tests.factories.pictures import whole_screen
from tests.journeys.conftest import CLINIC_SCREEN, NOT_YET_AT_REST, PHONE_SCREEN, Live
from tests.journeys.test_filing import IDENTITY, SITUATION, fill, go_on, png

pytestmark = pytest.mark.browser

KB = 1024
LINE = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 25_000}
FIRST_VISIT_BYTES, FIRST_VISIT_REQUESTS, NEXT_PAGE_BYTES = 80 * KB, 5, 15 * KB
# What moved after it was painted, without anybody having pressed anything: what had no height yet was not there to
# move. Less than a thousandth of the screen is what a page still coming in makes of its own last line; Chrome calls
# 0.1 good.
_SHIFTS = """() => new Promise((resolve) => {
  const moved = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    const words = (node) => (node ? (node.outerHTML || node.textContent).slice(0, 80) : '?');
    const seen = entry.sources.filter((source) => source.previousRect.height > 0);
    const parts = seen.map((source) => words(source.node));
    const has_moved = !entry.hadRecentInput && entry.value >= 0.001 && parts.length > 0;
    if (has_moved) moved.push(entry.value.toFixed(4) + ' ' + parts.join(' | '));
  })).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(moved), 300);
})"""


class Wire:
    """Counts requests and bytes as they come over the line, compressed and with their heads."""

    def __init__(self, page: Page) -> None:
        self.requests, self.bytes = 0, 0
        self.session = page.context.new_cdp_session(page)
        self.session.send("Network.enable")
        self.session.on("Network.loadingFinished", self._add)

    def _add(self, event: dict[str, float]) -> None:
        if event["encodedDataLength"]:  # what the browser has kept is not asked for
            self.requests += 1
            self.bytes += int(event["encodedDataLength"])

    def slow_down(self) -> None:
        self.session.send("Network.emulateNetworkConditions", LINE)
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": 4})

    def taken(self) -> tuple[int, int]:
        """Requests and bytes since this was last asked."""
        taken = self.requests, self.bytes
        self.requests, self.bytes = 0, 0
        return taken


@pytest.mark.parametrize("path", ["/", "/report/general", "/report/his", "/track"])
def test_a_first_visit_is_light_on_the_wire(page: Page, path: str) -> None:
    page.add_init_script(NOT_YET_AT_REST)
    wire = Wire(page)
    page.goto(path, wait_until="networkidle")
    requests, size = wire.taken()

    assert 0 < requests <= FIRST_VISIT_REQUESTS
    assert 0 < size <= FIRST_VISIT_BYTES


def test_each_next_page_is_one_small_request(page: Page) -> None:
    """Scripts and drawings that a page needs for the first time come once and are kept for a year."""
    page.goto("/report/general", wait_until="networkidle")
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    page.locator("[name=screenshots]").set_input_files(png(whole_screen()))
    page.locator(".screenshot--done, .screenshot:has-text('已收到')").first.wait_for()
    for to in ("identity", "check"):
        page.wait_for_load_state("networkidle")
        wire = Wire(page)
        go_on(page, to)
        page.wait_for_load_state("networkidle")
        requests, size = wire.taken()
        # The post's redirect, the page, and on the check page one thumbnail of at most 20 KB; what was typed is saved
        # before, once or twice.
        assert requests <= (5 if to == "check" else 3), (to, requests)
        assert size <= NEXT_PAGE_BYTES + (20 * KB if to == "check" else 0), (to, size)
        if to == "identity":
            fill(page, "general", IDENTITY)


@pytest.mark.parametrize("screen", [CLINIC_SCREEN, PHONE_SCREEN], ids=["pc", "phone"])
@pytest.mark.parametrize("path", ["/", "/report/general", "/track"])
def test_nothing_jumps_on_a_slow_line(browser: Browser, live: Live, path: str, screen: dict[str, int]) -> None:
    context = browser.new_context(base_url=live.url, viewport=screen, locale="zh-CN")
    page = context.new_page()
    wire = Wire(page)
    wire.slow_down()
    page.goto(path, wait_until="load")
    shift = page.evaluate(_SHIFTS)
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime || 0")
    print(f"{path} {screen['width']}: first text {painted:.0f} ms, shift {shift}, {wire.taken()}")

    assert shift == []
    context.close()


def test_the_steps_do_not_jump_either(page: Page) -> None:
    wire = Wire(page)
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    wire.slow_down()
    for to in ("screenshots", "identity"):
        if to == "identity":
            page.locator("[name=screenshots]").set_input_files(png(whole_screen(1024, 768)))
            page.locator(".screenshot:has-text('已收到')").first.wait_for(timeout=60_000)
        go_on(page, to)
        assert page.evaluate(_SHIFTS) == [], to
