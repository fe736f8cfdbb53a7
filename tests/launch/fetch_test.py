#!/usr/bin/env python3
"""launch/fetch-data against a server on this machine: fetch_test.py SCRIPT CASE."""

import gzip
import hashlib
import http.server
import io
import os
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from launching import expect

SCRIPT = Path(sys.argv[1])
IDX = ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


class Server:
    """Serves `files`; the answer number N to each may be cut off behind so many bytes, as `cuts` says; notes what is asked."""

    def __init__(self, files, cuts=(), ranges=True):
        self.files, self.cuts, self.asked = files, list(cuts), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                wanted = self.headers.get("Range")
                outer.asked.append((self.path, wanted))
                name = self.path.split("/", 3)[-1] if self.path.startswith("http") else self.path[1:]
                if name not in outer.files:
                    return self.send_error(404)
                body = outer.files[name]
                begin = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and ranges else 0
                if begin >= len(body) > 0 and wanted and ranges:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(body)}")
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                self.send_response(206 if begin else 200)
                if begin:
                    self.send_header("Content-Range", f"bytes {begin}-{len(body) - 1}/{len(body)}")
                self.send_header("Content-Length", str(len(body) - begin))
                self.end_headers()
                cut = outer.cuts.pop(0) if outer.cuts else None
                self.wfile.write(body[begin:] if cut is None else body[begin:begin + cut])
                self.close_connection = True

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.server.server_port}"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def made_up(name):
    return random.Random(name).randbytes(20_000)


class Stage:
    """A copy of the script beside sums of made-up files."""

    def __init__(self, directory):
        self.directory = directory
        shutil.copy(SCRIPT, directory / "fetch-data")
        self.contents = {name: made_up(name) for name in IDX}
        self.files = {name: gzip.compress(content) for name, content in self.contents.items()}
        self.sums({f"mnist/{name}": content for name, content in self.contents.items()})
        self.clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}

    def sums(self, contents):
        lines = [f"{digest(content)}  {name}" for name, content in contents.items()]
        (self.directory / "fetch-data.sha256").write_text("# of a test\n" + "\n".join(lines) + "\n")

    def fetch(self, *words, code=0, **environment):
        ended = subprocess.run([sys.executable, self.directory / "fetch-data", *words], cwd=self.directory, text=True,
                               capture_output=True, env={**self.clean, **environment}, timeout=120)
        expect(ended.returncode == code, f"exit code {ended.returncode}, not {code}\n{ended.stdout}\n{ended.stderr}")
        return ended

    def complete(self, folder="data/mnist"):
        for name, content in self.files.items():
            expect((self.directory / folder / name).read_bytes() == content, f"{name} is another")
        left = [path.name for path in (self.directory / folder).iterdir() if path.name not in self.files]
        expect(not left, f"left behind: {left}")


def all_files_and_no_second_time(stage):
    server = Server(stage.files)
    told = stage.fetch("mnist", "--mirror", server.address)
    stage.complete()
    expect("--data data/mnist" in told.stdout, told.stdout)
    expect(len(server.asked) == len(IDX), server.asked)
    stage.fetch("mnist", "--mirror", server.address)
    expect(len(server.asked) == len(IDX), "fetched again what is there")
    stage.fetch("mnist", "--mirror", server.address, "--to", "else where")
    stage.complete("else where")


def packed_in_another_way(stage):
    stage.files = {name: gzip.compress(content, compresslevel=1, mtime=7) for name, content in stage.contents.items()}
    stage.fetch("mnist", "--mirror", Server(stage.files).address)
    stage.complete()


def cut_connections_go_on(stage):
    server = Server(stage.files, cuts=[7000, 5000])
    told = stage.fetch("mnist", "--mirror", server.address)
    stage.complete()
    expect([wanted for _, wanted in server.asked[:3]] == [None, "bytes=7000-", "bytes=12000-"], server.asked)
    expect("at byte 7,000" in told.stderr, told.stderr)


def another_start_goes_on(stage):
    server = Server(stage.files, cuts=[7000])
    stage.fetch("mnist", "--mirror", server.address, "--retries", "0", code=4)
    part = stage.directory / "data/mnist" / (IDX[0] + ".part")
    expect(part.stat().st_size == 7000 and not part.with_suffix("").exists(), "a part has the name of the whole, or is gone")
    stage.fetch("mnist", "--mirror", server.address)
    stage.complete()
    expect(server.asked[1][1] == "bytes=7000-", server.asked)


def servers_without_ranges(stage):
    server = Server(stage.files, cuts=[7000], ranges=False)
    stage.fetch("mnist", "--mirror", server.address)
    stage.complete()


def whole_parts_and_foreign_parts(stage):
    folder = stage.directory / "data/mnist"
    folder.mkdir(parents=True)
    (folder / (IDX[0] + ".part")).write_bytes(stage.files[IDX[0]])
    (folder / (IDX[1] + ".part")).write_bytes(b"something else" * 100)
    (folder / (IDX[2] + ".part")).write_bytes(b"longer" * 10_000)
    (folder / IDX[3]).write_bytes(b"damaged")
    stage.fetch("mnist", "--mirror", Server(stage.files).address)
    stage.complete()


def wrong_files_are_refused(stage):
    wrong = {**stage.files, IDX[1]: gzip.compress(b"not what was published")}
    told = stage.fetch("mnist", "--mirror", Server(wrong).address, code=3)
    expect("SHA-256" in told.stderr and IDX[1] in told.stderr, told.stderr)
    names = {path.name for path in (stage.directory / "data/mnist").iterdir()}
    expect(names == {IDX[0]}, names)
    damaged = {**stage.files, IDX[1]: stage.files[IDX[1]][:-9] + b"123456789"}
    stage.fetch("mnist", "--mirror", Server(damaged).address, code=3)
    stage.fetch("mnist", "--mirror", Server({}).address, code=4)
    stage.fetch("mnist", "--mirror", "http://127.0.0.1:9", "--retries", "1", code=4)


def wrong_words(stage):
    for words in ((), ("cifar",), ("mnist", "--mirror", "ftp://x"), ("mnist", "--retries", "-1"), ("mnist", "--bogus")):
        told = stage.fetch(*words, code=2)
        expect(len(told.stderr.splitlines()) == 1, told.stderr)


def proxies_are_respected(stage):
    """Of an address that leads nowhere the proxy is asked."""
    server = Server(stage.files)
    stage.fetch("mnist", "--mirror", "http://data.invalid", http_proxy=server.address)
    stage.complete()
    expect(server.asked[0][0] == f"http://data.invalid/{IDX[0]}", server.asked)


def a_folder_for_each_table(stage):
    names = [line.split()[1] for line in (SCRIPT.parent / "fetch-data.sha256").read_text().splitlines() if "  uci/" in line]
    stage.sums({name: made_up(name) for name in names})
    server = Server({f"{Path(name).parent.name}/data/{Path(name).name}": made_up(name) for name in names})
    stage.fetch("uci", "--mirror", server.address)
    for name in names:
        expect((stage.directory / "data" / name).read_bytes() == made_up(name), name)
    expect(len(names) == 4 * 44, len(names))


def a_table_of_houses(stage):
    """The first row of the published table, as scikit-learn 1.2 gives it: fetch_california_housing().frame.iloc[0]."""
    raw = b"-122.230000,37.880000,41.000000,880.000000,129.000000,322.000000,126.000000,8.325200,452600.000000\n"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        entry = tarfile.TarInfo("CaliforniaHousing/cal_housing.data")
        entry.size = len(raw)
        archive.addfile(entry, io.BytesIO(raw))
    stage.sums({"california/cal_housing.tgz": packed.getvalue()})
    told = stage.fetch("california", "--mirror", Server({"cal_housing.tgz": packed.getvalue()}).address)
    header, row = (stage.directory / "data/california/california.csv").read_text().splitlines()
    expect(header.endswith("Longitude,MedHouseVal"), header)
    expect(row == "8.3252,41,6.984126984,1.023809524,322,2.555555556,37.88,-122.23,4.526", row)
    expect("california.csv" in told.stdout, told.stdout)


def main():
    with tempfile.TemporaryDirectory(prefix="ensemble_fetch_") as directory:
        globals()[sys.argv[2]](Stage(Path(directory)))


if __name__ == "__main__":
    main()
