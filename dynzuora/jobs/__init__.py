"""Work that takes a while: start it, look until it ends, never take a strange state for success.

What starts, shows and ends a job are rows of ``jobs.toml``; a job that is in no row is
inferred from the document where its schemas allow. `judge` is pure; all waiting is
done by the `Job`, with a clock and a sleep that are passed in.
"""

from dynzuora.jobs.job import Job, Means, submit
from dynzuora.jobs.kinds import Kind, Verdict, judge, kinds

__all__ = ["Job", "Kind", "Means", "Verdict", "judge", "kinds", "submit"]
