"""What the cluster tests share: a sandbox that takes everything with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from launching import run, skip


def require(programs):
    if os.geteuid() != 0:
        skip("needs root")
    for program in programs:
        if shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
            skip(f"there is no {program}; launch/packages/cluster names the packages")


def enter_sandbox():
    """Goes on in namespaces of its own: no process, mount, network or host name outlives this test or is seen outside."""
    if os.environ.get("ENSEMBLE_SANDBOX"):
        return
    command = ["unshare", "--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        skip("namespaces may not be made here")
    os.environ["ENSEMBLE_SANDBOX"] = "yes"
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    # The shell is the first process there and collects orphans, which would look alive to Slurm otherwise.
    os.execvp(command[0], [*command, "sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-B", *sys.argv])


def words(epochs, members, width=64):
    return ["--data", "digits:train=2000,test=200", "--net", f"dense({width}) relu dropout(0.2)", "--epochs", str(epochs),
            "--members", str(members), "--checkpoint-every", "1"]


def project_and_build():
    return Path(sys.argv[1]), Path(sys.argv[2])
