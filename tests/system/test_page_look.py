"""The colours of the coordinator's page, light and dark, as a browser computes them."""

import re

from browser import PageTest

# Every text that is seen: [text, tag, its colour, the colour behind it].
TEXTS = """
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
  if (!text || !element.checkVisibility()) continue;
  let behind = element;
  while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  found.push([text, element.tagName, getComputedStyle(element).color,
              getComputedStyle(behind).backgroundColor]);
}
return found;
"""
CONTRAST_MIN = 4.5  # WCAG 2.2, 1.4.3, for text of any size


def luminance(color):
    """The relative luminance of "rgb(…)". Source: WCAG 2.2."""
    red, green, blue = (value / 255 for value in
                        map(int, re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", color).groups()))

    def linear(value):
        return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one, other):
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


class PageLook(PageTest):

    def setUp(self):
        super().setUp()
        self.start_workers(1)

    def prefer(self, scheme):
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def computed(self, css, name):
        return self.browser.execute_script(
            "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", css, name)

    def test_the_page_is_dark_where_the_system_is_and_light_where_it_is_not(self):
        self.open()
        self.wait_for_text("No job yet.")
        brightness = {}
        for scheme in "light", "dark":
            self.prefer(scheme)
            for css in "body", ".card":
                brightness[scheme, css] = [luminance(self.computed(css, name))
                                           for name in ("backgroundColor", "color")]

        for css in "body", ".card":
            background, text = brightness["dark", css]
            self.assertLess(background, 0.05, css)
            self.assertGreater(text, 0.5, css)
            background, text = brightness["light", css]
            self.assertGreater(background, 0.8, css)
            self.assertLess(text, 0.1, css)

    def test_every_text_link_and_button_stands_out_from_what_is_behind_it(self):
        job = self.submit("--follow")
        tags = set()
        for place, ready in (("", job), (f"jobs/{job}", "Attempts"),
                             ("workers", "READY"), ("compare", "chosen")):
            self.open(place)
            self.wait_for_text(ready)
            for scheme in "light", "dark":
                self.prefer(scheme)
                for text, tag, color, behind in self.browser.execute_script(TEXTS):
                    tags.add(tag)
                    self.assertGreaterEqual(contrast(color, behind), CONTRAST_MIN,
                                            f"{place} {scheme} <{tag}> {text}: {color} on {behind}")
        self.assertLessEqual({"A", "BUTTON", "TD", "TH", "LABEL"}, tags)
