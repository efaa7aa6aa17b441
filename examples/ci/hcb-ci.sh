#!/usr/bin/env bash
# Plans the model of this checkout and compares the plan with the baseline that was committed.
set -euo pipefail

# What is planned, and how much more is too much: edit these, or set them in the environment.
model=${HCB_MODEL:-model.onnx}
read -ra options <<<"${HCB_OPTIONS:---dim batch=8}"
baseline=${HCB_BASELINE:-hcb-baseline.json}
limits=${HCB_FAIL_ON:-peak+2%,time+1%}

usage() {
  cat <<'END'
usage: hcb-ci.sh check | exact | accept

  check    exit code 7 if the plan exceeds the limits over the baseline, and what grew
  exact    exit code 7 if the baseline is not, to the letter, the plan of this model
  accept   write the baseline; commit it with the change that needs it

check also writes JUnit XML to $HCB_JUNIT, and Markdown behind $GITHUB_STEP_SUMMARY, where they are set.
END
}

say_how_to_accept() {
  echo "If this is meant, accept it: ${BASH_SOURCE[0]} accept, and commit $baseline."
}

# compare FORMAT: the exit code of hcb diff.
compare() { hcb diff "$baseline" - --fail-on "$limits" --format "$1" <"$plan"; }

check() {
  local format=text status=0
  [[ ${GITHUB_ACTIONS:-} != true ]] || format=github
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  plan=$folder/plan.json
  hcb plan "$model" "${options[@]}" -o "$plan" >/dev/null
  compare "$format" || status=$?
  ((status == 0 || status == 7)) || exit "$status"
  [[ -z ${HCB_JUNIT:-} ]] || compare junit >"$HCB_JUNIT" || true
  [[ -z ${GITHUB_STEP_SUMMARY:-} ]] || compare markdown >>"$GITHUB_STEP_SUMMARY" || true
  ((status == 0)) || say_how_to_accept
  exit "$status"
}

exact() {
  local status=0
  hcb plan "$model" "${options[@]}" --check "$baseline" || status=$?
  ((status != 7)) || say_how_to_accept
  exit "$status"
}

case ${1:-} in
  check) check ;;
  exact) exact ;;
  accept) hcb plan "$model" "${options[@]}" -o "$baseline" ;;
  -h | --help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
