# Sourced by the scripts that start things: where the project is, what must be installed, how wide to build.
# shellcheck shell=bash

# Nobody has to be able to read what is said: a reader that has left ends nothing, and a descriptor that is closed must not
# become that of a file.
trap : PIPE
for descriptor in 0 1 2; do
    [[ -e /proc/$$/fd/$descriptor ]] || eval "exec $descriptor<>/dev/null"
done

project=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
readonly project

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2 || true; }

# plain TEXT: as a message may show it: of bearable length, and without what a terminal would obey.
plain() {
    local text=${1//[[:cntrl:]]/?}
    ((${#text} <= 100)) || text=${text:0:100}…
    printf '%s' "$text"
}

quoted() { printf "'%s'" "$(plain "$1")"; }

# digits TEXT DEFAULT: a number that others have written. The shell would execute what stands in a text it computes with.
digits() {
    if [[ $1 =~ ^[0-9]{1,9}$ ]]; then echo $((10#$1)); else echo "$2"; fi
}

die() {
    say "$*"
    exit 1
}

# as_root COMMAND…: runs it as root, by sudo where the user is not root.
as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

# True where as_root can work: sudo may ask for a password only if somebody is there to type it.
can_be_root() {
    ((EUID == 0)) && return 0
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null || [[ -t 0 ]]
}

# apt_get ARGUMENTS…: without questions, patient with another apt that holds the lock.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2
}

# require_packages LIST…: installs whatever the named lists in launch/packages hold and the machine lacks.
require_packages() {
    local list package missing=()
    command -v dpkg-query >/dev/null ||
        { say "this is no Debian: taking for granted that the packages in launch/packages are there"; return; }
    for list in "$@"; do
        while read -r package; do
            [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
        done < <(grep -v '^#' "$project/launch/packages/$list")
    done
    ((${#missing[@]})) || return 0
    can_be_root || die "missing: ${missing[*]}. Install them as root, apt-get install --no-install-recommends" \
        "${missing[*]}, or run this as root or as a user with sudo"
    say "installing ${missing[*]}"
    local install=(install --no-install-recommends "${missing[@]}")
    # The package index may be absent (a bare machine) or out of date (a file it names is gone).
    if apt-get --simulate "${install[@]}" >/dev/null 2>&1 && apt_get "${install[@]}"; then
        return
    fi
    if ! { apt_get update && apt_get "${install[@]}"; }; then
        die "could not install ${missing[*]}; apt's message is above"
    fi
}

# Cores this may use. nproc alone would count the threads that OpenMP is allowed.
core_count() { env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc; }

# Compilers to run at a time: one per core, as long as each has the 1.5 GB that the largest files take.
build_jobs() {
    local cores memory
    cores=$(core_count)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
    ((memory < 1)) && memory=1
    echo $((cores < memory ? cores : memory))
}

# is_new DIRECTORY: true where no build of this tree has been configured to its end: a moved or copied tree starts afresh, and so
# does one where cmake alone has failed, without the packages or a make.
is_new() {
    ! grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$project" "$1/CMakeCache.txt" || [[ ! -f $1/build.ninja && ! -f $1/Makefile ]]
}

# configure DIRECTORY OPTIONS…: writes its build files, for Ninja unless it already has a generator.
configure() {
    local directory=$1 start=()
    shift
    ! is_new "$directory" || start=(--fresh -G Ninja)
    cmake "${start[@]}" -S "$project" -B "$directory" "$@"
}
