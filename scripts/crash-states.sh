#!/usr/bin/env bash
# The crash-state tier: runs every TestCrashStates of the module with a bbolt
# that records what it does to the disk, for JALIYA_CRASH_TIME (30s) in all.
# The last line is "N crash states, 0 lost; control caught".
#
# `crash-states.sh prepare` makes the recording bbolt alone, for scripts/mutants.
#
# The recording bbolt is a copy of the pinned module with four calls replaced,
# put in its place by a go.mod of its own (-modfile): the build overlay refuses
# files of the module cache.
source "$(dirname "$0")/lib.sh"

build=build/crash
copy=$build/bbolt

# replace FILE EXPRESSION: one sed substitution that must hit, so that a new
# bbolt that moved its calls fails here and not silently.
replace() {
  local before after
  before=$(cksum <"$copy/$1")
  sed -i "$2" "$copy/$1"
  after=$(cksum <"$copy/$1")
  [ "$before" != "$after" ] || die "bbolt changed: nothing to replace in $1 by '$2'"
}

copy_bbolt() {
  local from
  from=$("$GO" list -m -f '{{.Dir}}' go.etcd.io/bbolt)
  [ -n "$from" ] || die 'go.etcd.io/bbolt is not in the module cache: run go mod download'
  rm -rf "$build"
  mkdir -p "$build"
  cp -r "$from" "$copy"
  chmod -R u+w "$copy"
  rm -rf "$copy"/cmd "$copy"/tests "$copy"/*_test.go
  cp scripts/bbolt-recorder.go.txt "$copy/recorder.go"
  replace db.go 's/db\.ops\.writeAt = db\.file\.WriteAt/db.ops.writeAt = recordedWriteAt(db.file)/'
  replace db.go 's/db\.file\.Truncate(int64(sz))/recordedTruncate(db.file, int64(sz))/'
  replace db.go 's/db\.file\.Sync()/recordedSync(db.file)/'
  replace tx.go '/beforeSyncDataPages/,+1 s/fdatasync(tx\.db)/fdatasyncPages(tx.db)/'
  replace bolt_linux.go 's/func fdatasync(/func fdatasyncUnrecorded(/'
  cp go.mod "$build/go.mod"
  cp go.sum "$build/go.sum"
  "$GO" mod edit -replace "go.etcd.io/bbolt=./$copy" "$build/go.mod"
}

# packages lists those that have crash-state tests.
packages() {
  grep -rl --include='*_test.go' '^func TestCrashStates(' . --exclude-dir=build --exclude-dir=.tools |
    xargs -r -n1 dirname | sort -u
}

explore() {
  local log=$1 count
  mapfile -t pkgs < <(packages)
  count=${#pkgs[@]}
  [ "$count" -gt 0 ] || die 'no package has a TestCrashStates'
  local total
  total=$(in_seconds "${JALIYA_CRASH_TIME:-30s}")
  # One package at a time, each on all cores for its share of the time.
  JALIYA_CRASH_TIME=$(((total + count - 1) / count))s gotests 'crash states' \
    -p 1 -modfile="$build/go.mod" -mod=mod -tags crashstates -run '^TestCrashStates$' "${pkgs[@]}" | tee "$log"
}

if [ "${1:-}" = prepare ]; then
  copy_bbolt
  exit
fi
log=$(mktemp)
step 'record bbolt' copy_bbolt
step 'explore crash states' explore "$log"
states=$(sed -nE 's/.*: ([0-9]+) crash states, 0 lost; .* ([0-9]+) of \2 controls caught$/\1/p' "$log")
rm -f "$log"
[ -n "$states" ] || die 'no test reported crash states with a caught control'
echo "$(($(paste -sd+ <<<"$states"))) crash states, 0 lost; control caught"
