"""Run one command and print what it took: CPU seconds, wall seconds, peak bytes. Fails where it fails.

Linux counts the memory of the process that starts another as the other's, too. So this one
is as small as a Python can be: ``python -I -S _starter.py COMMAND…``.
"""

import os
import sys
import time

begun = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
wall = time.perf_counter() - begun
unit = 1 if sys.platform == "darwin" else 1024
print(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
