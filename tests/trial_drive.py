# SPDX-License-Identifier: MIT
"""Carries out the cases of trial_cases.py: starts ccbench, answers its marks, gathers what came of it, and finds what it
left behind. As quick as can be: no shell, no thread, no copy of this process. CCBENCH names the program."""

import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import tempfile
import time

from harness import CCBENCH, SLOT, Slot
from trial_cases import EVEN_BYTES, ODD_BYTES

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
GONE_S = 1  # for processes that must not survive their master


def prctl(option, value):
    if ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


class Done:
    """What came of a trial or a run."""

    def __init__(self):
        self.status = None      # of its exit; -N: killed by signal N
        self.hung = False
        self.seconds = 0.0
        self.lines = []         # on descriptor 3
        self.output = ""        # of a run: its standard output
        self.printed = ""       # on standard error, and of a trial on standard output too
        self.slots = []
        self.left = []          # pid and name of processes
        self.requests = self.bytes = self.connections = None  # of the origin


class Stats:
    """The counters of an origin that nobody else uses."""

    def __init__(self, port):
        self.port = port
        self.last = self.settled()

    def read(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as client:
            client.sendall(b"GET /stats HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            text = b""
            while part := client.recv(65536):
                text += part
        return json.loads(text.partition(b"\r\n\r\n")[2])

    def settled(self):
        """When nothing is in flight. What a client sent just before it went may be read only now."""
        deadline = time.monotonic() + 60
        before = None
        while True:
            now = self.read()
            if now["requests"] == now["responses"] + now["aborted"] and before in (None, now["requests"]):
                if before is not None or time.monotonic() > deadline:
                    return now
                before = now["requests"]
            else:
                before = None
                time.sleep(0.001)

    def since_last(self, clean):
        """(requests, bytes, connections) since the last call; `clean`: whether no request was given up."""
        asked = 1
        now = self.read()
        if not clean or now["requests"] != now["responses"] + now["aborted"]:
            # Each asking is a connection of its own.
            first = now["connections"]
            now = self.settled()
            asked += now["connections"] - first
        change = {name: now[name] - self.last[name] for name in ("requests", "bytes", "connections")}
        self.last = now
        return change["requests"], change["bytes"], change["connections"] - asked


def children():
    """Pid → name of the children of this process."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    text = file.read()
            except OSError:
                continue
            if int(text.rpartition(")")[2].split()[1]) == os.getpid():
                found[int(name)] = text.partition("(")[2].rpartition(")")[0]
    return found


def reap():
    """Reaps what has ended; whether there are children left."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0] != 0:
            pass
    except ChildProcessError:
        return False
    return True


class Driver:
    """One at a time. The process becomes the parent of whatever its trials leave behind, and must have no children. `tls` is
    (port, certificate) of an origin that speaks TLS too."""

    def __init__(self, origin_port=None, patience_s=120, tls=None):
        self.folder = tempfile.mkdtemp(prefix="ccbench-differential-", dir="/var/tmp")
        self.files = {"folder": self.folder}
        for name, size in (("odd", ODD_BYTES), ("even", EVEN_BYTES)):
            self.files[name] = os.path.join(self.folder, name)
            with open(self.files[name], "wb") as file:
                file.write(b"x" * size)
        self.origin = f"http://127.0.0.1:{origin_port}" if origin_port else ""
        self.secure = {"origin_tls": f"https://127.0.0.1:{tls[0]}", "origin_certificate": tls[1]} if tls else {}
        self.stats = Stats(origin_port) if origin_port else None
        self.patience_s = patience_s
        self.cpus = sorted(os.sched_getaffinity(0))
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("CCBENCH_TRIAL", "CCBENCH_BURDEN", "CCBENCH_ROOT", "TMPDIR")}
        self.environment["LC_ALL"] = "C.UTF-8"
        prctl(PR_SET_CHILD_SUBREAPER, 1)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def carry(self, case):
        return self.trial(case) if case["kind"] == "trial" else self.run(case)

    def start(self, arguments, descriptors):
        """In a group of its own, with nothing but these descriptors: number there → number here."""
        actions = [(os.POSIX_SPAWN_DUP2, here, there) for there, here in descriptors.items()]
        return os.posix_spawn(CCBENCH, ["ccbench", *arguments], self.environment, file_actions=actions, setpgroup=0)

    def trial(self, case):
        done = Done()
        plan = dict(case["plan"], origin=self.origin, **self.secure)
        if case.get("file"):
            plan["file"] = self.files[case["file"]]
        if "url" in plan:
            plan["url"] = self.origin + plan["url"]
        slots = os.memfd_create("slots")
        os.write(slots, b"".join(SLOT.pack(arrival, 0, 0, kind, 0, 0) for arrival, kind in case["slots"]))
        printed = os.memfd_create("printed")
        ask, questions = os.pipe()
        answers, answer = os.pipe()
        begin = time.monotonic()
        try:
            os.sched_setaffinity(0, self.cpus[:case["cpus"]])
            pid = self.start(["trial"], {0: answers, 1: printed, 2: printed, 3: questions, 4: slots})
            os.sched_setaffinity(0, self.cpus)
            os.close(questions)
            os.close(answers)
            questions = answers = -1
            text = (json.dumps(plan) + "\n").encode()
            deadline = begin + self.patience_s
            try:
                os.write(answer, text)
            except BrokenPipeError:
                pass  # it has refused
            done.hung = not self.listen(ask, answer, done, deadline) or not self.wait(pid, done, deadline)
            done.seconds = time.monotonic() - begin
            self.clean(pid, done)
            done.slots = [Slot(*slot) for slot in SLOT.iter_unpack(os.pread(slots, len(case["slots"]) * SLOT.size, 0))]
            done.printed = os.pread(printed, 1 << 20, 0).decode(errors="replace")
        finally:
            for fd in (slots, printed, ask, questions, answers, answer):
                if fd >= 0:
                    os.close(fd)
        if self.stats and '"fetch"' in json.dumps(plan["classes"]):
            clean = "task_timeout_ns" not in plan and "reset" not in json.dumps(plan["classes"])
            done.requests, done.bytes, done.connections = self.stats.since_last(clean and not done.hung)
        return done

    @staticmethod
    def listen(ask, answer, done, deadline):
        """Reads lines to the end, and answers each mark. False: there was no end."""
        poll, data = select.poll(), b""
        poll.register(ask, select.POLLIN)
        while poll.poll(max(0, 1000 * (deadline - time.monotonic()))):
            part = os.read(ask, 65536)
            data += part
            *lines, data = data.split(b"\n")
            for line in lines:
                done.lines.append(line.decode(errors="replace"))
                if line.startswith(b'{"mark"'):
                    try:
                        os.write(answer, b"\n")
                    except BrokenPipeError:
                        pass
            if not part:
                if data:
                    done.lines.append(data.decode(errors="replace"))
                return True
        return False

    @staticmethod
    def wait(pid, done, deadline):
        """For its end. False: it does not come."""
        handle = os.pidfd_open(pid)
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        ended = bool(poll.poll(max(0, 1000 * (deadline - time.monotonic()))))
        os.close(handle)
        if ended:
            done.status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return ended

    @staticmethod
    def clean(pid, done):
        """Finds and kills what is left; of one that hangs that is no finding."""
        if done.hung:
            os.killpg(pid, signal.SIGKILL)
        patience = time.monotonic() + GONE_S
        while reap() and time.monotonic() < patience:
            time.sleep(0.002)
        while reap():
            for child, name in children().items():
                if not done.hung:
                    done.left.append([child, name])
                try:
                    os.kill(child, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.002)

    def run(self, case):
        done = Done()
        path = os.path.join(self.folder, "run.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(case["document"], file)
        output, printed = os.memfd_create("output"), os.memfd_create("printed")
        null = os.open(os.devnull, os.O_RDONLY)
        cpus = ",".join(map(str, self.cpus[:case["cpus"]]))
        begin = time.monotonic()
        timeout = [f"--task-timeout={case['task_timeout']}"] if case.get("task_timeout") else []
        try:
            pid = self.start(["run", *timeout, "--quiet", "--format=json", "-m", ",".join(case["models"]), "-w", path, "-r",
                              str(case["rounds"]), f"--cpus={cpus}", f"--seed={case['seed']}"], {0: null, 1: output, 2: printed})
            done.hung = not self.wait(pid, done, begin + 2 * self.patience_s)
            done.seconds = time.monotonic() - begin
            self.clean(pid, done)
            done.output = os.pread(output, 1 << 24, 0).decode(errors="replace")
            done.printed = os.pread(printed, 1 << 20, 0).decode(errors="replace")
        finally:
            for fd in (output, printed, null):
                os.close(fd)
        return done


def start_origin(secure=False):
    """`ccbench serve`: (pid, port, (port, certificate) of HTTPS where it is `secure`, else None). Ends with this process."""
    with tempfile.TemporaryDirectory() as folder:
        certificate = os.path.join(folder, "certificate.pem")
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
                os.dup2(writer, 1)
                os.execv(CCBENCH, ["ccbench", "serve", "--port=0", *([f"--tls={certificate}"] if secure else [])])
            finally:
                os._exit(127)
        os.close(writer)
        with os.fdopen(reader) as stream:
            ports = [port_of(stream.readline()) for _ in range(1 + secure)]
        tls = None
        if secure:
            with open(certificate, encoding="ascii") as file:
                tls = ports[1], file.read()
        return pid, ports[0], tls


def port_of(line):
    match = re.fullmatch(r"serving on https?://127\.0\.0\.1:(\d+)\n", line)
    if not match:
        raise AssertionError(f"ccbench serve says {line!r}")
    return int(match.group(1))
