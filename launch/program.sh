# Sourced by the scripts that run the program: where it is, and how it is built.
# shellcheck shell=bash disable=SC2034 # what is set here is for those who source it

# shellcheck source=launch/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# ENSEMBLE_BUILD names another build directory, which is taken as it is. An installation says in installed.sh where its
# programs are; what a build directory would keep is then this user's.
kept='' programs_from_here='' called=launch/run
if [[ ! ${ENSEMBLE_BUILD:-} && -f $project/launch/installed.sh ]]; then
    # shellcheck source=/dev/null
    source "$project/launch/installed.sh" # leaves programs_from_here and mpirun_of_build
    build=$(readlink -f "$project/launch/$programs_from_here")
    called=ensemble-run
    kept=${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ensemble
    mkdir -p "$kept" 2>/dev/null || true
else
    build=${ENSEMBLE_BUILD:-$project/build}
    # The launcher that belongs to the MPI library that the program was built with.
    mpirun_of_build=$(sed -n 's/^MPIEXEC_EXECUTABLE:[A-Z]*=//p' "$build/CMakeCache.txt" 2>/dev/null) || true
fi
readonly build called kept=${kept:-$build}
readonly program=$build/ensemble_train

# A build directory that exists keeps its options (tests, compiler, instruction set): it may be a developer's.
build_program() {
    [[ ! ${ENSEMBLE_BUILD:-} ]] || return 0
    local log=$build/${0##*/}.log options=() output type
    mkdir -p "$build"
    ! is_new "$build" || options=(-DCMAKE_BUILD_TYPE=Release -DENSEMBLE_TESTS=OFF -DENSEMBLE_BENCH=OFF)
    say "building $program (a few minutes the first time)"
    configure "$build" "${options[@]}" >"$log" 2>&1 || { cat "$log" >&2; die "the build could not be configured"; }
    # On a terminal Ninja shows its progress on one line that it rewrites.
    output=$log
    [[ ! -t 2 ]] || output=/dev/stderr
    cmake --build "$build" --parallel "$(build_jobs)" --target ensemble_train ensemble_predict ensemble_report >"$output" 2>&1 ||
        { [[ -t 2 ]] || cat "$log" >&2; die "the build failed"; }
    type=$(sed -n 's/^CMAKE_BUILD_TYPE:[A-Z]*=//p' "$build/CMakeCache.txt")
    [[ -z $type || $type == Release ]] || say "note: build/ is configured as $type, which is slower than Release"
}
