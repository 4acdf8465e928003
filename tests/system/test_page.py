"""The coordinator's page in a real browser, as somebody who looks at it sees it."""

import json
import re

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser import LONG, PageTest


class Page(PageTest):

    def setUp(self):
        super().setUp()
        self.pool = self.start_workers(1)

    def log_lines(self, section="Logs"):
        """What a section shows of the log, a text for each line."""
        return self.browser.execute_script(
            "return [...document.querySelectorAll(`section[aria-label='${arguments[0]}'] .line .text`)]"
            ".map((text) => text.textContent)", section)

    def wait_for_more_lines(self, before):
        """The lines, once there are more than those that were there before."""
        return self.wait_until(lambda: len(now := self.log_lines()) > len(before) and now)

    def logged(self, job, *arguments):
        """The texts of a job's log, as the client has them."""
        lines = self.descent("logs", job, "--json", *arguments).stdout.splitlines()
        return [json.loads(line)["text"] for line in lines]

    def choose(self, label, value):
        """Types into a field of the Logs section, or chooses from it."""
        field = self.browser.find_element(
            By.XPATH, f"//section[@aria-label='Logs']//label[contains(., '{label}')]/*")
        if field.tag_name == "select":
            Select(field).select_by_visible_text(value)
        else:
            field.clear()
            field.send_keys(value)

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

    def test_a_long_curve_has_a_band_from_the_lowest_to_the_highest_of_its_values(self):
        job = self.submit("--follow", "--set", "steps=1500")
        self.open(f"jobs/{job}")

        self.wait_for_text("Each point is the mean of 4 steps, the band goes from the lowest to the "
                           "highest of them.")

        axis = self.browser.find_element(By.XPATH, "//label[contains(., 'x axis')]/select")
        Select(axis).select_by_visible_text("samples")
        self.wait_until(lambda: "Loss over samples" in self.loss_ends_at())
        self.assertEqual(self.complaints(), [])

    def test_however_slow_drawing_is_most_of_the_time_is_left_for_who_uses_the_page(self):
        job = self.submit(*LONG)
        self.open(f"jobs/{job}")
        self.wait_until(self.loss_ends_at)

        self.browser.execute_script("""
            const draw = Dygraph.prototype.updateOptions;
            window.drawnAt = [];
            Dygraph.prototype.updateOptions = function(...settings) {
              if (this.graphDiv.closest("[aria-label=Loss]")) {
                const start = performance.now();
                window.drawnAt.push(start);
                while (performance.now() < start + 200) { }
              }
              draw.apply(this, settings);
            };""")
        drawn = self.wait_until(lambda: len(
            times := self.browser.execute_script("return window.drawnAt")) >= 4 and times, 60)

        for before, after in zip(drawn, drawn[1:]):
            self.assertGreaterEqual(after - before, 4 * 200)
        self.assertEqual(self.complaints(), [])

    def test_a_job_has_its_checkpoints_attempts_events_and_spec(self):
        job = self.submit("--follow")
        self.open(f"jobs/{job}")

        for heading in "Progress", "Checkpoints", "Attempts", "Events", "Spec":
            self.find(f"section[aria-label={heading}]")

        self.wait_for_text("latest")
        self.wait_for_text("Created")
        self.wait_for_text("local")  # who created it
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

    def test_the_log_of_a_running_job_is_followed(self):
        job = self.submit(*LONG)
        self.open(f"jobs/{job}")
        before = self.wait_for_more_lines([])

        after = self.wait_for_more_lines(before)

        self.assertEqual(after[:len(before)], before)
        self.assertIn("assignment begun", before[0])
        follow = self.find("section[aria-label=Logs] input[type=checkbox]")
        follow.click()
        self.descent("cancel", job)
        self.wait_for_text("CANCELLED")
        self.assertLess(len(self.log_lines()), len(self.logged(job)))
        follow.click()
        self.wait_until(lambda: self.log_lines() == self.logged(job))
        self.assertEqual(self.complaints(), [])

    def scroll_position(self, box):
        return self.browser.execute_script("return arguments[0].scrollTop", box)

    def is_at_end(self, box):
        return self.browser.execute_script(
            "const [box] = arguments; return box.scrollTop > 0 && "
            "box.scrollHeight - box.scrollTop - box.clientHeight < 8", box)

    def open_long_log(self):
        """The box with the lines of a running job, more than fit into it."""
        self.browser.set_window_size(1280, 500)
        job = self.submit(*LONG, "--set", "evaluate.every_steps=100")
        self.open(f"jobs/{job}")
        box = self.find("section[aria-label=Logs] .log")
        self.wait_until(lambda: self.is_at_end(box), 60)
        return box

    def test_who_reads_further_up_in_a_log_is_not_moved(self):
        box = self.open_long_log()

        self.browser.execute_script("arguments[0].scrollTop = 0", box)
        before = self.wait_for_more_lines(self.log_lines())
        self.wait_for_more_lines(before)

        self.assertEqual(self.scroll_position(box), 0)
        to_end = self.browser.find_element(By.XPATH, "//button[text()='To the end']")
        self.wait_until(to_end.is_displayed)
        to_end.send_keys(Keys.ENTER)
        self.wait_until(lambda: self.is_at_end(box))
        self.assertFalse(to_end.is_displayed())

    def test_who_scrolls_up_in_a_log_is_not_moved_by_lines_that_come_before_the_scroll_is_told(self):
        box = self.open_long_log()

        # A busy browser tells of a scroll late; this one never does.
        self.browser.execute_script("""
            arguments[0].addEventListener("scroll", (event) => event.stopImmediatePropagation(),
                                          {capture: true});
            arguments[0].scrollTop = 0;""", box)
        self.wait_for_more_lines(self.log_lines())

        self.assertEqual(self.scroll_position(box), 0)

    def test_a_log_stays_at_its_end_where_lines_wrap_anew_before_its_last_scroll_is_told(self):
        box = self.open_long_log()

        self.browser.execute_script("""
            const [box] = arguments;
            box.lastElementChild.append("word ".repeat(2000));
            box.dispatchEvent(new Event("scroll"));""", box)
        self.assertFalse(self.is_at_end(box))

        self.wait_until(lambda: self.is_at_end(box))

    def test_a_log_is_filtered_by_rank_severity_and_text_after_its_job_has_ended(self):
        self.start_workers(2)
        job = self.submit("--follow", "--allow-infeasible", "--set", "workers.min=2")
        self.open(f"jobs/{job}")
        self.wait_until(lambda: self.log_lines() == self.logged(job))

        self.choose("ranks", "1")
        self.wait_until(lambda: self.log_lines() == self.logged(job, "--rank", 1))
        self.choose("text", "phase=evaluate")
        self.wait_until(lambda: len(self.log_lines()) == 5)
        self.choose("severity", "errors")
        self.wait_for_text("No line is like that yet.")

        self.assertEqual(self.log_lines(), [])
        self.assertEqual(self.complaints(), [])
        self.choose("ranks", "x")
        self.wait_for_text('ranks has "')

    def test_a_log_goes_on_after_a_restart_of_the_coordinator_where_it_was(self):
        job = self.submit(*LONG)
        self.open(f"jobs/{job}")
        before = self.wait_for_more_lines([])
        self.kill_coordinator()
        self.wait_for_text("The coordinator does not answer.")

        self.start_coordinator_again()

        self.wait_for_more_lines(before)
        self.descent("cancel", job)
        self.wait_until(lambda: self.log_lines() == self.logged(job))
        self.assertEqual(self.complaints(), [])

    def test_a_failure_shows_the_last_lines_of_its_rank(self):
        job = self.submit(*LONG, "--set", "restarts.max=0")
        self.open(f"jobs/{job}")
        self.wait_for_more_lines([])

        self.kill_without_launcher(self.pool)

        self.wait_for_text("Last lines of rank 0 in attempt 1")
        self.assertEqual(self.log_lines("Why it failed"), self.logged(job, "--tail", 20))
        self.assertEqual(self.complaints(), [])

    def test_ranks_show_their_own_step_times_and_which_of_them_is_the_slowest(self):
        self.start_workers(2)
        job = self.submit(*LONG, "--allow-infeasible", "--set", "workers.min=2")
        self.open(f"jobs/{job}")
        own = "section[aria-label=Ranks] td[data-title='Own step time']"

        said = self.wait_until(lambda: re.search(
            r"Slowest: rank [01], [\d.]+ ms, (\d+\.\d\d)× the median\.", self.text()))

        self.assertGreaterEqual(float(said.group(1)), 1)
        self.wait_until(lambda: [bool(re.fullmatch(r"[\d.]+ ms, \d+\.\d\d×", cell.text)) for cell
                                 in self.browser.find_elements(By.CSS_SELECTOR, own)] == [True, True])
        self.assertEqual(self.complaints(), [])

    def test_a_worker_that_is_cordoned_is_shown_so(self):
        self.open("workers")
        self.wait_for_text("READY")

        self.descent("worker", "cordon", self.descent("worker", "ls", "-o", "name").stdout.strip())

        self.wait_for_text("CORDONED")
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
            # At one moment: a scroll bar may appear while the page is being filled.
            width, shown = self.browser.execute_script(
                "const page = document.documentElement; return [page.scrollWidth, page.clientWidth]")
            self.assertLessEqual(width, shown, place)

    def test_an_address_that_there_is_not_is_said_so_and_the_next_one_is_opened(self):
        job = self.submit()
        self.open(f"jobs/{job}")
        self.wait_for_text("Progress")

        self.open("compare?jobs=a,b")
        self.wait_for_text("There is no page #/compare?jobs=a,b.")
        self.open("workers")

        self.wait_for_text("Pool ")
        self.assertEqual(self.complaints(), [])

    def test_a_job_that_is_not_there_is_said_so(self):
        self.open("jobs/nobody")

        self.wait_for_text("jobs/nobody does not exist")

