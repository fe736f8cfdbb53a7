"""What the scripts that run ensemble_train share: the program on a stage, what it leaves, and data for it."""
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from launching import LIMIT_S, skip

USAGE, DATA, RUN = 2, 3, 4
TINY = ["--data", "moons:train=200,test=60", "--net", "dense(8) relu", "--epochs", "2", "--members", "4"]


def case_of(cases):
    """A decorator that enters a case by its name."""
    def enter(function):
        cases[function.__name__] = function
        return function

    return enter


def give_up(message):
    sys.exit(message)


class Ended:
    """A command that has ended, and what it left on its way."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    def expect(self, holds, what):
        if holds:
            return self
        words = " ".join(str(word) for word in self.command)
        give_up(f"{what}\n  command: {words}\n  exit code: {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}")

    def messages(self):
        """What the program wrote to stderr: all but the boxes of dashes in which mpirun puts its own remarks."""
        text = re.sub(r"^-{20,}\n(?:.*\n)*?-{20,}\n?", "", self.err, flags=re.MULTILINE)
        return [line for line in text.splitlines() if line.strip()]


class Stage:
    """The program, a launcher and a directory to work in."""

    def __init__(self, mpirun, program, directory):
        self.mpirun, self.program, self.directory = mpirun, program, directory
        self.has_refused = False
        launcher = re.compile("(OMPI_COMM|PMIX|PMI|SLURM|MPI_LOCAL)")
        self.environment = {name: value for name, value in os.environ.items() if not launcher.match(name)}

    def ranks(self, count, words, prefix=()):
        """Runs it on `count` ranks; 1 means without mpirun."""
        start = [] if count == 1 else [self.mpirun, "-np", str(count)]
        return self.execute([*prefix, *start, self.program, *words])

    def execute(self, command, **variables):
        process = subprocess.Popen(command, cwd=self.directory, env={**self.environment, **variables}, text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   start_new_session=True)
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            time.sleep(3)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            Ended(command, "none", out, err).expect(False, f"hangs: not over after {LIMIT_S} s")
        return Ended(command, process.returncode, out, err)

    def content(self):
        """Every path below the directory, with the digest of what it holds."""
        return {str(path.relative_to(self.directory)): digest(path) if path.is_file() else "directory"
                for path in sorted(self.directory.rglob("*"))}

    def refuses(self, words, code, *about, ranks=None, prefix=()):
        """Runs it in vain: the exit code, one message of one rank about all of `about`, nothing written.

        Unless `ranks` says otherwise, four ranks must speak with one voice about a case's first mistake, and one rank,
        which starts five times as fast, is asked about the others.
        """
        ranks = ranks or (1 if self.has_refused else 4)
        self.has_refused = True
        before = self.content()
        ended = self.ranks(ranks, words, prefix)
        ended.expect(ended.code == code, f"exit code is not {code}")
        check_message(ended, *about)
        ended.expect(self.content() == before, "something was written")
        return ended


def needs_bf16():
    flags = pathlib.Path("/proc/cpuinfo").read_text().split()
    if "avx512_bf16" not in flags and "amx_bf16" not in flags:
        skip("this processor does not multiply bf16")


WITHOUT_BF16 = ["env", "ONEDNN_MAX_CPU_ISA=AVX512_CORE"]


def obeying_permissions(stage):
    """A prefix under which root obeys the permissions of files as everybody does."""
    if os.geteuid() != 0:
        return ()
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    if stage.execute([*prefix, "true"]).code != 0:
        skip("root may not give up its power over files here (setpriv)")
    return prefix


def check_message(ended, *about):
    lines = ended.messages()
    starts = [line for line in lines if re.search(r"ensemble_\w+: error: ", line)]
    ended.expect(len(starts) == 1, f"{len(starts)} messages instead of one")
    ended.expect(lines[0] == starts[0], "something else comes before the message")
    text = "\n".join(lines)
    for words in about:
        ended.expect(words in text, f"the message does not speak of {words!r}")
    ended.expect("terminate called" not in text and "what():" not in text, "the program crashed")


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def results(directory, members):
    """Digests of everything that must not depend on the ranks."""
    names = ["predictions.npy"] + [f"members/{index:04}.ckpt" for index in range(members)]
    names += [str(path.relative_to(directory)) for path in sorted(directory.glob("predictions/*/*.npy"))]
    names += ["uncertainty.npy"] if (directory / "uncertainty.npy").exists() else []
    names += ["votes.npy"] if (directory / "votes.npy").exists() else []  # of classes only
    return {name: digest(directory / name) for name in names}


def history_without_timings(directory):
    lines = [json.loads(line) for line in (directory / "history.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key not in ("seconds", "samples_per_s")} for line in lines]


def write_table(path, rows, first=0):
    """Three kinds of rows, each feature in a unit of its own."""
    lines = ["kind,mass,length,constant"]
    lines += [f"{'abc'[row % 3]},{1e6 + row % 3 + 0.1 * (row % 7)},{row * row % 17 - 20 * (row % 3)},5" for row in
              range(first, first + rows)]
    path.write_text("\n".join(lines) + "\n")


def write_npy(path, kind, shape, values):
    header = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    letter = {"|u1": "B", "<i4": "i", "<f4": "f"}[kind]
    path.write_bytes(b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + struct.pack(f"<{len(values)}{letter}", *values))


def write_sequences(path, sequences, targets, steps, filling=float("nan"), kind="<i4"):
    """A .npz of sequences of two features, filled up to so many steps with anything."""
    values = [value for each in sequences for value in each + [filling] * (2 * steps - len(each))]
    with zipfile.ZipFile(path, "w") as archive:
        for name, element, shape, numbers in (("x", "<f4", (len(sequences), steps, 2), values),
                                              ("lengths", "<i4", (len(sequences),), [len(each) // 2 for each in sequences]),
                                              ("y", kind, (len(sequences),), targets)):
            write_npy(path.with_suffix(".npy"), element, shape, numbers)
            archive.writestr(f"{name}.npy", path.with_suffix(".npy").read_bytes())
    path.with_suffix(".npy").unlink()


def main(cases):
    """MPIRUN PROGRAM CASE [NUMBER …] runs one of `cases` with these numbers; --list names them all."""
    if sys.argv[1:] == ["--list"]:
        print(";".join(cases), end="")
        return
    mpirun, program, name = sys.argv[1:4]
    if shutil.which(mpirun) is None:
        give_up(f"there is no {mpirun}: nothing can be said about several ranks")
    with tempfile.TemporaryDirectory(prefix="ensemble_train_") as directory:
        cases[name](Stage(mpirun, str(pathlib.Path(program).resolve()), pathlib.Path(directory)),
                    *(int(number) for number in sys.argv[4:]))
