"""The report in a real browser: what clicks do, what a screen reader hears, and that nothing from mail runs."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise

import pytest

from analyzer.report import write_people_page, write_report
from scripts.made_up_results import TODAY, made_up_results

pytestmark = pytest.mark.skipif(
    not (shutil.which("chromium") and shutil.which("chromedriver")),
    reason="needs a browser: Debian's chromium and chromium-driver",
)

FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """One browser for all tests of this file; it is ended whatever happens."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium):
    """The browser with a desk's window, in light, whatever the test before has changed."""
    resize(chromium, 1280, "light")
    chromium.get_log("performance")
    chromium.get_log("browser")
    return chromium


@pytest.fixture
def show(browser, tmp_path):
    """Write a report, open it, and return the browser."""

    def call(results, **kwargs):
        path = tmp_path / "report.html"
        write_report(results, path, today=TODAY, **kwargs)
        browser.get(path.as_uri())
        return browser

    return call


def media(driver, scheme="light", kind=""):
    """Set what the page is shown on. Without motion, so that a click never misses a page that still scrolls."""
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": kind, "features": features})


def resize(driver, width, scheme):
    media(driver, scheme)
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def find(driver, selector):
    return driver.find_element("css selector", selector)


def find_all(driver, selector):
    return driver.find_elements("css selector", selector)


def wait(driver, condition):
    from selenium.webdriver.support.ui import WebDriverWait

    return WebDriverWait(driver, 10, poll_frequency=0.02).until(lambda _: condition())


def companies(driver):
    return driver.execute_script("return [...document.querySelectorAll('#rows .name')].map((name) => name.textContent)")


def choose(driver, selector, text):
    from selenium.webdriver.support.ui import Select

    Select(find(driver, selector)).select_by_visible_text(text)


def named(driver):
    """Return (role, name) of all that a screen reader can reach, from the browser's own accessibility tree."""
    nodes = driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    return [
        (node["role"]["value"], node.get("name", {}).get("value", ""), node)
        for node in nodes
        if not node.get("ignored") and "role" in node
    ]


# --- what clicks do


def test_a_click_unfolds_a_letter_with_its_marks_and_its_email_and_another_folds_it(show):
    driver = show(made_up_results(12))
    button = find(driver, ".row-button")
    button.click()
    assert button.get_attribute("aria-expanded") == "true"
    detail = find(driver, f"#{button.get_attribute('aria-controls')}")
    marks = [mark.text for mark in detail.find_elements("css selector", "mark")]
    assert marks == [
        "It was a close decision: on Friday there were only the two of you left.",
        "We have offered the position to another candidate, who accepted yesterday.",
    ]
    stock = [part.text for part in detail.find_elements("css selector", ".stock")]
    assert stock[1] == "We will keep your details on file and wish you every success in your search."
    assert "sentences that also stand in other letters" in detail.text
    assert "Dear Margit Halloran," in detail.text
    button.click()
    assert button.get_attribute("aria-expanded") == "false"
    assert not find_all(driver, "tr.detail")


def test_a_letter_unfolds_from_the_keyboard(show):
    from selenium.webdriver.common.keys import Keys

    driver = show(made_up_results(3))
    find(driver, ".row-button").send_keys(Keys.ENTER)
    assert len(find_all(driver, "tr.detail")) == 1
    find(driver, ".row-button").send_keys(Keys.SPACE)
    assert not find_all(driver, "tr.detail")


def test_the_heads_of_the_columns_sort_and_say_how(show):
    driver = show(made_up_results(12))
    dated = companies(driver)
    head = find(driver, "th[data-sort=company]")
    head.find_element("css selector", "button").click()
    assert companies(driver) == sorted(dated)
    assert head.get_attribute("aria-sort") == "ascending"
    head.find_element("css selector", "button").click()
    assert companies(driver) == sorted(dated, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert [cell.get_attribute("data-sort") for cell in find_all(driver, "th[aria-sort]")] == ["company"]
    find(driver, "th[data-sort=date] button").click()
    assert companies(driver) == dated


def test_sorting_by_what_to_do_puts_what_is_due_first(show):
    driver = show(made_up_results(12))
    find(driver, "th[data-sort=todo] button").click()
    notes = [cell.text for cell in find_all(driver, "td.todo")]
    assert all("now" in note or "Answer" in note for note in notes[:8])
    assert notes[-1] == "Move on"


def test_filters_narrow_the_table_together_and_one_button_shows_all_again(show):
    driver = show(made_up_results(12))
    choose(driver, "#f-kind", "Rejection")
    choose(driver, "#f-reason", "You came close")
    assert companies(driver) == ["Kestrel Foods", "Harrow Systems"]
    assert find(driver, "#count").text == "2 letters of 12."
    choose(driver, "#f-reason", "No reason given")
    choose(driver, "#f-action", "To do now")
    assert companies(driver) == ["Tamar Instruments"]
    find(driver, "#f-text").send_keys("nobody has written this")
    wait(driver, lambda: find(driver, "#none").is_displayed())
    assert not find(driver, "table.letters").is_displayed()
    find(driver, "#clear").click()
    assert len(companies(driver)) == 12
    assert not find(driver, "#clear").is_displayed()


def test_words_are_found_in_letters_whatever_their_case_and_order(show):
    driver = show(made_up_results(12))
    find(driver, "#f-text").send_keys("BUDGET finance")
    wait(driver, lambda: companies(driver) == ["Bramble Logistics"])


def test_the_copy_button_copies_the_email_and_says_so(show):
    driver = show(made_up_results(12))
    driver.execute_cdp_cmd(
        "Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]}
    )
    text = driver.execute_script("return document.getElementById('task-1').textContent")
    button = find(driver, "button.copy")
    button.click()
    wait(driver, lambda: find(driver, "#said").get_attribute("textContent") == "The email is copied.")
    assert button.text.startswith("Copied")
    copied = driver.execute_async_script("navigator.clipboard.readText().then(arguments[0], arguments[0])")
    assert copied == text
    assert copied.startswith("Dear Orla Deane,\n\nThank you")


def test_the_copy_button_works_where_the_browser_keeps_the_clipboard_to_itself(show):
    driver = show(made_up_results(12))
    driver.execute_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    driver.execute_script(
        "document.addEventListener('copy', () => { window.taken = String(document.activeElement.value); })"
    )
    find(driver, "button.copy").click()
    wait(driver, lambda: find(driver, "#said").get_attribute("textContent") == "The email is copied.")
    assert driver.execute_script("return window.taken").startswith("Dear Orla Deane,")
    assert driver.switch_to.active_element == find(driver, "button.copy")


def test_without_a_script_what_is_due_stands_there_and_the_table_says_why_it_does_not(show):
    driver = show([])
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        driver = show(made_up_results(12))
        text = find(driver, "body").text
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    for words in ("6 things to do this week", "Thank Kestrel Foods", "3 of 8", "The same rows stand in results.csv"):
        assert words in text
    assert "Find words" not in text


def test_printing_unfolds_every_email_and_leaves_the_controls_out(show):
    driver = show(made_up_results(12))
    driver.execute_script("dispatchEvent(new Event('beforeprint'))")
    media(driver, kind="print")
    text = find(driver, "#todo").text
    media(driver)
    assert text.count("Dear ") == 6
    assert "Copy the text" not in text
    assert not find_all(driver, "#todo details:not([open])")
    driver.execute_script("dispatchEvent(new Event('afterprint'))")
    assert len(find_all(driver, "#todo details:not([open])")) == 3


# --- what a screen reader hears


def test_every_control_has_a_name_of_its_own(show):
    driver = show(made_up_results(12))
    find(driver, ".row-button").click()
    nodes = named(driver)
    controls = [
        (role, name)
        for role, name, _ in nodes
        if role in {"button", "link", "textbox", "searchbox", "combobox", "DisclosureTriangle"}
    ]
    assert len(controls) > 30
    assert not [role for role, name in controls if not name.strip()]
    labels = {name for role, name in controls if role in {"searchbox", "combobox"}}
    assert labels == {"Find words", "Kind", "Reason", "What to do"}
    copies = [name for role, name in controls if name.startswith("Copy the text")]
    assert "Copy the text for Thank Kestrel Foods" in copies
    assert "Copy the text for Kestrel Foods" in copies
    assert len(copies) == len(set(copies))


def test_the_page_has_its_landmarks_and_one_first_heading(show):
    roles = [(role, name) for role, name, _ in named(show(made_up_results(12)))]
    assert {"banner", "main", "contentinfo"} <= {role for role, _ in roles}
    assert ("navigation", "On this page") in roles
    assert ("search", "Filter the letters") in roles
    headings = [node for role, _, node in named(show(made_up_results(12))) if role == "heading"]
    levels = [prop["value"]["value"] for node in headings for prop in node["properties"] if prop["name"] == "level"]
    assert levels.count(1) == 1
    assert all(level <= before + 1 for before, level in pairwise(levels))


def test_on_a_phone_a_table_is_still_a_table(show):
    driver = show(made_up_results(12))
    resize(driver, 390, "light")
    roles = [role for role, name, _ in named(driver)]
    tables = [name for role, name, _ in named(driver) if role == "table"]
    assert tables == ["Companies", "All letters"]
    assert roles.count("row") >= 24


def test_the_plot_says_what_it_shows(show):
    words = [name for role, name, _ in named(show(made_up_results(12))) if role in {"image", "img"}]
    assert (
        "12 applications in 10 months, drawn as columns; 5 led to an interview or further. The numbers stand in the table below."
        in words
    )


# --- how it looks


def luminance(colour):
    red, green, blue = (int(value) / 255 for value in re.findall(r"[\d.]+", colour)[:3])
    parts = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in (red, green, blue)]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


_COLOURS = """
return [...document.querySelectorAll('body *')].flatMap((node) => {
  const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
  if (!own || node.closest('svg, script, style, .unseen, option, noscript') || !node.getClientRects().length) return [];
  if (node.disabled) return [];
  let behind = node;
  while (behind && getComputedStyle(behind).backgroundColor === 'rgba(0, 0, 0, 0)') behind = behind.parentElement;
  const back = behind ? getComputedStyle(behind).backgroundColor : 'rgb(255, 255, 255)';
  return [[node.tagName + '.' + node.className, getComputedStyle(node).color, back]];
});
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_stand_out_from_what_is_behind_them(show, scheme):
    driver = show(made_up_results(12))
    resize(driver, 1280, scheme)
    find(driver, ".row-button").click()
    colours = driver.execute_script(_COLOURS)
    assert len(colours) > 100
    pale = {(name, text, back) for name, text, back in colours if contrast(text, back) < 4.5}
    assert not pale
    dark = luminance(driver.execute_script("return getComputedStyle(document.body).backgroundColor")) < 0.2
    assert dark is (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_parts_of_the_plot_stand_out_from_the_page(show, scheme):
    driver = show(made_up_results(12))
    resize(driver, 1280, scheme)
    back = driver.execute_script("return getComputedStyle(document.body).backgroundColor")
    for name in ("offer", "interview", "closed"):
        fill = driver.execute_script(f"return getComputedStyle(document.querySelector('.chart rect.{name}')).fill")
        assert contrast(fill, back) >= 3, name
    edge = driver.execute_script("return getComputedStyle(document.querySelector('.chart rect.waiting')).stroke")
    assert contrast(edge, back) >= 3


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
@pytest.mark.parametrize("kind", ["report", "anonymous", "people"])
def test_nothing_is_wider_than_the_window_even_with_long_words(browser, tmp_path, width, kind):
    results = made_up_results(12)
    for result in results[:4]:
        long = "Donaudampfschifffahrtsgesellschaft" * 4
        result |= {"company": long, "role": long, "subject": long, "from": f"{long}@{long}.example", "body": long * 9}
        result["application"]["company"] = long
    path = tmp_path / "page.html"
    if kind == "people":
        write_people_page({"C" * 90: results, "C-2": []}, path, today=TODAY)
    else:
        write_report(results, path, today=TODAY, anonymous=kind == "anonymous")
    resize(browser, width, "light")
    browser.get(path.as_uri())
    browser.execute_script("document.querySelector('.row-button')?.click()")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_fingers_hit_the_buttons_of_a_phone(show):
    driver = show(made_up_results(12))
    resize(driver, 390, "light")
    for button in find_all(driver, "button, .button, select, input"):
        if button.is_displayed():
            assert button.size["height"] >= 43, button.get_attribute("outerHTML")[:100]


# --- ten thousand letters


def test_ten_thousand_letters_stay_usable(show):
    driver = show(made_up_results(10_000))
    assert find(driver, "#count").text == "10,000 letters."
    assert len(companies(driver)) == 50
    assert driver.execute_script("return document.getElementsByTagName('*').length") < 60_000
    find(driver, "#after").click()
    assert find(driver, "#where").text == "51 to 100 of 10,000"
    assert driver.switch_to.active_element == find(driver, "#letters")
    assert len(companies(driver)) == 50
    find(driver, "th[data-sort=company] button").click()
    assert companies(driver)[0] == "Alder Analytics"
    find(driver, "#f-text").send_keys("support alder analytics")
    wait(driver, lambda: find(driver, "#count").text != "10,000 letters.")
    assert set(companies(driver)) == {"Alder Analytics"}
    find(driver, ".row-button").click()
    assert "Support Specialist" in find(driver, "tr.detail").text


def test_the_last_page_ends_where_the_letters_end(show):
    driver = show(made_up_results(120))
    assert not find(driver, "#before").is_enabled()
    find(driver, "#after").click()
    find(driver, "#after").click()
    assert find(driver, "#where").text == "101 to 120 of 120"
    assert not find(driver, "#after").is_enabled()
    assert len(companies(driver)) == 20


# --- hostile mail

ATTACKS = (
    "<script>window.ran=1;alert(1)</script>",
    "</script><script>window.ran=2;alert(2)</script>",
    "<!--<script>window.ran=3</script>",
    '"><img src="http://127.0.0.1:9/x.png" onerror="window.ran=4;alert(4)">',
    "'><svg onload='window.ran=5;alert(5)'><use href='http://127.0.0.1:9/x.svg#a'/></svg>",
    "<style>@import 'http://127.0.0.1:9/x.css'; body { display: none }</style>",
    "<details open ontoggle='window.ran=6'>",
    "<iframe src='javascript:parent.ran=7'></iframe>",
    "<base href='http://127.0.0.1:9/'>",
    "javascript:window.ran=8",
    "{{constructor.constructor('window.ran=9')()}}",
)
FIELDS = ("company", "role", "contact", "subject", "from", "because", "body")


def hostile():
    results = made_up_results(len(ATTACKS))
    for result, attack in zip(results, ATTACKS, strict=True):
        for field in FIELDS:
            result[field] = attack
        result["notes"] = [{"code": "x", "text": attack}]
        result["evidence"] = [{"reason": "eoi", "start": 0, "end": len(attack), "text": attack}]
        result["boilerplate"] = [[2, 9]]
        result["application"] |= {"company": attack, "role": attack, "people": [{"name": attack, "address": attack}]}
        if result["draft"]:
            result["draft"] |= {"subject": attack, "body": attack, "to": ["a@b.example"]}
    return results


def requests(driver):
    events = (json.loads(entry["message"])["message"] for entry in driver.get_log("performance"))
    return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


def test_nothing_that_mail_brings_runs_or_loads_and_all_of_it_is_shown_as_it_is(show):
    from selenium.common.exceptions import NoAlertPresentException

    driver = show(hostile())
    for button in find_all(driver, ".row-button"):
        button.click()
    for details in find_all(driver, "details:not([open]) > summary"):
        if details.is_displayed():
            details.click()
    text = find(driver, "main").text
    with pytest.raises(NoAlertPresentException):
        _ = driver.switch_to.alert
    assert driver.execute_script("return window.ran") is None
    assert {url.split("#")[0] for url in requests(driver)} == {driver.current_url.split("#")[0]}
    assert not [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    for attack in ATTACKS:
        assert " ".join(attack.split()) in " ".join(text.split())
    assert not find_all(driver, "img, iframe, base, use, script:not([type]) ~ script, main style, main script[src]")


def test_no_link_of_the_page_leads_anywhere_but_into_a_mail_program(show):
    driver = show(hostile())
    for button in find_all(driver, ".row-button"):
        button.click()
    links = {find_href.get_attribute("href").split(":")[0] for find_href in find_all(driver, "a:not([href^='#'])")}
    assert links == {"mailto"}


def test_text_that_runs_backwards_or_hides_does_not_reach_the_page(show):
    results = made_up_results(2)
    results[0] |= {
        "subject": "Offer\u202e gnp.tic",
        "company": "Kes\u200btrel\u2066 Foods",
        "body": "a\u202eb\u00adc\ufeffd",
    }
    results[0]["evidence"] = []
    driver = show(results)
    find(driver, ".row-button").click()
    shown = driver.execute_script("return document.body.textContent")
    assert not re.search("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\u00ad]", shown)
    assert "Kestrel Foods" in shown
    assert "abcd" in shown


def test_the_pages_policy_stops_a_script_that_gets_in_all_the_same(show):
    driver = show(made_up_results(1))
    driver.execute_script(
        "const script = document.createElement('script'); script.textContent = 'window.ran = 1'; document.body.append(script);"
        "const image = document.createElement('img'); image.src = 'http://127.0.0.1:9/x.png'; document.body.append(image);"
    )
    assert driver.execute_script("return window.ran") is None
    refused = [entry["message"] for entry in driver.get_log("browser")]
    assert sum("Content Security Policy" in message for message in refused) == 2


# --- the page for a coach


def test_a_coach_can_sort_the_clients_by_what_is_due(browser, tmp_path):
    path = tmp_path / "people.html"
    write_people_page({"C-1": made_up_results(2), "C-2": made_up_results(12), "C-10": []}, path, today=TODAY)
    browser.get(path.as_uri())

    def codes():
        return [cell.text for cell in find_all(browser, "tbody th")]

    assert codes() == ["C-1", "C-10", "C-2"]
    buttons = find_all(browser, "thead button")
    buttons[1].click()
    assert codes() == ["C-2", "C-1", "C-10"]
    assert find(browser, "th[aria-sort]").text.startswith("Due this week")
    buttons[0].click()
    assert codes() == ["C-1", "C-2", "C-10"]
