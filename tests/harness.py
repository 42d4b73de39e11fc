# SPDX-License-Identifier: MIT
"""What the tests that run ccbench have in common. CCBENCH names the program; CCBENCH_SANITIZER, where it is set and not
empty, is the sanitizer it was built with."""

import collections
import json
import os
import pathlib
import re
import select
import signal
import struct
import subprocess
import tempfile
import time
import unittest
import uuid

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # which tests under nohup ignore, and whatever they start

CCBENCH = os.environ["CCBENCH"]
CLIENT = ""  # what fetches in the runs and trials of document() and plan(): "bare"; "": as ever
SANITIZER = os.environ.get("CCBENCH_SANITIZER", "")
HERE = os.path.dirname(os.path.abspath(__file__))
FAKE_TRIAL = os.path.join(HERE, "fake_trial.py")
# For what must happen, however slow the machine and the build.
PATIENCE_S = 600 if os.environ.get("CCBENCH_SANITIZER") else 240
GONE_S = 15       # for processes that must not survive their master: on a loaded machine even a killed one takes its time
TAG = "CCBENCH_TEST_TAG"
TRIAL = re.compile(r" trial( worker \d+)?$")  # of a command line

OK, USAGE, CELL = 0, 2, 4

# The descriptors 3 … 9 are taken here, so that no pipe of the subprocess module can be where a trial's are put.
while os.open("/dev/null", os.O_RDONLY) < 9:
    pass


class Tagged:
    """A family of processes, found again by a variable of their environment, whoever their parent is by now."""

    def __init__(self):
        self.tag = uuid.uuid4().hex

    def environment(self, **changes):
        environment = dict(os.environ, LC_ALL="C.UTF-8", **{TAG: self.tag})
        for name in ("NO_COLOR", "CCBENCH_TRIAL"):
            environment.pop(name, None)
        environment.update({name: str(value) for name, value in changes.items()})
        return environment

    def processes(self):
        """Pid → command line of all that are alive."""
        wanted = f"{TAG}={self.tag}".encode()
        found = {}
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if wanted not in file.read().split(b"\0"):
                        continue
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    found[int(name)] = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                pass  # it has just ended, or is another user's
        return found

    def wait_for(self, condition, what, process=None):
        """Waits until condition(processes()) is true, and returns that."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            value = condition(self.processes())
            if value:
                return value
            if process is not None and process.poll() is not None:
                raise AssertionError(f"ccbench ended with {process.returncode} before {what}")
            time.sleep(0.01)
        raise AssertionError(f"{what} did not happen within {PATIENCE_S} s: {self.processes()}")

    def left_over(self):
        """What is still there after GONE_S."""
        deadline = time.monotonic() + GONE_S
        while time.monotonic() < deadline and self.processes():
            time.sleep(0.02)
        return self.processes()

    def kill(self):
        for pid in self.processes():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def parent_of(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def trials(processes):
    """Those that `ccbench trial` is the command of and that are no other's workers."""
    found = [pid for pid, command in processes.items() if TRIAL.search(command)]
    return [pid for pid in found if parent_of(pid) not in found]


def workers(processes):
    """Forked or spawned."""
    found = [pid for pid, command in processes.items() if TRIAL.search(command)]
    return [pid for pid in found if parent_of(pid) in found]


Ran = collections.namedtuple("Ran", "status stdout stderr left_over")


def run(*arguments, stdin=subprocess.DEVNULL, timeout=PATIENCE_S, program=None, preexec=None, **changes):
    """Runs ccbench to its end, with the environment changed by `changes`."""
    family = Tagged()
    process = subprocess.Popen([program or CCBENCH, *map(str, arguments)], stdin=stdin, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True, env=family.environment(**changes),
                               preexec_fn=preexec)
    try:
        stdout, stderr = process.communicate(timeout=timeout)
        return Ran(process.returncode, stdout, stderr, family.left_over())
    except subprocess.TimeoutExpired:
        raise AssertionError(f"ccbench {arguments} hangs: {family.processes()}") from None
    finally:
        family.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def document(*arguments, status=(OK,), **options):
    """The report of a run, which must end with one of `status` and leave no process. Where CLIENT says what fetches, its cells are
    called by the models' names alone."""
    ran = run("--format=json", "--quiet", *([f"--client={CLIENT}"] if CLIENT else []), *arguments, **options)
    if ran.status not in status:
        raise AssertionError(f"status {ran.status}, expected one of {status}\n{ran.stderr}\n{reasons(ran.stdout)}")
    if ran.left_over:
        raise AssertionError(f"processes left over: {ran.left_over}")
    report = json.loads(ran.stdout)
    for _, cell in cells(report) if CLIENT else ():
        cell["model"] = cell["model"].removesuffix(f":client={CLIENT}")
    return report


def reasons(text):
    try:
        return "\n".join(f"{workload['workload']} {cell['model']}: {cell['status']} {cell['reason']}"
                         for workload in json.loads(text)["workloads"] for cell in workload["cells"])
    except (ValueError, KeyError):
        return text[-2000:]


def cells(report):
    """(workload block, cell) for each cell."""
    return [(block, cell) for block in report["workloads"] for cell in block["cells"]]


def listed(title):
    """The groups of a section of `ccbench list`: heading → {name: text}."""
    text = subprocess.run([CCBENCH, "list"], stdout=subprocess.PIPE, text=True, check=True).stdout
    section = re.search(rf"^{title} .*?\n(.*?)\n\n", text, re.DOTALL | re.MULTILINE).group(1)
    groups = {}
    for line in section.splitlines():
        indent = len(line) - len(line.lstrip())
        if indent == 1:
            group = groups.setdefault(line.strip(), {})
        elif indent == 2:
            name, words = line.split(None, 1)
            group[name] = words
        else:
            group[name] += " " + line.strip()
    return groups


# Models of other runtimes are listed under these, by the folders of their descriptions.
RUNTIMES = ("python", "go", "node")


def models():
    """The names of all models that were built, null among them: not those that other runtimes' programs carry."""
    return [name for heading, group in listed("Models").items()
            if heading not in ("Not built", "Not here", "Several at once", *RUNTIMES) for name in group]


def workloads():
    """All workloads with their default arguments: "sleep:10ms"."""
    return [name for heading, group in listed("Workloads").items() if heading != "Your own" for name in group]


Slot = collections.namedtuple("Slot", "arrival_ns begin_ns end_ns class_index status check")
SLOT = struct.Struct("=QQQHHI")  # measure/slot.h

Replayed = collections.namedtuple("Replayed", "status messages result error slots diagnostics seconds trace")


def plan(model, tasks, lanes, steps, **more):
    """A trial's plan, as docs/trial-protocol.md defines it; `steps` is the program of the only class."""
    classes = [{"name": "test", "weight": 1, "steps": steps}]
    if CLIENT and model != "null":
        more = {"parameters": {"client": CLIENT}, **more}
    return {"protocol": 1, "model": model, "tasks": tasks, "lanes": lanes, "cores": 2, "seed": 1, "classes": classes,
            **more}


def _read_all(fd, deadline):
    data = b""
    while True:
        if not select.select([fd], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError("the trial hangs")
        chunk = os.read(fd, 65536)
        if not chunk:
            return data
        data += chunk


def replay(request, slots=None, timeout=PATIENCE_S, preexec=None, trace=None, **changes):
    """One `ccbench trial` by hand: `request` is a plan, or the text to send instead. Its slots are ours, and so is its trace,
    where the bytes of one are given (traces.empty)."""
    text = request if isinstance(request, str) else json.dumps(request) + "\n"
    tasks = request.get("tasks", 0) if isinstance(request, dict) else 0
    family = Tagged()
    memory = os.memfd_create("slots")
    os.truncate(memory, tasks * SLOT.size)
    if slots is not None:
        os.pwrite(memory, b"".join(SLOT.pack(*slot) for slot in slots), 0)
    traced = os.memfd_create("trace")
    os.pwrite(traced, trace or b"", 0)
    reader, writer = os.pipe()
    given = (writer, memory, traced)[:2 if trace is None else 3]

    def place():
        for to, fd in enumerate(given, 3):
            os.dup2(fd, to)
        if preexec is not None:
            preexec()

    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([CCBENCH, "trial"], stdin=subprocess.PIPE, stdout=output, stderr=output,
                                   pass_fds=(3, 4, 5)[:len(given)], preexec_fn=place, env=family.environment(**changes))
        os.close(writer)
        try:
            try:
                process.stdin.write(text.encode())
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has refused
            messages = [json.loads(line) for line in _read_all(reader, begin + timeout).splitlines()]
            status = process.wait(max(1, begin + timeout - time.monotonic()))
            seconds = time.monotonic() - begin
            left = family.left_over()
            if left:
                raise AssertionError(f"the trial left processes: {left}")
            content = os.pread(memory, tasks * SLOT.size, 0)
            told = os.pread(traced, len(trace or b""), 0)
        finally:
            family.kill()
            process.wait()
            os.close(reader)
            os.close(memory)
            os.close(traced)
        output.seek(0)
        diagnostics = output.read().decode(errors="replace")
    last = messages[-1] if messages else {}
    result = last.get("result")
    error = last.get("error") if result is None else result.get("error")
    return Replayed(status, messages, result, error, [Slot(*slot) for slot in SLOT.iter_unpack(content)], diagnostics,
                    seconds, told)


class ByHand:
    """A `ccbench trial` under way, of which the result is read from standard output."""

    def __init__(self, request):
        self.family = Tagged()
        self.process = subprocess.Popen([CCBENCH, "trial"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=self.family.environment())
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.family.kill()
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()

    def wait_for(self, condition, what):
        return self.family.wait_for(condition, what, self.process)

    def end(self):
        """The result of the trial, which must end by itself."""
        stdout, stderr = self.process.communicate(timeout=PATIENCE_S)
        if self.process.returncode != 0:
            raise AssertionError(f"status {self.process.returncode}: {stdout}{stderr}")
        return json.loads(stdout)["result"]

    @staticmethod
    def asleep(pid):
        """Whether it is in a sleep; where the kernel does not tell, true."""
        try:
            with open(f"/proc/{pid}/wchan", encoding="utf-8") as file:
                where = file.read()
            return where in ("", "0") or "nanosleep" in where
        except OSError:
            return True

    @staticmethod
    def moved(pid):
        """Bytes that a process has read and written by system calls so far; none if it has gone."""
        try:
            with open(f"/proc/{pid}/io", encoding="utf-8") as file:
                figures = dict(line.split(": ") for line in file.read().splitlines())
            return int(figures["rchar"]), int(figures["wchar"])
        except OSError:
            return 0, 0


def most_in_flight(slots):
    """By a sweep over begins and ends; an end makes room for a begin of the same moment."""
    events = sorted([(slot.end_ns, -1) for slot in slots] + [(slot.begin_ns, 1) for slot in slots])
    now = most = 0
    for _, change in events:
        now += change
        most = max(most, now)
    return most


class FakeRuns(unittest.TestCase):
    """Runs whose trials are the fake's, in a state of their own each."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def go(self, *arguments, status=OK, **options):
        ran = run(*arguments, **{"CCBENCH_TRIAL": FAKE_TRIAL, "CCBENCH_FAKE_STATE": tempfile.mkdtemp(dir=self.folder), **options})
        self.assertEqual(ran.status, status, ran.stdout + ran.stderr)
        self.assertFalse(ran.left_over)
        return ran

    def report(self, *arguments, **options):
        return json.loads(self.go(*arguments, "--format=json", **options).stdout)
