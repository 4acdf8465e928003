"""docs/reference/ is what the programs and the proto files say of themselves."""

import subprocess
import sys

from document import ROOT
from harness import BIN, SystemTest


class Reference(SystemTest):

    def check(self):
        return subprocess.run(
            [sys.executable, ROOT / "docs/reference/generate.py", "--bin", BIN, "--check"],
            capture_output=True, text=True, timeout=300, check=False)

    def test_the_pages_are_what_would_be_generated_now(self):
        done = self.check()

        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_field_option_and_method_has_a_line(self):
        said = {name: (ROOT / f"docs/reference/{name}.md").read_text()
                for name in ("job_file", "command_line", "api")}

        self.assertIn("| `hidden_sizes` | list of whole number |", said["job_file"])
        self.assertIn("## descent checkpoint export\n", said["command_line"])
        self.assertIn("--webhook-secret-file", said["command_line"])
        self.assertIn("| `StreamJobLogs` | `StreamJobLogsRequest` | stream of "
                      "`StreamJobLogsResponse` | viewer |", said["api"])
        self.assertIn("| `page_token` | `string` |", said["api"])
