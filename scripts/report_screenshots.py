"""Make pictures of the report from made-up results: `python -m scripts.report_screenshots DIR [--docs]`.

For looking at the page in all its sizes and colours; --docs makes the pictures in docs/ again. Needs Chromium and
its driver (Debian: chromium, chromium-driver) and Pillow.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from selenium import webdriver

from analyzer.report import write_people_page, write_report
from scripts.made_up_results import TODAY, made_up_results

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parents[1] / "docs"
MAX_BYTES = 200_000
PHONE = 600  # pixels: below this width the browser acts as a phone
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


@contextlib.contextmanager
def browser() -> Iterator[webdriver.Chrome]:
    """Start Chromium, and end it whatever happens."""
    options = webdriver.ChromeOptions()
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def picture(
    driver: webdriver.Chrome, width: int, scheme: str, *, part: str = "", top: int = 0, height: int = 0
) -> bytes:
    """Return the page as PNG: whole, or `height` pixels of it, from `top` or from where the element `part` begins."""
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < PHONE}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    if part:
        top = driver.execute_script(
            f"return document.querySelector('{part}').getBoundingClientRect().top + scrollY - 24"
        )
    whole = height or driver.execute_script("return document.documentElement.scrollHeight")
    clip = {"x": 0, "y": top, "width": width, "height": whole, "scale": 1}
    shot = driver.execute_cdp_cmd("Page.captureScreenshot", {"clip": clip, "captureBeyondViewport": True})
    return base64.b64decode(shot["data"])


def small(png: bytes) -> bytes:
    """Return the picture in at most 256 colours, which flat pages do not miss."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(256).save(out, "PNG", optimize=True)
    return out.getvalue()


def write_docs(driver: webdriver.Chrome, page: Path) -> None:
    """Make the pictures in docs/: the top and the counts at a desk, a letter unfolded on a phone."""
    DOCS.mkdir(exist_ok=True)
    driver.get(page.as_uri())
    driver.execute_script("document.querySelector('.row-button').click()")
    pictures = {
        "report": picture(driver, 1280, "light", height=1270),
        "report-counts": picture(driver, 1280, "light", part="#reasons", height=1440),
        "report-phone": picture(driver, 390, "dark", part="#letters", height=1750),
    }
    for name, png in pictures.items():
        data = small(png)
        if len(data) > MAX_BYTES:
            raise SystemExit(f"docs/{name}.png would be {len(data):,} bytes; make it smaller")
        (DOCS / f"{name}.png").write_bytes(data)


def main() -> None:
    """Write the pages and their pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--docs", action="store_true")
    told = parser.parse_args()
    told.folder.mkdir(parents=True, exist_ok=True)
    pages = {f"report-{number}": told.folder / f"report-{number}.html" for number in (0, 1, 12, 400)}
    for number, page in zip((0, 1, 12, 400), pages.values(), strict=True):
        write_report(made_up_results(number), page, today=TODAY)
    pages["anonymous"] = told.folder / "anonymous.html"
    write_report(made_up_results(12), pages["anonymous"], today=TODAY, anonymous=True)
    pages["people"] = told.folder / "people.html"
    write_people_page({f"C-{n:03}": made_up_results(n) for n in (0, 3, 12, 40)}, pages["people"], today=TODAY)
    with browser() as driver:
        for name, page in pages.items():
            driver.get(page.as_uri())
            driver.execute_script("document.querySelector('.row-button')?.click()")
            for width in (1280, 390):
                for scheme in ("light", "dark"):
                    (told.folder / f"{name}-{width}-{scheme}.png").write_bytes(picture(driver, width, scheme))
            driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
            pdf = driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True, "printBackground": False})
            (told.folder / f"{name}.pdf").write_bytes(base64.b64decode(pdf["data"]))
        if told.docs:
            write_docs(driver, pages["report-12"])


if __name__ == "__main__":
    main()
