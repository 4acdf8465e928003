"""Prints the last lines of every test that failed, from the JUnit file that ctest wrote: where only
the end of a long output is kept, it says what happened."""

import sys
import xml.etree.ElementTree as xml

LINES = 60

for case in xml.parse(sys.argv[1]).getroot().iter("testcase"):
    if case.get("status") == "fail":
        output = (case.findtext("system-out") or "").splitlines()
        print(f"--- {case.get('name')}, last lines:", *output[-LINES:], sep="\n", flush=True)
