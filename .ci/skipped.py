"""Say how many tests were skipped and why; fail where too few ran, or where one missed what is there."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from xml.etree import ElementTree

VARIABLES = ("DYNZUORA_FULL_SPECS", "DYNZUORA_PYINSTALLER")
"""What a test that needs it is skipped without."""

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("files", nargs="+", metavar="FILE", help="what pytest's --junitxml wrote")
parser.add_argument("--at-least", type=int, default=1, metavar="N", help="how many tests must have run")
asked = parser.parse_args()

cases = [case for path in asked.files for case in ElementTree.parse(path).iter("testcase")]
reasons = Counter(skipped.get("message", "") for case in cases for skipped in case.iter("skipped"))
print(f"{reasons.total()} of {len(cases)} tests were skipped.")
for reason, count in reasons.most_common():
    print(f"  {count} x {reason}")
if len(cases) - reasons.total() < asked.at_least:
    sys.exit(f"Fewer than {asked.at_least} tests ran.")
missed = [each for each in VARIABLES if each in os.environ and any(each in reason for reason in reasons)]
if missed:
    sys.exit(f"{' and '.join(missed)} is set, and yet tests were skipped for want of it.")
