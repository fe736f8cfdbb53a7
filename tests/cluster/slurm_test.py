#!/usr/bin/env python3
"""A real Slurm of one host, with daemons of its own: srun, and a batch job that is put back into the queue. Arguments: the project, the
build, and which batch scripts to try (slurm.sbatch)."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from common import enter_sandbox, project_and_build, require, run, words
from launching import LIMIT_S, expect, reference, results, wait_for

require(["unshare", "ip", "munged", "slurmctld", "slurmd", "srun", "mpirun"])
enter_sandbox()
PROJECT, BUILD = project_and_build()
HOST = socket.gethostname()
ADDRESS = "10.78.0.1"


def start_slurm(directory):
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    directory.chmod(0o755)
    run("ip", "link", "set", "lo", "up")
    # An address beside the loopback's, without which the system's resolver finds none to listen on.
    run("ip", "link", "add", "bridge0", "type", "bridge")
    run("ip", "addr", "add", f"{ADDRESS}/24", "dev", "bridge0")
    run("ip", "link", "set", "bridge0", "up")
    hosts = directory / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n")
    run("mount", "--bind", hosts, "/etc/hosts")
    key = directory / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    for name in ("state", "spool"):
        (directory / name).mkdir()
    settings = directory / "slurm.conf"
    settings.write_text(f"""
ClusterName=test
SlurmctldHost={HOST}({ADDRESS})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket,cred_expire=5
CredType=cred/munge
MpiDefault=pmix
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=1,sched_interval=1
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
ReturnToService=2
NodeName={HOST} NodeAddr={ADDRESS} CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=all Nodes={HOST} Default=YES MaxTime=INFINITE OverSubscribe=FORCE:4 State=UP
""")
    os.environ["SLURM_CONF"] = str(settings)
    daemons = [["munged", "--foreground", "--force", f"--socket={directory}/munge.socket", f"--key-file={key}",
                f"--pid-file={directory}/munged.pid", f"--log-file={directory}/munged.log", f"--seed-file={directory}/munge.seed"],
               ["slurmctld", "-D", "-f", str(settings)], ["slurmd", "-D", "-f", str(settings), "-N", HOST]]
    for command in daemons:
        with (directory / f"{command[0]}.out").open("w") as log:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if command[0] == "munged":
            wait_for((directory / "munge.socket").exists, "munged")
    try:
        wait_for(lambda: "idle" in subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False).stdout,
                 "an idle host in Slurm")
    except SystemExit:
        for log in directory.glob("*.out"):
            print(f"--- {log.name}\n{log.read_text()[-3000:]}")
        raise


def state_of(job):
    shown = run("scontrol", "show", "job", job)
    return dict(word.split("=", 1) for word in shown.split() if "=" in word)


def by_srun(directory, name, training, expected):
    done = subprocess.run(["srun", "--mpi=pmix", "-n", "2", "--overcommit", f"{BUILD}/ensemble_train", *training, "--out", str(directory / name)],
                          capture_output=True, text=True, timeout=LIMIT_S, check=False)
    expect(done.returncode == 0, f"srun: {done.returncode}\n{done.stdout}\n{done.stderr}")
    expect("on 2 ranks" in done.stdout, f"no world of two\n{done.stdout}")
    expect(results(directory / name) == expected, "other bytes under srun")


def put_back_into_the_queue(directory, script, name, training, expected):
    """A batch job that gets the signal of its time limit once it has something to go on with. False if it was over before.

    The signal is sent by scancel: a real time limit is a minute at least, which a job might not need.
    """
    out, log = directory / name, directory / f"{name}.txt"
    job = run("sbatch", "--parsable", "-n", "2", "--overcommit", f"--output={log}", PROJECT / "launch" / script, *training, "--out", out,
              cwd=PROJECT, env={**os.environ, "ENSEMBLE_BUILD": str(BUILD)}).strip()

    def is_over():
        return state_of(job)["JobState"] in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")

    try:
        wait_for(lambda: list((out / "checkpoints").glob("*.ckpt")) or is_over(), "a checkpoint")
        subprocess.run(["scancel", "--signal=USR1", "--batch", job], capture_output=True, check=False)
        wait_for(lambda: is_over() or int(state_of(job).get("Restarts", 0)) >= 1, "a stop")
        if is_over():
            return False
        # Slurm lets a job that it puts back wait until the credentials of its first start are void: cred_expire, 5 s at least.
        wait_for(is_over, "the end of the job")
        expect(state_of(job)["JobState"] == "COMPLETED", state_of(job))
        text = log.read_text()
        expect(text.count("exit code 75: back into the queue") == 1 and "resumed" in text, "no stop or no resumption")
        expect(results(out) == expected, "other bytes over a time limit")
    except SystemExit:
        for daemon in ("slurmctld", "slurmd"):
            print((directory / f"{daemon}.out").read_text()[-2500:])
        print(f"{state_of(job)}\n{log.read_text() if log.exists() else 'no log'}")
        raise
    return True


with tempfile.TemporaryDirectory() as temporary:
    scratch = Path(temporary)
    training = words(epochs=20, members=4)
    wanted = reference(BUILD, training, scratch)
    start_slurm(scratch)
    by_srun(scratch, "srun", training, wanted)
    for name in sys.argv[3:] or ["slurm.sbatch"]:
        # Longer and longer trainings until one is not over before it can be stopped.
        for longer in range(6):
            training = words(epochs=20 * 4**longer, members=4)
            out = f"{name}-{longer}"
            shutil.rmtree(scratch / "reference")
            if put_back_into_the_queue(scratch, name, out, training, reference(BUILD, training, scratch)):
                break
        else:
            sys.exit("a job is over before it can be stopped, however long")
