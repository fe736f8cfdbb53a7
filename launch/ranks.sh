# Sourced after environment.sh by the scripts that start the program: builds it, and runs it on ranks of this machine.
# With ENSEMBLE_BUILD in the environment, the program is taken from that build directory as it is.
# shellcheck shell=bash

readonly build=${ENSEMBLE_BUILD:-$project/build}
readonly program=$build/ensemble_train

# A build directory that exists keeps its options (tests, compiler, instruction set): it may be a developer's.
build_program() {
    local log=$build/${0##*/}.log options=() output type
    [[ -z ${ENSEMBLE_BUILD:-} ]] || return 0
    mkdir -p "$build"
    ! is_new "$build" || options=(-DCMAKE_BUILD_TYPE=Release -DENSEMBLE_TESTS=OFF -DENSEMBLE_BENCH=OFF)
    say "building $program (a few minutes the first time)"
    configure "$build" "${options[@]}" >"$log" 2>&1 || { cat "$log" >&2; die "the build could not be configured"; }
    # On a terminal Ninja shows its progress on one line that it rewrites.
    output=$log
    [[ ! -t 2 ]] || output=/dev/stderr
    cmake --build "$build" --parallel "$(build_jobs)" --target ensemble_train >"$output" 2>&1 ||
        { [[ -t 2 ]] || cat "$log" >&2; die "the build failed"; }
    type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")
    [[ -z $type || $type == Release ]] || say "note: build/ is configured as $type, which is slower than Release"
}

# The launcher that belongs to the MPI library the program was built with.
find_mpirun() {
    sed -n 's/^MPIEXEC_EXECUTABLE:[A-Z]*=//p' "$build/CMakeCache.txt"
}

# compose_command RANKS WORDS…: puts what starts the program into the array `command`.
compose_command() {
    local count=$1
    shift
    # More ranks than cores is fine here: ranks are not bound, and yield the core while they wait.
    # Containers forbid reading another process's memory, so ranks copy through shared memory.
    command=("$(find_mpirun)" -np "$count" --oversubscribe --bind-to none --quiet
        --mca mpi_yield_when_idle 1 --mca btl_vader_single_copy_mechanism none)
    ((EUID != 0)) || command+=(--allow-run-as-root)

    # Under mpirun every rank's stdout looks like a terminal, so ranks are told what this script's is.
    export ENSEMBLE_TERMINAL=0
    if [[ -t 1 ]]; then
        ENSEMBLE_TERMINAL=1
        read -r _ COLUMNS < <(stty size <&1 2>/dev/null) || COLUMNS=80
        export COLUMNS
        command+=(-x COLUMNS)
    fi
    command+=(-x ENSEMBLE_TERMINAL "$program" "$@")
}

job=
stopped=
# shellcheck disable=SC2317,SC2034 # called by the traps; read by who sources this
forward() {
    [[ $1 == USR? ]] || stopped=yes
    [[ -z $job ]] || kill -s "$1" "$job" 2>/dev/null || true
}

# From now on signals go to what run_command runs, and those that ask for the end set `stopped`.
forward_signals() {
    local signal
    for signal in INT TERM HUP QUIT USR1 USR2; do
        # shellcheck disable=SC2064 # the name of this turn's signal is meant
        trap "forward $signal" "$signal"
    done
}

# Runs the array `command`; its exit status is then in `code`.
# shellcheck disable=SC2034 # whoever sources this reads it
run_command() {
    # Job control gives mpirun a process group of its own, so that it gets each signal once, from here.
    set -m
    "${command[@]}" </dev/null &
    job=$!
    set +m
    # A signal ends `wait` early; the code counts once the job is gone.
    code=0
    wait "$job" || code=$?
    while kill -0 "$job" 2>/dev/null; do
        code=0
        wait "$job" || code=$?
    done
    job=
}
