"""What tests of launch/run share: starting it, an mpirun of our own making, and looking for what is left."""

import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

SCRIPT, BUILD, CASE = sys.argv[1:4]


def start(directory, options, words, before="--", **variables):
    environment = {**os.environ, "ENSEMBLE_BUILD": BUILD, "TMPDIR": str(directory), **variables}
    return subprocess.Popen([SCRIPT, *options, *([before] if before else []), *words], cwd=directory, env=environment,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def leftovers(directory):
    """Files of a start that is over, and its processes: all have the directory in their environment."""
    names = [path.name for path in directory.iterdir() if path.name.startswith(("ensemble-run", ".ensemble", "ompi"))]
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            environment = Path("/proc", process, "environ").read_bytes()
        except OSError:
            continue
        if f"ENSEMBLE_STATUS_FILE={directory}/".encode() in environment:
            names.append(f"process {process}")
    return names


def fake_build(directory, mpirun, program="#!/bin/sh\n"):
    """A build directory whose mpirun is a script that writes down how it is called, and goes on as it is told."""
    fake = directory / "fake"
    fake.mkdir()
    (fake / "CMakeCache.txt").write_text(f"MPIEXEC_EXECUTABLE:FILEPATH={fake}/mpirun\n")
    (fake / "ensemble_train").write_text(program)
    (fake / "mpirun").write_text(mpirun if mpirun.startswith("#!") else f'#!/bin/bash\necho "$*" >>"$CALLS"\n{mpirun}\n')
    for name in ("ensemble_train", "mpirun"):
        (fake / name).chmod(0o755)
    return fake
