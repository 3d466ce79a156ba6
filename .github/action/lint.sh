#!/usr/bin/env bash
# What the action runs: an environment of its own, then forge-doctor lint with the inputs, each as one argument.
set -uo pipefail
venv="${RUNNER_TEMP:-/tmp}/forge-doctor-venv"
if [ ! -x "$venv/bin/forge-doctor" ]; then
    "${FORGE_DOCTOR_PYTHON:-python3}" -m venv "$venv" &&
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$FORGE_DOCTOR_SOURCE" || exit 3
fi
read -r -a paths <<<"${INPUT_PATHS:-.}"
arguments=(--output-format "${INPUT_FORMAT:-github}" --fail-on "${INPUT_FAIL_ON:-error}")
[ -z "${INPUT_SINCE:-}" ] || arguments+=(--since "$INPUT_SINCE")
[ -z "${INPUT_OUTPUT_FILE:-}" ] || arguments+=(--output-file "$INPUT_OUTPUT_FILE")
"$venv/bin/forge-doctor" lint "${arguments[@]}" -- "${paths[@]}"
status=$?
[ -z "${GITHUB_OUTPUT:-}" ] || printf 'exit-code=%s\n' "$status" >>"$GITHUB_OUTPUT"
exit "$status"
