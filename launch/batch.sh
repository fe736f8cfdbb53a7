# Sourced by the batch scripts: what they share, whatever the batch system.
# shellcheck shell=bash

# number TEXT DEFAULT: a number that others have written. The shell would execute what stands in a text it computes with.
number() {
    if [[ $1 =~ ^[0-9]{1,9}$ ]]; then echo $((10#$1)); else echo "$2"; fi
}

# has_option NAME WORDS…: true if --NAME or --NAME=… is among the words.
has_option() {
    local name=$1 word
    shift
    for word in "$@"; do [[ $word == --$name || $word == --$name=* ]] && return; done
    return 1
}

# program_in PROJECT: prints where ensemble_train is, of a source tree or of an installation.
program_in() {
    local programs_from_here='' build=${ENSEMBLE_BUILD:-$1/build}
    if [[ ! ${ENSEMBLE_BUILD:-} && -f $1/launch/installed.sh ]]; then
        # shellcheck source=/dev/null
        source "$1/launch/installed.sh"
        build=$1/launch/$programs_from_here
    fi
    echo "$build/ensemble_train"
}

# goes_on CODE: true where a job that ended so is to begin again: when it was stopped before its limit, or, three times
# in a row at most, when it failed, maybe for its host. ENSEMBLE_STARTS and ENSEMBLE_FAILURES count, for the next job.
goes_on() {
    ENSEMBLE_STARTS=$(($(number "${ENSEMBLE_STARTS:-}" 0) + 1))
    ENSEMBLE_FAILURES=$(number "${ENSEMBLE_FAILURES:-}" 0)
    case $1 in
        0 | 2 | 3) return 1 ;;
        75) ENSEMBLE_FAILURES=0 ;;
        *) ENSEMBLE_FAILURES=$((ENSEMBLE_FAILURES + 1)) ;;
    esac
    export ENSEMBLE_STARTS ENSEMBLE_FAILURES
    ((ENSEMBLE_STARTS <= $(number "${ENSEMBLE_REQUEUES:-}" 100) && ENSEMBLE_FAILURES <= 3))
}

# stop_in_time SECONDS WORDS…: leaves in `words` the options of a run that keeps what it trains two minutes before a limit so
# many seconds away (of a short one after half of it), and goes on where it is begun already.
stop_in_time() {
    local left
    left=$(number "$1" 0)
    shift
    words=("$@")
    has_option resume "$@" || words+=(--resume)
    ((left == 0)) || has_option time-limit "$@" || words+=(--time-limit "$((left > 240 ? left - 120 : (left + 1) / 2))s")
}
