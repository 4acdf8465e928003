"""The coordinator's page in a real browser, for the tests that look at it."""

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By

from harness import SystemTest

# Does not end by itself, however fast the machine is.
LONG = ("--set", "steps=1000000000", "--set", "evaluate.every_steps=500", "--set",
        "checkpoint.every_steps=2000")


def open_browser(directory):
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu",
                     "--window-size=1280,900", f"--user-data-dir={directory}"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.chrome.service.Service("/usr/bin/chromedriver")
    return webdriver.Chrome(service=service, options=options)


class PageTest(SystemTest):
    """A coordinator, and a browser that looks at its page."""

    coordinator_options = ()

    def setUp(self):
        super().setUp()
        self.start_coordinator(options=self.coordinator_options)
        self.browser = open_browser(self.directory / "browser")

    def tearDown(self):
        self.browser.quit()
        super().tearDown()

    def open(self, place=""):
        self.browser.get(f"http://{self.addresses['http']}/#/{place}")

    def wait_until(self, look, *arguments, **options):
        """As for all tests. A page that draws anew takes an element from who looks at it: then it
        is looked for again."""
        def look_again():
            try:
                return look()
            except StaleElementReferenceException:
                return None
        return super().wait_until(look_again, *arguments, **options)

    def click(self, css):
        def click_first():
            found = self.browser.find_elements(By.CSS_SELECTOR, css)
            if found:
                found[0].click()
            return found
        self.wait_until(click_first)

    def find(self, css):
        """The first element that fits, once there is one."""
        return self.wait_until(lambda: self.browser.find_elements(By.CSS_SELECTOR, css))[0]

    def text(self):
        return self.browser.find_element(By.TAG_NAME, "body").text

    def wait_for_text(self, text, seconds=30):
        self.wait_until(lambda: text in self.text(), seconds)

    def loss_ends_at(self):
        """What the chart of the loss says to those who do not see it; empty: there is none yet."""
        charts = self.browser.find_elements(By.CSS_SELECTOR, "section.chart[aria-label=Loss] .plot")
        return charts[0].get_attribute("aria-label") if charts else ""

    def complaints(self):
        """What the console says, but for requests that found no coordinator."""
        return [entry["message"] for entry in self.browser.get_log("browser")
                if "net::ERR_" not in entry["message"]]

    def what_has_the_focus(self):
        element = self.browser.switch_to.active_element
        return element.text or element.tag_name
