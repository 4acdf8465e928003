"""The coordinator's page behind a path prefix, and where tokens are asked for."""

from selenium.webdriver.common.keys import Keys

from browser import LONG, PageTest
from prefix_proxy import PrefixProxy

# Notes of every request of the page where it goes and who it says it is.
NOTE_REQUESTS = """
window.requests = [];
const original = window.fetch;
window.fetch = (path, options) => {
  window.requests.push([String(path), options?.headers?.Authorization ?? ""]);
  return original(path, options);
};
"""


class PageBehindAPrefix(PageTest):

    def setUp(self):
        super().setUp()
        self.start_workers(1)
        self.proxy = PrefixProxy(self.addresses["http"], "/descent")
        self.addCleanup(self.proxy.close)

    def test_the_list_and_the_curve_of_a_running_job_move(self):
        self.browser.get(f"{self.proxy.url}/")
        self.wait_for_text("No job yet.")
        job = self.submit(*LONG)
        self.wait_for_text(job)

        self.click(f"a[href='#/jobs/{job}']")
        before = self.wait_until(self.loss_ends_at)
        self.wait_until(lambda: self.loss_ends_at() not in ("", before))

        self.assertEqual(self.proxy.strays, [])
        self.assertEqual(self.complaints(), [])


class PageWithTokens(PageTest):
    coordinator_options = ("--require-tokens",)

    def setUp(self):
        super().setUp()
        self.environment["DESCENT_TOKEN_FILE"] = str(self.directory / "state/admin-token")
        self.token_file = self.make_token("vic", "viewer")

    def sign_in(self, token=None):
        field = self.find("#token")
        self.wait_until(field.is_displayed)
        field.send_keys(token or self.token_file.read_text().strip(), Keys.ENTER)

    def test_who_signs_in_sees_what_changes_and_the_token_travels_in_a_header(self):
        self.browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument",
                                     {"source": NOTE_REQUESTS})
        self.open()
        self.wait_for_text("This coordinator asks for a token")

        self.sign_in()
        self.wait_for_text("No job yet.")
        job = self.submit()

        self.wait_for_text(job)
        token = self.token_file.read_text().strip()
        requests = self.browser.execute_script("return window.requests")
        watched = [sent for path, sent in requests if path.startswith("v1/watch")]
        self.assertEqual(watched[-1], f"Bearer {token}")
        self.assertEqual([path for path, _ in requests if token in path], [])

    def test_a_wrong_token_is_told_beside_the_field_for_another(self):
        self.open()
        self.sign_in("dsc_" + "A" * 43)
        problem = self.find("#login-problem")
        self.wait_until(lambda: "the token is not of this coordinator" in problem.text)

        self.sign_in()

        self.wait_for_text("No job yet.")
        self.assertFalse(self.find("#login").is_displayed())

    def test_who_signs_out_sees_no_job_any_more(self):
        job = self.submit()
        self.open()
        self.sign_in()
        self.wait_for_text(job)

        self.find("#logout").send_keys(Keys.ENTER)

        self.wait_for_text("This coordinator asks for a token")
        self.assertNotIn(job, self.text())
        self.browser.refresh()
        self.wait_for_text("This coordinator asks for a token")
        self.assertNotIn(job, self.text())

    def test_a_token_that_is_revoked_ends_what_is_shown(self):
        job = self.submit()
        self.open()
        self.sign_in()
        self.wait_for_text(job)

        self.revoke_token("vic")

        self.wait_until(lambda: "revoked" in self.find("#login-problem").text)
        self.assertNotIn(job, self.text())
