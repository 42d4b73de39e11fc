# SPDX-License-Identifier: MIT
"""Trials of models of other runtimes, replayed without ccbench and held to what is asked of each. RUNTIME_TRIALS is how many
random trials of each model there are, RUNTIME_SEED draws others, RUNTIME_SLEEPERS is how many sleep at once."""

import functools
import http.server
import json
import os
import shutil
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import trial_cases
import trial_oracle
from harness import PATIENCE_S, SLOT, Slot, most_in_flight, run
from origin_client import Origin
from trial_drive import Driver

SOURCE = os.environ.get("TESTS_SOURCE", os.path.dirname(os.path.abspath(__file__)))
RUNTIMES = os.path.join(SOURCE, os.pardir, "runtimes")
TRIALS = int(os.environ.get("RUNTIME_TRIALS", "12"))
SLEEPERS = int(os.environ.get("RUNTIME_SLEEPERS", "2000"))
MS = 1_000_000
FETCH_OPTIONS = ("fresh", "tls")
DISTRUST = 2060
# Which of them models have not: by sockets of their own, and by what users fetch with.
LACKING = {"twisted": ("tls",)}
LACKING_IDIOM = {"node": ("fresh",), "node-loop": ("fresh",),
                 **dict.fromkeys(("asyncio", "asyncio-threads", "uvloop", "trio", "twisted"), FETCH_OPTIONS)}


def described(group):
    """Name → description of each model of that folder."""
    found = {}
    for name in sorted(os.listdir(os.path.join(RUNTIMES, group))):
        if name.endswith(".json"):
            with open(os.path.join(RUNTIMES, group, name), encoding="utf-8") as file:
                found[name[:-5]] = json.load(file)
    return found


class Result:
    """What came of one trial: `messages`, the last one's `result` and `error`, `lacks`, `slots`, `status`, `printed`."""

    def __init__(self, status, lines, slots, printed):
        self.status, self.slots, self.printed = status, slots, printed
        self.messages = [json.loads(line) for line in lines.splitlines()]
        last = self.messages[-1] if self.messages else {}
        self.result, self.lacks = last.get("result"), last.get("lacks", False)
        self.error = last.get("error") if self.result is None else self.result.get("error")


def replay_command(command, plan, environment):
    """One trial of the program; the classes of its tasks take turns."""
    memory = os.memfd_create("slots")
    classes = len(plan["classes"])
    os.pwrite(memory, b"".join(SLOT.pack(0, 0, 0, i % classes, 0, 0) for i in range(plan["tasks"])), 0)
    reader, writer = os.pipe()

    def place():
        os.dup2(writer, 3)
        os.dup2(memory, 4)

    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          pass_fds=(3, 4), preexec_fn=place, env={**os.environ, **environment}) as process:
        os.close(writer)
        printed = process.communicate((json.dumps(plan) + "\n").encode(), timeout=PATIENCE_S)[0].decode()
    with os.fdopen(reader) as lines:
        slots = [Slot(*slot) for slot in SLOT.iter_unpack(os.pread(memory, plan["tasks"] * SLOT.size, 0))]
        os.close(memory)
        return Result(process.returncode, lines.read(), slots, printed)


def replay_model(command, model, tasks, lanes, steps, environment=None, **more):
    """One trial whose tasks have these steps, or, where they are objects with a name, are of these classes."""
    classes = steps if steps and "name" in steps[0] else [{"name": "test", "steps": steps}]
    plan = {"protocol": 1, "model": model, "tasks": tasks, "lanes": lanes, "classes": classes, **more}
    return replay_command(command, plan, environment or {})


class TrialDriver(Driver):
    """Starts a runtime's own program where the driver would start ccbench."""

    def __init__(self, origin, command):
        super().__init__(origin.port, tls=origin.tls)
        self.command = command

    def start(self, arguments, descriptors):
        actions = [(os.POSIX_SPAWN_DUP2, there, number) for number, there in descriptors.items()]
        return os.posix_spawn(self.command[0], self.command, self.environment, file_actions=actions, setpgroup=0)


def fetch_options(model, parameters, origin):
    """The options of fetches that the model has by these parameters, of an origin that may speak TLS."""
    lacking = (LACKING_IDIOM if parameters.get("client") == "idiom" else LACKING).get(model, ())
    return tuple(option for option in FETCH_OPTIONS if option not in lacking and (option != "tls" or origin.tls))


def random_findings(origin, model, command, parameters, trials, but=lambda case: False):
    """How many findings random trials have; each is printed. With a client, only of trials that fetch; none of those that `but`
    leaves out."""
    driver, found = TrialDriver(origin, command), 0
    drawer = trial_cases.Drawer(int(os.environ.get("RUNTIME_SEED", "1")), [model], True, True, 0,
                                fetch_options(model, parameters, origin))
    try:
        for number in range(trials):
            case = drawer.draw(number)
            fetches = any(trial_cases.fetches_in(kind["steps"]) for kind in case["plan"]["classes"])
            if ("client" in parameters and not fetches) or but(case):
                continue
            case["plan"]["parameters"] = parameters
            faults = trial_oracle.judge(case, driver.carry(case))
            found += len(faults)
            if faults:
                print(f"{model}, trial {number}: {faults[:5]}\n{json.dumps(case)[:900]}", file=sys.stderr, flush=True)
    finally:
        driver.close()
    return found


def try_trials(test, *arguments, **how):
    """Random trials without a finding: arguments as random_findings() has them."""
    pid = os.fork()  # the driver wants to have no children
    if pid == 0:
        status = 1
        try:
            status = min(100, random_findings(*arguments, **how))
        finally:
            os._exit(status)
    test.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "findings above")


@functools.lru_cache(None)
def speaks_tls():
    """Whether the origin does, as it was built."""
    return "OpenSSL" not in run("-m", "sequential", "-w", "http:1ms:tls", "--dry-run").stdout


def secure_origin(test):
    """An origin for that test, which speaks TLS as well where that was built; then `tls` is (port, certificate), else None."""
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    origin = Origin(tls=os.path.join(folder.name, "certificate.pem") if speaks_tls() else None)
    test.addCleanup(origin.stop)
    origin.tls = None
    if speaks_tls():
        with open(origin.tls_file, encoding="ascii") as file:
            origin.tls = origin.tls_port, file.read()
    return origin


def try_fetch_options(test, command, model, parameters):
    """Fetches of every sort, in tasks and in children: what connections they cost, and who is trusted; or that the model says
    that it cannot."""
    origin, other = secure_origin(test), secure_origin(test)
    where = {"origin": f"http://127.0.0.1:{origin.port}", "parameters": parameters}
    if origin.tls:
        where.update(origin_tls=f"https://127.0.0.1:{origin.tls[0]}", origin_certificate=origin.tls[1])
    can = fetch_options(model, parameters, origin)
    for options in ((), ("fresh",), ("tls",), FETCH_OPTIONS):
        if "tls" in options and not origin.tls:
            continue
        fetch = {"fetch": "/bytes/70k", **dict.fromkeys(options, True)}
        before = origin.stats()
        ran = replay_command(command, _plan_of(model, [fetch, fetch], **where), {})
        if not set(options) <= set(can):
            test.assertEqual((ran.status, ran.lacks), (2, True), (model, parameters, options))
            test.assertRegex(ran.error, "|".join(options))
            continue
        test.assertEqual({(slot.status, slot.check) for slot in ran.slots}, {(0, 2 * 70 << 10)}, (parameters, options, ran.error))
        _judge_stats(test, options, before, origin.stats())
        if options == ("tls",):
            ran = replay_command(command, _plan_of(model, [fetch], **{**where, "origin_certificate": other.tls[1]}), {})
            statuses = {slot.status for slot in ran.slots}
            test.assertEqual(statuses, {DISTRUST} if parameters == {} else statuses - {0}, (model, parameters))


def _plan_of(model, steps, **more):
    return {"protocol": 1, "model": model, "tasks": 6, "lanes": 2, "classes": [{"name": "test", "steps": steps}], **more}


def _judge_stats(test, options, before, after):
    """Of twelve fetches on two lanes."""
    made = {name: after[name] - before[name] for name in after}
    connections = made["connections"] - 1  # that which asks
    test.assertEqual(made["requests"], 12)
    if "fresh" in options:
        test.assertEqual(connections, 12)
    else:
        test.assertLessEqual(connections, 2)
    secure = connections if "tls" in options else 0
    test.assertEqual([made[name] for name in ("tls_connections", "tls_handshakes", "tls_resumed")], [secure, secure, 0])


class Answering:
    """A server that gives each connection's first request this answer, and closes then, or, `later`, when the next comes."""

    def __init__(self, answer, later=False):
        self.answer, self.later = answer, later
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            with client:
                client.recv(65536)
                client.sendall(self.answer)
                if self.later:
                    client.recv(65536)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Hello(http.server.BaseHTTPRequestHandler):
    """Answers each request with the same."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass


class UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """HTTP over a Unix socket, whose clients have no address."""

    daemon_threads = True

    def get_request(self):
        return super().get_request()[0], ("", 0)


class SecureServer:
    """Says hello at `url`, over TLS with a `certificate` of its own, and at the Unix socket `path`."""

    def __init__(self, folder):
        self.certificate, self.path = os.path.join(folder, "certificate.pem"), os.path.join(folder, "socket")
        key = os.path.join(folder, "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", self.certificate,
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                       check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        secure = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hello)
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        self.url = f"https://127.0.0.1:{secure.server_port}/"
        self.servers = (secure, UnixServer(self.path, Hello))
        for server in self.servers:
            server.handle_error = lambda *_: None  # a client that distrusts the certificate
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def stop(self):
        for server in self.servers:
            server.shutdown()
            server.socket.close()


HELLO = 0x4f9f2cab ^ 5  # FNV-1a of "hello", and its length
OK_HEAD = b"HTTP/1.1 200 OK\r\n"
# What a server says → the status of the fetch, and its checksum where that is 0.
ANSWERS = (
    (OK_HEAD + b"Content-Length: 5\r\n\r\nhello", 0, 5),
    (OK_HEAD + b"\r\nto the end", 0, 10),
    (OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n", 0, 13),
    (OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n", 0, 3),
    (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK_HEAD + b"Content-Length: 5\r\n\r\nhello", 0, 5),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, 5),
    (b"HTTP/1.1 204 No Content\r\n\r\n", 0, 0),
    (b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", 302, 0),
    (b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", 503, 0),
    (OK_HEAD + b"Content-Length: 50\r\n\r\nhello", 2018, 0),
    (OK_HEAD + b"Content-Length: 5\r\n", 2018, 0),
    (OK_HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", 2018, 0),
    (OK_HEAD + b"Content-Length: many\r\n\r\nhello", 2008, 0),
    (b"good morning\r\n\r\n", 2008, 0),
    (b"", 2052, 0),
)


def each(test=None, loop=True):
    """A test of one model is one of each; `loop`: of the plain loop as well."""
    if test is None:
        return functools.partial(each, loop=loop)

    @functools.wraps(test)
    def run(self, *arguments):
        for model in self.models:
            if loop or not model.endswith("-loop"):
                with self.subTest(model=model):
                    test(self, model, *arguments)

    return run


def each_client(test):
    """A test of one model and its parameters is one of each client of each model."""
    @each
    @functools.wraps(test)
    def run(self, model):
        for client in ("plain", "idiom"):
            with self.subTest(client=client):
                test(self, model, {"client": client})

    return run


class Asked:
    """What is asked of each model of a runtime. A test has `group`, `models` and command()."""

    group = None
    models = ()

    def command(self, model):
        """The words that start the program of a model, the first a path."""
        raise NotImplementedError

    def replay(self, model, *arguments, **more):
        return replay_model(self.command(model), model, *arguments, **more)

    def describe(self, model, **parameters):
        plan = {"describe": True, "parameters": parameters}
        return self.replay(model, 1, 1, [], **plan).messages[0]

    def origin(self):
        origin = secure_origin(self)
        return origin, f"http://127.0.0.1:{origin.port}"

    @each
    def test_random_trials(self, model):
        self.try_trials(model, {}, TRIALS)

    @each
    def test_random_fetches_as_users_fetch(self, model):
        self.try_trials(model, {"client": "idiom"}, 4 * TRIALS)

    def try_trials(self, model, parameters, trials):
        origin, _ = self.origin()
        try_trials(self, origin, model, self.command(model), parameters, trials)

    @each
    def test_connections_of_their_own_and_over_tls(self, model):
        for parameters in ({}, {"client": "idiom"}):
            if "describe" in self.describe(model, **parameters):
                try_fetch_options(self, self.command(model), model, parameters)

    @each
    def test_what_is_not_known_is_refused(self, model):
        for steps, more, words, lacks in (
                ([{"juggle": 3}], {}, "'juggle'", True),
                ([], {"parameters": {"colour": "red"}}, "colour.*=red.*expected", False),
                ([], {"parameters": {"client": "own"}}, "client='own', expected plain or idiom", False),
                ([], {"protocol": 2}, "protocol 2 .*expected 1", False),
                ([], {"chunk": 2}, "chunk", False),
                ([{"sleep": "5 bananas"}], {}, "'5 bananas'", False),
                ([{"fetch": "/"}], {"origin": "gopher://127.0.0.1"}, "gopher", True)):
            ran = self.replay(model, 1, 1, steps, **more)
            self.assertRegex(ran.error or "no error", words)
            self.assertEqual((ran.status, ran.lacks), (2, lacks), words)
        for line in ("", "\n", "no plan\n", "{}\n"):
            ran = subprocess.run(self.command(self.models[0]), input=line, capture_output=True, text=True, check=False)
            self.assertRegex(ran.stdout, '"error":"(the plan cannot be read|protocol )')

    def test_a_model_that_is_not_here(self):
        ran = self.replay("nobody", 1, 1, [])
        self.assertEqual((ran.status, ran.lacks, ran.error), (2, True, "no model 'nobody' here"))

    @each
    def test_stamps_are_of_the_monotonic_clock(self, model):
        before = time.monotonic_ns()
        ran = self.replay(model, 3, 2, [{"sleep": "1ms"}])
        after = time.monotonic_ns()
        for slot in ran.slots:
            self.assertTrue(before < ran.result["run_start_ns"] <= slot.arrival_ns <= slot.begin_ns < slot.end_ns < after, slot)

    @each(loop=False)
    def test_sleepers_are_all_in_flight_and_none_is_short(self, model):
        ran = self.replay(model, SLEEPERS, SLEEPERS, [{"sleep": "2s"}])
        self.assertIsNone(ran.error, ran.printed)
        self.assertEqual(most_in_flight(ran.slots), SLEEPERS)
        self.assertGreaterEqual(min(slot.end_ns - slot.begin_ns for slot in ran.slots), 2000 * MS)

    def test_a_loop_does_one_after_the_other(self):
        ran = self.replay(f"{self.group}-loop", 5, 4, [{"sleep": "2ms"}])
        self.assertEqual(most_in_flight(ran.slots), 1)

    @each
    def test_sleeps_that_are_no_whole_ms_are_never_short(self, model):
        ran = self.replay(model, 100, 20, [{"sleep": "1250us"}])
        self.assertGreaterEqual(min(slot.end_ns - slot.begin_ns for slot in ran.slots), 1_250_000)

    @each
    def test_marks_of_a_memory_trial(self, model):
        ran = self.replay(model, 8, 4, [{"sleep": "20ms"}], memory=True)
        self.assertEqual([message.get("mark") for message in ran.messages], ["before_lanes", "peak", "before_close", None])
        self.assertEqual(ran.result["in_flight"], 1 if model.endswith("-loop") else 4)

    def test_the_bare_loop(self):
        ran = self.replay("raw", 4, 2, [{"compute": 10, "times": 3}])
        self.assertGreater(ran.result["counters"]["raw_cpu_ns"], 0)
        self.assertTrue(all(slot.begin_ns > 0 < slot.end_ns for slot in ran.slots))

    @each
    def test_what_computing_comes_to(self, model):
        ran = self.replay(model, 2, 1, [{"compute": 12, "times": 1000000}, {"take": "9000b"}, {"reply": "4k"}])
        self.assertEqual({slot.check for slot in ran.slots}, {(144 * 1000000 + 9003 + 4097) % 2 ** 32})

    @each_client
    def test_proxies_of_the_environment_are_ignored(self, model, parameters):
        _, url = self.origin()
        nowhere = "http://127.0.0.1:1"
        proxies = {"http_proxy": nowhere, "HTTP_PROXY": nowhere, "all_proxy": nowhere, "no_proxy": "",
                   "NODE_USE_ENV_PROXY": "1"}
        # Nobody asks a proxy for what 127.0.0.1 has; 0.0.0.0 is this machine too.
        ran = self.replay(model, 4, 2, [{"fetch": "/bytes/100"}], proxies, parameters=parameters,
                          origin=url.replace("127.0.0.1", "0.0.0.0"))
        self.assertEqual({(slot.status, slot.check) for slot in ran.slots}, {(0, 100)}, ran.error)

    @each_client
    def test_no_more_connections_than_lanes(self, model, parameters):
        origin, url = self.origin()
        ran = self.replay(model, 60, 5, [{"fetch": "/delay/1ms/bytes/10"}], origin=url, parameters=parameters)
        stats = json.loads(origin.get("/stats")[1])
        self.assertEqual((ran.error, stats["requests"]), (None, 60))
        self.assertLessEqual(stats["connections"] - 1, 1 if model.endswith("-loop") else 5)

    @each
    def test_what_a_server_may_answer(self, model):
        for answer, status, check in ANSWERS:
            server = Answering(answer)
            ran = self.replay(model, 2, 1, [{"fetch": "/"}], origin=server.url)
            server.stop()
            self.assertEqual([(slot.status, slot.check) for slot in ran.slots], 2 * [(status, check)], answer)

    @each
    def test_what_a_server_may_answer_to_those_who_fetch_as_users_do(self, model):
        for answer, status, check in ANSWERS:
            server = Answering(answer)
            ran = self.replay(model, 1, 1, [{"fetch": "/"}], origin=server.url, parameters={"client": "idiom"})
            server.stop()
            for slot in ran.slots:  # a library may not tell why it failed
                self.assertTrue((slot.status, slot.check) == (status, check) or slot.status >= 2000 <= status,
                                (answer, slot))

    @each
    def test_a_connection_that_was_closed_meanwhile(self, model):
        """The server promises to keep it open, and closes it on the next request, which is sent again."""
        server = Answering(ANSWERS[0][0], later=True)
        ran = self.replay(model, 5, 1, [{"fetch": "/"}], origin=server.url)
        server.stop()
        self.assertEqual([(slot.status, slot.check) for slot in ran.slots], 5 * [(0, 5)])
        self.assertEqual(server.connections, 5)
        self.assertEqual(ran.result["counters"]["http_retries"], 4)

    @each_client
    def test_nobody_there(self, model, parameters):
        with socket.create_server(("127.0.0.1", 0)) as free:
            nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
        ran = self.replay(model, 3, 2, [{"fetch": "/"}], origin=nowhere, parameters=parameters)
        self.assertEqual({slot.status for slot in ran.slots}, {2007})

    @each_client
    def test_a_fetch_takes_no_longer_than_it_may(self, model, parameters):
        _, url = self.origin()
        classes = [{"name": name, "steps": [{"fetch": path}]} for name, path in (("slow", "/delay/100s"), ("quick", "/bytes/7"))]
        ran = self.replay(model, 4, 2, classes, origin=url, parameters=parameters, task_timeout_ns=2000 * MS)
        self.assertEqual([(slot.status, slot.check) for slot in ran.slots], 2 * [(2028, 0), (0, 7)])

    @unittest.skipIf(shutil.which("openssl") is None, "no openssl to make a certificate")
    @each_client
    def test_certificates_and_unix_sockets(self, model, parameters):
        with tempfile.TemporaryDirectory() as folder:
            server = SecureServer(folder)
            self.addCleanup(server.stop)
            for more, expected in (({"cacert": server.certificate}, (0, HELLO)), ({"insecure": True}, (0, HELLO)), ({}, (2060, 0)),
                                   ({"url": "http://some.where/x", "unix_socket": server.path}, (0, HELLO))):
                plan = {"url": server.url, "parameters": parameters, **more}
                ran = self.replay(model, 4, 2, [{"fetch": "/"}], **plan)
                self.assertEqual({(slot.status, slot.check) for slot in ran.slots}, {expected}, more)

    @each_client
    def test_bodies_of_a_users_server_are_hashed(self, model, parameters):
        _, url = self.origin()
        ran = self.replay(model, 4, 2, [{"fetch": "/x"}], url=url + "/bytes/3000", headers=["X-Kind: test", "Accept:"],
                          origin=url, parameters=parameters)
        self.assertEqual({(slot.status, slot.check) for slot in ran.slots}, {(0, trial_oracle.hash_of(3000))})
