"""Which processor this is, as results name it: "AMD Zen 5"."""

import pathlib
import re

# By family, and by ranges of models where a family has several.
AMD = [(26, range(0, 256), "Zen 5"), (25, [*range(0x10, 0x20), *range(0x60, 0xb0)], "Zen 4"),
       (25, range(0, 256), "Zen 3"), (23, range(0x30, 256), "Zen 2")]


def name(cpuinfo=None):
    """Of the text of /proc/cpuinfo. Virtual machines often hide the model's own name."""
    text = cpuinfo or pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    facts = dict(re.findall(r"^([^\t:]+)\s*: (.*)$", text.split("\n\n")[0], re.MULTILINE))
    family, model = int(facts["cpu family"]), int(facts["model"])
    if facts["vendor_id"] == "AuthenticAMD":
        for known_family, models, architecture in AMD:
            if family == known_family and model in models:
                return f"AMD {architecture}"
    return f"{facts['model name']} (family {family}, model {model})"
