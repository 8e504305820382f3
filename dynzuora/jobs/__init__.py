"""Jobs: start asynchronous work, poll until it ends, and never take an unknown state for success.

Rows of ``jobs.toml`` say how each kind of job is started, polled and ended; other jobs are
inferred from the document's schemas if possible. `judge` is pure; a `Job` polls and waits with
its caller. ``Client.submit`` returns a `Job`; ``kinds()`` lists the kinds,
with your own from ``jobs.toml`` in the config folder.
"""

from dynzuora.jobs.job import Job, submit
from dynzuora.jobs.kinds import Kind, Verdict, judge, kinds

__all__ = ["Job", "Kind", "Verdict", "judge", "kinds", "submit"]
