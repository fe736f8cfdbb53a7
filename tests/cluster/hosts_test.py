#!/usr/bin/env python3
"""Three hosts, each a network namespace with an sshd, and launch/run over them. Arguments: the project, the build."""

import os
import signal
import subprocess
import sys
import shutil
import tempfile
from pathlib import Path

from common import enter_sandbox, project_and_build, require, run, words
from launching import LIMIT_S, expect, reference, results, wait_for

require(["unshare", "ip", "sshd", "ssh-keygen", "ssh", "mpirun"])
enter_sandbox()
PROJECT, BUILD = project_and_build()
NODES = (1, 2, 3)


def address(node):
    return f"10.77.0.{node}"


def within(node, *command, first=""):
    """The command on a host, with the host's name, in mounts of its own where something is to be mounted first."""
    return ["ip", "netns", "exec", f"node{node}", "unshare", "--uts", "--mount", "sh", "-c", f'hostname node{node} && {first} exec "$@"', "sh",
            *command]


def build_hosts(directory):
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    (directory / "own").mkdir()  # of the third host it is another one
    Path("/run/sshd").mkdir()
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "bridge0", "type", "bridge")
    run("ip", "link", "set", "bridge0", "up")
    hosts = directory / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address(node)} node{node}\n" for node in NODES))
    run("mount", "--bind", hosts, "/etc/hosts")
    for name in ("host_key", "user_key"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name)
    for node in NODES:
        run("ip", "netns", "add", f"node{node}")
        run("ip", "link", "add", f"veth{node}", "type", "veth", "peer", "name", "eth0", "netns", f"node{node}")
        run("ip", "link", "set", f"veth{node}", "master", "bridge0", "up")
        for words_of in (["addr", "add", f"{address(node)}/24", "dev", "eth0"], ["link", "set", "eth0", "up"], ["link", "set", "lo", "up"]):
            run("ip", "-n", f"node{node}", *words_of)
        settings = directory / f"sshd{node}"
        settings.write_text(f"ListenAddress {address(node)}\nHostKey {directory}/host_key\nAuthorizedKeysFile {directory}/user_key.pub\n"
                            "StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\nPasswordAuthentication no\n")
        with (directory / f"sshd{node}.log").open("w") as log:
            own = f"mount -t tmpfs tmpfs {directory}/own && mkdir {directory}/own/run &&" if node == 3 else ""
            subprocess.Popen(within(node, "/usr/sbin/sshd", "-D", "-e", "-f", str(settings), first=own), stdout=log, stderr=log)
    (directory / "hostfile").write_text("".join(f"{address(node)} slots=2\n" for node in NODES))
    ssh = ["ssh", "-i", f"{directory}/user_key", "-o", "StrictHostKeyChecking=no", "-o", f"UserKnownHostsFile={directory}/known",
           "-o", "ConnectTimeout=60", "-o", "LogLevel=ERROR"]
    wait_for(lambda: all(subprocess.run(within(1, *ssh, address(node), "true"), capture_output=True, check=False).returncode == 0
                         for node in NODES), "ssh to every host")
    os.environ["OMPI_MCA_plm_rsh_args"] = " ".join(ssh[1:])


class Started:
    def __init__(self, directory, out, options, training):
        self.out = directory / out
        self.log = (directory / f"{out.replace('/', '-')}.txt").open("a+")
        launch = [str(PROJECT / "launch/run"), "--hostfile", "hostfile", "--network", "10.77.0.0/24", "--host-timeout", "4", "--wait", "0", *options]
        self.process = subprocess.Popen(within(1, *launch, "--", *training, "--out", str(self.out)), cwd=directory,
                                        env={**os.environ, "ENSEMBLE_BUILD": str(BUILD)}, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=subprocess.STDOUT)

    def text(self):
        self.log.seek(0)
        return self.log.read()

    def wait_for_checkpoint(self):
        wait_for(lambda: len(list((self.out / "checkpoints").glob("*"))) >= 3 or self.process.poll() is not None, "checkpoints")

    def end(self, codes):
        try:
            code = self.process.wait(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            sys.exit(f"not over after {LIMIT_S} s\n{self.text()}")
        expect(code in codes, f"exit code {code}\n{self.text()}")
        print(f"{self.out.name}: exit code {code}", flush=True)
        return code


def ranks_on(node):
    """Ids of the ranks in a host's network."""
    pids = run("ip", "netns", "pids", f"node{node}").split()
    return [int(pid) for pid in pids if Path(f"/proc/{pid}/comm").read_text().startswith("ensemble_train")]


def complete(directory, training, expected):
    started = Started(directory, "complete", [], training)
    started.end([0])
    logs = "".join(path.read_text() for path in (started.out / "logs").iterdir())
    expect(all(logs.count(f"on node{node},") == 2 for node in NODES), f"ranks are elsewhere\n{logs}")
    expect(results(started.out) == expected, "other bytes than on one rank")


def directory_not_shared(directory, training, _):
    started = Started(directory, "own/run", [], training)
    started.end([2])
    text = started.text()
    expect("node3 does not see the run directory" in text and text.count("error:") == 1 and "restart" not in text, text)


def rank_killed(directory, training, expected):
    """With longer and longer trainings until a rank is killed while it has something to lose."""
    for longer in range(6):
        if longer:
            training = words(epochs=40 * 4**longer, members=6)
            shutil.rmtree(directory / "reference")
            expected = reference(BUILD, training, directory)
        started = Started(directory, f"killed-{longer}", [], training)
        started.wait_for_checkpoint()
        for rank in ranks_on(3)[:1]:
            os.kill(rank, signal.SIGKILL)
        # Each rank has one of the six members.
        too_late = any((started.out / "members").glob("*.ckpt"))
        started.end([0])
        expect(results(started.out) == expected, "other bytes after the loss of a rank")
        if not too_late:
            return expect("restart 1 of 3" in started.text(), started.text())
    return sys.exit("a run is over before a rank can be killed, however long")


def host_cut_off(directory, training, expected):
    started = Started(directory, "cut", ["--restarts", "0"], training)
    started.wait_for_checkpoint()
    run("ip", "link", "set", "veth3", "down")
    code = started.end([0, 4, 75])
    run("ip", "link", "set", "veth3", "up")
    if code != 0:
        wait_for(lambda: not ranks_on(3), "the lost host's ranks end as well")
        Started(directory, "cut", [], [*training, "--resume"]).end([0])
    expect(results(started.out) == expected, "other bytes after the loss of a host")


with tempfile.TemporaryDirectory() as temporary:
    scratch = Path(temporary)
    build_hosts(scratch)
    chosen = words(epochs=40, members=6)
    wanted = reference(BUILD, chosen, scratch)
    for case in (complete, directory_not_shared, rank_killed, host_cut_off):
        case(scratch, chosen, wanted)
