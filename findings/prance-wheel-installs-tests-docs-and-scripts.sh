#!/usr/bin/env bash
# prance 26.7.19.0, from its wheel.
# Input: nothing but an installation.
# Seen:  besides `prance` the wheel puts `docs`, `scripts` and `tests` into site-packages, so
#        `import tests` finds prance's in every environment that has no nearer package of that name.
# Most would have guessed: one top-level package, as the releases before had.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv --without-pip "$folder/venv"
python3 -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/site" prance==26.7.19.0
seen="$(cd "$folder/site" && find . -mindepth 1 -maxdepth 1 -type d ! -name '*.dist-info' ! -name bin -printf '%f\n' | sort | xargs)"
printf '%s\n' "$seen"
[ "$seen" = "docs prance scripts tests" ]
