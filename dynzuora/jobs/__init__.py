"""Jobs: start asynchronous work, poll until it ends, and never take an unknown state for success.

Rows of ``jobs.toml`` say how each kind of job is started, polled and ended; other jobs are
inferred from the document's schemas if possible. `judge` is pure; a `Job` waits with a clock
and a sleep that are passed in. ``Client.submit`` returns a `Job`; ``kinds()`` lists the kinds,
with your own from ``jobs.toml`` in the config folder.
"""

from dynzuora.jobs.job import Job, Means, submit
from dynzuora.jobs.kinds import Kind, Verdict, judge, kinds

__all__ = ["Job", "Kind", "Means", "Verdict", "judge", "kinds", "submit"]
