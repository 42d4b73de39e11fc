# SPDX-License-Identifier: MIT
"""A trial's work, as all models share it: the plan, the slots, the shared counter, the file, marks."""
import mmap
import os
import sys
import threading

from . import http1, payloads, protocol
from .calls import Calls
from .program import PAGE, Needs
from .protocol import Refused
from .slots import Slots
from .trace import open_trace

_FILE_BYTES = 64 << 20
_SOURCE_BYTES = 64 << 20  # of memory that copies are made of: more than caches hold


class Shared:
    """What tasks share: the counter that they change and the one lock, and, where lanes are of one loop, the lock that they
    take before that of the file."""

    __slots__ = ("counter", "lock", "file_lock")

    def __init__(self):
        self.counter = 0
        self.lock = self.file_lock = None

    def make_locks(self, make):
        self.lock, self.file_lock = make(), make()


class Work:
    """The plan made ready. `programs` is the model's: one list of calls for each class; `parameters` has them all."""

    def __init__(self, plan, description):
        self.plan = plan
        self.model = description.name
        self.tasks, self.lanes = plan["tasks"], plan["lanes"]
        self.cores = plan.get("cores", 1)
        self.rate = "rate_per_s" in plan
        self.memory = plan.get("memory") is True
        self.parameters = description.choose(plan)
        if "interval" in self.parameters:
            sys.setswitchinterval(self.parameters["interval"] / 1e9)
        self.timeout_ns = plan.get("task_timeout_ns", 0)
        self.foreign = "url" in plan
        self.hashes = self.foreign and not plan.get("varies")
        self.needs = Needs(plan["classes"])
        self.connections = self.lanes * max(1, self.needs.connections)  # that there may be, those of tasks' children too
        description.check_steps(self.needs.names)
        self.calls = Calls(self.model, description.word_of_call(), plan)
        self.slots = Slots(self.tasks)
        self.classes = self.slots.classes() if len(plan["classes"]) > 1 else [0] * self.tasks
        self.trace = open_trace(plan)  # None: the trial is not traced
        self.shared = Shared()
        self._payloads = {}
        self.programs = []
        self.start_ns = 0
        self.file = self.direct = None
        self.connect = None  # makes the connection of a lane, where lanes block
        self.file_bytes = 0
        self._targets = {}
        self._context = None
        self.shared_file = None
        if self.needs.shares_file:
            self._make_shared_file()
        if "read" in self.needs.names:
            self._open_file(plan.get("file"))
        self.source = memoryview(b"\1" * max(_SOURCE_BYTES, self.needs.copy_most)) if "copy" in self.needs.names else None

    def payload(self, step):
        """What a step takes or replies with where lanes share memory: all that ask for the same are handed the same."""
        key = step.argument, step.objects
        if key not in self._payloads:
            self._payloads[key] = payloads.make(*key)
        return self._payloads[key]

    def target(self, step):
        """Where a fetch goes: below the origin, or to the one URL of the user's, which says by itself what it speaks."""
        if "unix_socket" in self.plan:
            raise Refused(f"{self.model} cannot fetch over a Unix socket", lacks=True)
        secure = step.tls and not self.foreign
        url = self.plan["url"] if self.foreign else self.plan.get("origin_tls" if secure else "origin", "") + step.argument
        key = url, step.fresh
        if key not in self._targets:
            try:
                self._targets[key] = http1.Target(url, self.plan.get("headers", ()) if self.foreign else (),
                                                  self._trust() if secure else None, step.fresh)
            except ValueError as error:
                raise Refused(f"{self.model} cannot fetch: {error}", lacks=True) from error
        return self._targets[key]

    def _trust(self):
        """The ssl.SSLContext of all fetches over TLS: nothing but the plan's certificate is trusted, and sessions are never
        resumed, as no fetch hands one to the next."""
        if self._context is None:
            import ssl  # rarely wanted, and slow to import

            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which verifies certificate and address
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
            try:
                self._context.load_verify_locations(cadata=self.plan.get("origin_certificate", ""))
            except (ssl.SSLError, ValueError) as error:
                raise Refused(f"origin_certificate is none: {error}") from error
        return self._context

    def alone(self, client, *options):
        """Raises Refused where tasks fetch with one of these options, which that client of all lanes cannot do."""
        for option in options:
            if getattr(self.needs, option):
                raise Refused(f"{self.model} cannot fetch with {option!r} by {client}", lacks=True)

    def body_check(self, body):
        return http1.body_check(body, self.hashes)

    def _make_shared_file(self):
        from . import shared_file  # rarely wanted

        try:
            self.shared_file = shared_file.make()
        except OSError as error:
            raise Refused(f"cannot make the file that tasks share: {error}") from error

    def open_shared_file(self):
        """A lane's own descriptor of the file that tasks share; None where there is none."""
        from . import shared_file

        return None if self.shared_file is None else shared_file.open_again(self.shared_file)

    def counted(self):
        """What tasks have counted, in memory and in the file."""
        from . import shared_file

        return self.shared.counter + (0 if self.shared_file is None else shared_file.number(self.shared_file))

    def _open_file(self, path):
        if path is None:
            path = self._make_file()
        self.file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.file_bytes = os.fstat(self.file).st_size
        if self.needs.direct:
            self.direct = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECT)

    def _make_file(self):
        import tempfile  # rarely wanted, and slow to import

        with tempfile.NamedTemporaryFile(delete=False) as own:
            own.write(b"\1" * _FILE_BYTES)
        self._descriptor = os.open(own.name, os.O_RDONLY | os.O_CLOEXEC)
        os.unlink(own.name)
        return f"/proc/self/fd/{self._descriptor}"

    def read_buffer(self):
        """A buffer for the largest read, on a page of its own, as reads past the page cache need it."""
        return memoryview(mmap.mmap(-1, max(self.needs.read_most, PAGE)))

    def first_offset(self, lane):
        """Where a lane begins to read: each at another place, on a page."""
        return lane * self.needs.read_most % (self.file_bytes + 1) // PAGE * PAGE

    def arrival_ns(self, i):
        """In an open loop: when task i arrives, on the clock."""
        return self.start_ns + self.slots.words[4 * i]

    def mark(self, name):
        if self.memory:
            protocol.mark(name)


class Peak:
    """Gives the mark "peak" of a memory trial, once, when as many tasks are in flight as there can be."""

    def __init__(self, work):
        self.left = min(work.tasks, work.lanes)
        self.most = 0
        self.now = 0
        self.lock = threading.Lock()

    def begin(self):
        """A task has begun. Returns 0, a step's checksum."""
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            given = self.now == self.left
            if given:
                self.left = -1
        if given:
            protocol.mark("peak")
        return 0

    def end(self):
        with self.lock:
            self.now -= 1
