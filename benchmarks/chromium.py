"""Chromium as the tests of the pages and the pictures of the documentation use it: without a window or a network."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WIDTH, HEIGHT = 1280, 800


class NoBrowser(Exception):
    """What a browser needs is not installed."""


@contextmanager
def chromium(downloads: str | None = None) -> Iterator[Any]:
    """Open a browser of 1280 x 800 that may reach no host; ``downloads`` is the folder in which it saves files.

    Raises:
        NoBrowser: Chromium, its driver or selenium is not installed.

    """
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if binary is None or driver is None or importlib.util.find_spec("selenium") is None:
        raise NoBrowser(
            "no browser: install chromium and chromium-driver, and `pip install --require-hashes -r"
            " requirements-browser.lock`"
        )
    from selenium import webdriver  # noqa: PLC0415  (an extra)
    from selenium.webdriver.chrome.service import Service  # noqa: PLC0415

    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in (
        "headless=new",
        "no-sandbox",
        "disable-dev-shm-usage",
        "hide-scrollbars",
        "force-color-profile=srgb",
    ):
        options.add_argument(f"--{argument}")
    options.add_argument("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    if downloads is not None:
        options.add_experimental_option("prefs", {"download.default_directory": downloads})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    try:
        resize(browser)
        yield browser
    finally:
        browser.quit()


def resize(browser: Any, width: int = WIDTH, height: int = HEIGHT) -> None:
    """Give the page exactly this much room, in pixels."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def prefer(browser: Any, scheme: str) -> None:
    """Prefer ``light`` or ``dark`` colours."""
    wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
