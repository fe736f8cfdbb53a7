#!/usr/bin/env python3
"""What people type who know mpirun, and the hostfiles they write. Arguments: the script, the build directory, the case."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from starts import BUILD, CASE, SCRIPT, fake_build, leftovers, start
from launching import end, expect

DONE = 'echo 0 >"$ENSEMBLE_STATUS_FILE"'
SHOW_HOSTS = f'while [[ $1 != --hostfile ]]; do shift; done; cat "$2" >>"$CALLS"; {DONE}'


def called(directory, fake, options, words, **more):
    """How mpirun is called for these words."""
    calls = directory / "calls"
    calls.unlink(missing_ok=True)
    end(start(directory, options, words, ENSEMBLE_BUILD=str(fake), CALLS=str(calls), **more), 0)
    return calls.read_text()


def as_mpi_users_type(directory):
    fake = fake_build(directory, DONE)
    for options in (["-np", "3"], ["--np", "3"], ["-n", "3"], ["--n", "3"], ["-c", "3"], ["-n3"], ["--ranks=3"], ["--ranks", "3"]):
        words = called(directory, fake, [*options, "--no-recovery"], ["--data", "moons", "--out", "x"], before=None).split()
        expect(words[:2] == ["-np", "3"] and words[-4:] == ["--data", "moons", "--out", "x"], f"{options}: {words}")
    words = called(directory, fake, ["-np", "2", "--no-recovery"], [f"{fake}/ensemble_train", "--out", "x"], before=None)
    expect(words.count(f"{fake}/ensemble_train") == 1, words)


def wrong_words(directory):
    for words, part in ((["--rank", "3"], "--ranks"), (["--mca", "btl", "tcp"], "--mpirun"), (["--oversubscribe"], "mpirun"), (["8"], "-n"),
                        (["--data", "moons", "-np", "3"], "before"), (["-np"], "value"), (["--restart=3"], "--restarts"), (["-H", "a,b"], "--hostfile"),
                        (["-n", "x" * 500], "xxx…"), (["-n", "\x1b[31m8"], "?[31m8"), (["--wait", "9" * 30], "--wait")):
        _, err = end(start(directory, words, [], before=None), 2)
        expect(part in err and len(err.splitlines()) == 1 and len(err) < 300, f"{words}: {err}")
    # The program's own are its own affair, also where they look like one of these.
    out, _ = end(start(directory, ["-n", "2"], ["--version"], before=None), 0)
    expect("ensemble_train" in out, out)
    gone = fake_build(directory, "")
    (gone / "mpirun").unlink()
    _, err = end(start(directory, ["-n", "2"], [], ENSEMBLE_BUILD=str(gone)), 2)
    expect(f"{gone}/mpirun is not there" in err and len(err.splitlines()) == 1, err)
    shutil.rmtree(gone)
    expect(not list(directory.iterdir()), "wrong words left files behind")


def hostfiles(directory):
    fake = fake_build(directory, SHOW_HOSTS)
    hosts = directory / "hosts"
    for given, read in ((b"# mine\r\nnode01 slots=2\r\nnode02\r\n", "# mine\nnode01 slots=2\nnode02"), (b"node01:4\nnode02:2", "node01 slots=4\nnode02 slots=2"),
                        (b"\xef\xbb\xbfnode01 slots = 4\tmax_slots=8 # fast\n", "node01 slots=4 max_slots=8"), (b"me@node-1.example.org\n\n", "me@node-1.example.org")):
        hosts.write_bytes(given)
        lines = [line.strip() for line in called(directory, fake, ["--hostfile", "hosts"], ["--out", "x"]).splitlines()[1:]]
        expect([line for line in lines if line] == [line for line in read.splitlines() if not line.startswith("#")], f"{given}: {lines}")
    for given, part in ((b"", "no host"), (b"# none\n\n", "no host"), (b"node01 slots=2\nnode02 slots=many\n", "line 2"), (b"node01 16\n", "line 1"), (b"a,b\n", "line 1"),
                        (b"\n-oProxyCommand=x\n", "line 2"), (b"node01:\n", "line 1"), (b"node01:2 slots=3\n", "line 1"), (b"node01\rnode02\r", "line 1"),
                        (b"node01 slots=0\n", "line 1"), ("node01".encode("utf-16"), "plain text"), (b"\x1b[2Jnode\n", "line 1")):
        hosts.write_bytes(given)
        _, err = end(start(directory, ["--hostfile", "hosts"], ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS="/dev/null"), 2)
        expect("hostfile hosts" in err and part in err and len(err.splitlines()) == 1 and "\x1b" not in err, f"{given}: {err}")
    expect(not leftovers(directory), leftovers(directory))


def through_a_link(directory):
    link = directory / "my run"
    link.symlink_to(SCRIPT)
    out, _ = end(subprocess.Popen([link, "-n", "1", "--version"], env={**os.environ, "ENSEMBLE_BUILD": BUILD, "CDPATH": "/"},
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True), 0)
    expect("ensemble_train" in out, out)


def many_in_one_second(directory):
    fake = fake_build(directory, f"{DONE}; cat >/dev/null <&0")
    processes = [start(directory, ["-n", "1"], [], ENSEMBLE_BUILD=str(fake), CALLS=str(directory / f"calls{i}")) for i in range(6)]
    for process in processes:
        end(process, 0)
    chosen = {(directory / f"calls{i}").read_text().split()[-1] for i in range(6)}
    expect(len(chosen) == 6, chosen)


def messages(directory):
    """Open MPI's noise stays away and all else arrives; nobody has to be able to read it."""
    noise = "[vm:7] PMIX ERROR: UNREACHABLE in file a.c at line 388"
    fake = fake_build(directory, f'echo "{noise}" >&2; echo "a real one" >&2; printf "no end of line" >&2; {DONE}')
    _, err = end(start(directory, ["-n", "2", "--no-recovery"], ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS="/dev/null"), 0)
    expect(err.splitlines() == [f"run: 2 ranks on {len(os.sched_getaffinity(0))} cores", "a real one", "no end of line"] and "--mca" not in err, err)
    _, err = end(start(directory, ["-n", "2", "--no-recovery", "-v"], ["--out", "x"], ENSEMBLE_BUILD=str(fake), CALLS="/dev/null"), 0)
    expect(noise in err and "--mca" in err, err)
    for redirection in ("2>&-", "2>/dev/full", "2> >(exec 0<&-)"):
        end(subprocess.Popen(["bash", "-c", f'"{SCRIPT}" -n 2 --no-recovery -- --out x {redirection}'], cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                             env={**os.environ, "ENSEMBLE_BUILD": str(fake), "CALLS": "/dev/null", "TMPDIR": str(directory)}), 0)
    expect(not leftovers(directory), leftovers(directory))


def unfinished_builds(directory):
    """A directory where cmake alone has failed is configured afresh; one that somebody has made with another generator is taken."""
    environment = Path(SCRIPT).parent / "environment.sh"
    (directory / "CMakeCache.txt").write_text(f"CMAKE_HOME_DIRECTORY:INTERNAL={Path(SCRIPT).parents[1]}\nCMAKE_GENERATOR:INTERNAL=Unix Makefiles\n")
    for finished in ("", "Makefile", "build.ninja"):
        for name in ("Makefile", "build.ninja"):
            (directory / name).unlink(missing_ok=True)
        if finished:
            (directory / finished).touch()
        is_new = subprocess.run(["bash", "-c", f'source "{environment}"; is_new .'], cwd=directory, check=False).returncode == 0
        expect(is_new == (not finished), finished or "nothing")


with tempfile.TemporaryDirectory() as temporary:
    globals()[CASE](Path(temporary))
