"""Many jobs on the coordinator's page: it asks the coordinator for those that are wanted."""

import os
import sys

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import PageTest

sys.path.insert(0, os.environ["DESCENT_PYTHON_CLIENT"])
import descent  # noqa: E402


class JobList(PageTest):

    def setUp(self):
        super().setUp()
        self.client = descent.Client(self.addresses["user"])
        self.addCleanup(self.client.close)

    def make(self, job_id, **options):
        self.client.submit(text=self.job_file.read_text(), job_id=job_id, **options)

    def make_ended(self, count):
        """old-000, old-001, …, one after the other."""
        for number in range(count):
            self.make(f"old-{number:03}")
            self.client.cancel(f"old-{number:03}")

    def shown(self):
        """The names in the list, from top to bottom."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll(\"section[aria-label='Jobs'] tbody th a\")]"
            ".map((link) => link.textContent)")

    def wait_for_list(self, *names):
        self.wait_until(lambda: self.shown() == list(names))

    def filter(self, words):
        field = self.find("input[type=search]")
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(words)

    def choose_state(self, text):
        Select(self.find("select[aria-label=State]")).select_by_visible_text(text)

    def test_older_jobs_come_page_by_page_with_keys_alone(self):
        self.make_ended(230)
        self.open()
        self.wait_for_text("100 jobs shown; there are older ones.")
        older = self.browser.find_element(By.XPATH, "//button[text()='Show older']")

        older.send_keys(Keys.ENTER)
        self.wait_for_text("200 jobs shown; there are older ones.")
        older.send_keys(Keys.SPACE)
        self.wait_for_text("230 jobs shown; there are no others.")

        self.assertEqual(self.shown(), [f"old-{number:03}" for number in reversed(range(230))])
        self.assertFalse(older.is_displayed())
        self.wait_until(lambda: self.what_has_the_focus() == "old-029")
        self.assertEqual(self.complaints(), [])

    def test_a_part_of_a_name_finds_a_job_that_was_not_shown(self):
        self.make_ended(120)
        self.open()
        self.wait_for_text("100 jobs shown; there are older ones.")

        self.filter("old-003")

        self.wait_for_list("old-003")
        self.wait_for_text("1 job shown; there are no others.")
        self.assertEqual(self.complaints(), [])

    def test_a_filtered_list_goes_on_changing_by_itself(self):
        self.make("first", labels={"team": "nlp"})
        self.make("second")
        self.open()
        self.wait_for_list("second", "first")

        self.filter("labels.team = nlp")
        self.wait_for_list("first")
        self.make("third", labels={"team": "nlp"})
        self.make("fourth")
        self.wait_for_list("third", "first")
        self.choose_state("cancelled")
        self.wait_for_text("No job is like that.")
        self.client.cancel("third")
        self.client.cancel("fourth")

        self.wait_for_list("third")
        self.assertEqual(self.complaints(), [])

    def test_a_job_that_is_deleted_leaves_the_list_and_one_that_is_older_stays(self):
        self.make_ended(101)
        self.open()
        self.wait_for_text("100 jobs shown; there are older ones.")
        self.make("new")
        self.wait_until(lambda: self.shown()[:1] == ["new"])
        self.assertEqual(self.shown()[-1], "old-001")

        self.client.delete("old-050")

        self.wait_until(lambda: "old-050" not in self.shown())
        self.assertIn("old-001", self.shown())

    def test_a_filter_that_cannot_be_read_says_where_and_leaves_the_list_as_it_is(self):
        self.make("first")
        self.open()
        self.wait_for_list("first")

        self.filter("state = NAPPING")

        self.wait_for_text('filter, position 9: found "NAPPING", wanted a state')
        self.assertEqual(self.shown(), ["first"])
        self.filter("second")
        self.wait_for_text("No job is like that.")
        self.assertNotIn("NAPPING", self.text())

    def test_a_job_that_is_older_than_those_that_are_offered_is_found_for_a_comparison(self):
        self.make_ended(101)
        self.open("compare")
        self.click("input[value=old-100]")

        self.find("main input[type=search]").send_keys("old-000")
        self.wait_until(lambda: self.offered() == ["old-100", "old-000"])
        self.click("input[value=old-000]")
        self.browser.find_element(By.XPATH, "//button[text()='Compare']").send_keys(Keys.ENTER)

        self.wait_for_text("What they reached")
        self.assertTrue(self.browser.current_url.endswith("#/compare/old-100,old-000"))
        self.assertEqual(self.complaints(), [])

    def offered(self):
        """What the page for comparisons offers, what is chosen first."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll('main input[type=checkbox]')].map((box) => box.value)")
