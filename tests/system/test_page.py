"""The coordinator's page in a real browser, as somebody who looks at it sees it."""

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

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


class Page(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()
        self.start_workers(1)
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

    def test_a_job_that_is_submitted_appears_by_itself(self):
        self.open()
        self.wait_for_text("No job yet.")

        job = self.submit()

        self.wait_for_text(job)
        self.wait_for_text("SUCCEEDED")
        self.assertEqual(self.complaints(), [])

    def test_the_curve_of_a_running_job_moves(self):
        job = self.submit(*LONG)
        self.open(f"jobs/{job}")
        before = self.wait_until(self.loss_ends_at)

        self.wait_until(lambda: self.loss_ends_at() not in ("", before))

        self.assertIn("Loss over step", self.loss_ends_at())
        self.descent("cancel", job)
        self.wait_for_text("CANCELLED")
        self.assertEqual(self.complaints(), [])

    def test_a_job_has_its_checkpoints_attempts_events_and_spec(self):
        job = self.submit("--follow")
        self.open(f"jobs/{job}")

        for heading in "Progress", "Checkpoints", "Attempts", "Events", "Spec":
            self.find(f"section[aria-label={heading}]")

        self.wait_for_text("latest")
        self.wait_for_text("Created")
        self.assertEqual(self.complaints(), [])

    def test_two_jobs_are_compared(self):
        first = self.submit("--follow")
        second = self.submit("--follow", "--set", "optimizer.adamw.lr=1e-3")
        self.open()
        for job in first, second:
            self.click(f"input[data-key={job}]")
            self.find(f"input[data-key={job}]:checked")

        self.click("a.button[href]")

        self.wait_for_text("optimizer.adamw.lr")
        spoken = self.wait_until(self.loss_ends_at)
        self.assertIn(f"{first} train", spoken)
        self.assertIn(f"{second} validation", spoken)
        self.assertEqual(self.complaints(), [])

    def test_the_page_survives_a_restart_of_the_coordinator(self):
        job = self.submit(*LONG)
        self.open(f"jobs/{job}")
        self.wait_until(self.loss_ends_at)
        self.kill_coordinator()
        self.wait_for_text("The coordinator does not answer.")

        self.start_coordinator_again()

        self.wait_until(lambda: "does not answer" not in self.text())
        before = self.wait_until(self.loss_ends_at)
        self.wait_until(lambda: self.loss_ends_at() != before)
        self.descent("cancel", job)
        self.assertEqual(self.complaints(), [])

    def test_a_job_is_reached_by_keys_alone(self):
        job = self.submit("--follow")
        self.open()
        self.wait_for_text(job)
        for _ in range(20):
            self.browser.switch_to.active_element.send_keys(Keys.TAB)
            if self.wait_until(self.what_has_the_focus) == job:
                break

        self.browser.switch_to.active_element.send_keys(Keys.ENTER)

        self.find("section[aria-label=Progress]")

    def test_a_narrow_screen_needs_no_sideways_scrolling(self):
        job = self.submit("--follow")
        self.browser.set_window_size(390, 844)
        for place in "", f"jobs/{job}", f"compare/{job}", "workers":
            self.open(place)
            self.wait_for_text("version")
            width = self.browser.execute_script("return document.documentElement.scrollWidth")
            shown = self.browser.execute_script("return document.documentElement.clientWidth")
            self.assertLessEqual(width, shown, place)

    def test_a_job_that_is_not_there_is_said_so(self):
        self.open("jobs/nobody")

        self.wait_for_text("jobs/nobody does not exist")

