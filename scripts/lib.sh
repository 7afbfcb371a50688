# Shared by the scripts beside it; sourced, not run.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

GO=${GO:-go}

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# step NAME COMMAND...: says what it does, does it, says how long it took. A
# failure ends the script and is said by name on the way out. The command runs
# in the foreground, so that an interrupt reaches it.
step() {
  current=$1 started=$SECONDS
  shift
  printf '\n== %s\n' "$current"
  "$@"
  printf -- '-- %s: ok in %d s\n' "$current" $((SECONDS - started))
  current=
}

current=
say_failed_step() {
  [ -z "$current" ] || printf -- '-- %s: FAILED after %d s\n' "$current" $((SECONDS - started))
}
trap say_failed_step EXIT

# silent COMMAND...: holds when the command succeeds without a word; for tools
# that list what is wrong and exit 0.
silent() {
  local out
  out=$("$@") || { printf '%s\n' "$out"; return 1; }
  [ -z "$out" ] || { printf '%s\n' "$out"; return 1; }
}

# gotests NAME ARGUMENTS...: `go test -v` for a tier. It fails when a test
# fails, when one is skipped, and when none ran, so that a renamed test or a
# missing directory is never a success.
gotests() {
  local name=$1 log rc=0 passed skipped start=$SECONDS
  shift
  log=$(mktemp)
  "$GO" test -v -count=1 -timeout "${TIER_LIMIT:-60m}" "$@" 2>&1 | tee "$log" || rc=$?
  passed=$(grep -cE '^--- PASS' "$log" || true)
  skipped=$(grep -cE '^ *--- SKIP' "$log" || true)
  rm -f "$log"
  [ "$rc" -eq 0 ] || return "$rc"
  if [ "$passed" -eq 0 ] || [ "$skipped" -ne 0 ]; then
    printf '%s: nothing is shown: %d tests passed, %d skipped\n' "$name" "$passed" "$skipped"
    return 1
  fi
  printf '%s: %d tests passed, none skipped, in %d s\n' "$name" "$passed" $((SECONDS - start))
}

# in_seconds DURATION: "90s", "6m" or "1h" as a number.
in_seconds() {
  case $1 in
    *[!0-9]*[smh] | '' | [smh]) die "not a duration such as 90s, 6m or 1h: '$1'" ;;
    *h) echo $((${1%h} * 3600)) ;;
    *m) echo $((${1%m} * 60)) ;;
    *s) echo "${1%s}" ;;
    *) die "not a duration such as 90s, 6m or 1h: '$1'" ;;
  esac
}
