"""How fast dynzuora is beside the libraries it stands on and those it could be exchanged for.

``python -m benchmarks`` measures everything side by side in one run and prints tables;
``python -m benchmarks report FILE`` writes them into ``docs/performance.md`` and the README.
What is measured is data: each module of a kind (`start`, `calls`, …) is a table of subjects
and of targets, and only `measuring` has a clock. No test looks at a time.
"""
