#!/bin/sh
# The two weekly jobs, one after the other: weekly.sh DATA STORE [DATE]. The date is today (UTC) if none is given.
# Running it again changes nothing. It ends with the exit code of the job that failed; retrain that failed does not
# keep score from running with the champion there is.
set -u
data=$1
store=$2
as_of=${3:-$(date -u +%F)}
learned=0
scrubwatch retrain "$data" --as-of "$as_of" --store "$store" --json > "$store/retrain-$as_of.json" || learned=$?
scrubwatch score "$data" --as-of "$as_of" --store "$store" --out "$store/scores/$as_of" --json > "$store/score-$as_of.json" || exit $?
exit "$learned"
