"""A real browser, Chromium, with Home Assistant's frontend."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
import shutil

from playwright.async_api import Locator, Page, async_playwright

from .home_assistant import PASSWORD, USERNAME

TIMEOUT = 20_000
"""Milliseconds; the first load of the frontend takes longest."""
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@asynccontextmanager
async def browser(url: str) -> AsyncGenerator[Page]:
    """Open a browser with the Home Assistant at this URL, and log in."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(_ARGUMENTS)
        )
        try:
            page = await chromium.new_page(viewport={"width": 1000, "height": 750}, locale="en-US")
            page.set_default_timeout(TIMEOUT)
            await page.goto(url)
            await page.locator("input[name=username]").fill(USERNAME)
            await page.locator("input[name=password]").fill(PASSWORD)
            await page.locator("input[name=password]").press("Enter")
            await page.locator("ha-sidebar").wait_for()
            yield page
        finally:
            await chromium.close()


def field(page: Page | Locator, label: str) -> Locator:
    """Return the input of a form field."""
    return page.locator("ha-selector", has_text=label).locator("input").first


async def submit(page: Page) -> None:
    """Submit a form."""
    await page.get_by_role("button", name="Submit").click()
