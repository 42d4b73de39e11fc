#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The same run on hosts that are network namespaces with a cable and an sshd each; other clocks, and other dates. As root."""

import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import unittest

from harness import CCBENCH, OK, PATIENCE_S, Tagged, run, trials

SOURCE = pathlib.Path(__file__).resolve().parent.parent
QUICK = ("-m", "sequential,threads", "-w", "sleep:1ms", "-n", "8", "-r", "6")
LONG = ("-m", "sequential,threads", "-w", "sleep:200ms", "-n", "4", "-c", "1", "-r", "1000")

SSHD = """Port 22
ListenAddress {address}
HostKey {folder}/key
AuthorizedKeysFile {folder}/key.pub
PidFile {folder}/pid-{name}
StrictModes no
UsePAM no
PermitRootLogin yes
PasswordAuthentication no
PrintMotd no
Subsystem sftp internal-sftp
SetEnv {tag} PATH={path}
"""


def command(*words):
    return subprocess.run(words, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


class Cables(unittest.TestCase):
    """Two namespaces, each at the other end of a cable of its own."""

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("namespaces and sshd want root")
        for program in ("ip", "sshd", "ssh", "ssh-keygen"):
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"{program} is not here (Debian: iproute2, openssh-server)")
        cls.family = Tagged()
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.servers, cls.hosts = [], {}
        try:
            cls.plug_in()
        except subprocess.CalledProcessError as error:
            cls.tearDownClass()
            raise unittest.SkipTest(f"no namespaces here: {error.stderr.strip()}") from None

    @classmethod
    def plug_in(cls):
        command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(cls.folder / "key"))
        os.makedirs("/run/sshd", exist_ok=True)
        for i in range(2):
            name, net = f"cc{os.getpid()}{'ab'[i]}", f"10.{100 + os.getpid() % 100}.{os.getpid() // 100 % 100 * 2 + i}"
            command("ip", "netns", "add", name)
            cls.hosts[name] = f"{net}.2"
            command("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
            command("ip", "addr", "add", f"{net}.1/24", "dev", name)
            command("ip", "link", "set", name, "up")
            for words in (("addr", "add", f"{net}.2/24", "dev", "eth0"), ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
                command("ip", "-n", name, *words)
            config = cls.folder / f"sshd-{name}"
            tag = next(f"{key}={value}" for key, value in cls.family.environment().items() if value == cls.family.tag)
            config.write_text(SSHD.format(address=f"{net}.2", folder=cls.folder, name=name, tag=tag, path=os.environ["PATH"]),
                              encoding="utf-8")
            cls.servers.append(subprocess.Popen(["ip", "netns", "exec", name, shutil.which("sshd"), "-D", "-e", "-f", str(config)],
                                                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    @classmethod
    def tearDownClass(cls):
        cls.family.kill()
        for server in cls.servers:
            server.kill()
            server.wait()
        for name in cls.hosts:
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "link", "del", name], check=False, stderr=subprocess.DEVNULL)
        shutil.rmtree(cls.folder)

    def tearDown(self):
        self.family.kill()
        for name in self.hosts:
            command("ip", "link", "set", name, "up")

    def ssh(self):
        return (f"ssh -F none -i {self.folder}/key -o BatchMode=yes -o ConnectionAttempts=20 -o StrictHostKeyChecking=no "
                "-o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@{host}")

    def start(self, *more):
        hosts = ",".join(self.hosts.values())
        process = subprocess.Popen([CCBENCH, "-q", f"--hosts={hosts}", f"--via={self.ssh()}", f"--remote-ccbench={shlex.quote(CCBENCH)}",
                                    "--format=json", *more], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=self.family.environment())
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def wait_for_trials(self, process):
        self.family.wait_for(lambda processes: len(trials(processes)) >= 2, "a trial on each", process)

    def wait_until_empty(self, name, process):
        self.family.wait_for(lambda processes: not [pid for pid in command("ip", "netns", "pids", name).stdout.split()
                                                    if int(pid) in processes], f"the end of all on {name}", process)

    def end(self, process, status):
        output, errors = process.communicate(timeout=PATIENCE_S)
        self.assertEqual((process.returncode, self.family.left_over()), (status, {}), errors)
        machines = json.loads(output)["machines"]
        return {machine["label"]: machine.get("lost") for machine in machines}, [machine["interrupted"] for machine in machines]

    def test_one_table(self):
        self.assertEqual(self.end(self.start(*QUICK), OK), (dict.fromkeys(self.hosts.values()), [None, None]))

    def recipe(self, title, *replaced):
        """The commands of a recipe of docs/CLUSTER.md, with these words in the place of those."""
        text = (SOURCE / "docs" / "CLUSTER.md").read_text(encoding="utf-8")
        block = re.search(rf"^### {title}$.*?^```console$(.*?)^```$", text, re.DOTALL | re.MULTILINE)[1]
        block = re.sub("^\\$ ", "", block, flags=re.MULTILINE)
        for old, new in replaced:
            self.assertIn(old, block)
            block = block.replace(old, new)
        return block

    def carry_out(self, commands, folder):
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, cwd=folder, env=self.family.environment(), check=False)
        self.assertEqual((ran.returncode, self.family.left_over()), (OK, {}), ran.stderr)
        return ran.stdout

    def test_gnu_parallel(self):
        if shutil.which("parallel") is None:
            self.skipTest("GNU parallel is not here (Debian: parallel)")
        ssh = self.ssh().replace("root@{host}", "root@{}")
        commands = self.recipe("GNU parallel", ("ccbench ", f"{shlex.quote(CCBENCH)} "), ("ssh {}", ssh), ("-w sleep", shlex.join(QUICK)),
                               ("lab1 lab2", " ".join(self.hosts.values())))
        self.assertEqual(self.carry_out(commands, self.make_folder()).count("2 reports"), 1)

    def test_ssh(self):
        folder = self.make_folder()
        away = self.make_folder()
        shutil.copy(CCBENCH, folder)
        hosts = list(self.hosts.values())
        scp = self.ssh().replace("ssh ", "scp ", 1).replace("root@{host}", "")
        commands = self.recipe("ssh", ("ssh-add ", ": "), ("lab1 lab2", " ".join(hosts)), ("lab1,lab2", ",".join(hosts)),
                               ("scp ccbench $host:", f"{scp} ccbench root@$host:{away}"), ("\nccbench ", f"\n./ccbench --via='{self.ssh()}' "),
                               ("=./ccbench", f"={away}/ccbench"), ("-m basic -w http", shlex.join(QUICK)))
        self.assertEqual(self.carry_out(commands, folder).count("2 reports"), 1)
        self.assertEqual({path.name for path in pathlib.Path(folder).iterdir()}, {"ccbench", "run.json", "run.html"})

    def make_folder(self):
        folder = tempfile.mkdtemp(dir=self.folder)
        self.addCleanup(shutil.rmtree, folder)
        return folder

    def test_interrupt(self):
        process = self.start(*LONG)
        self.wait_for_trials(process)
        process.send_signal(signal.SIGINT)
        self.assertEqual(self.end(process, 130), (dict.fromkeys(self.hosts.values()), ["SIGINT", "SIGINT"]))

    def test_killed(self):
        process = self.start(*LONG)
        self.wait_for_trials(process)
        process.kill()
        process.wait()
        self.assertEqual(self.family.left_over(), {})

    def test_launcher_killed(self):
        process = self.start(*LONG)
        self.wait_for_trials(process)
        first, second = self.hosts.values()
        pid, = [pid for pid, words in self.family.processes().items() if words.startswith("ssh ") and f"root@{first} " in words]
        os.kill(pid, signal.SIGKILL)
        self.wait_until_empty(list(self.hosts)[0], process)
        process.send_signal(signal.SIGINT)
        lost, _ = self.end(process, 130)
        self.assertIn("signal 9", lost[first])
        self.assertIsNone(lost[second])

    def test_cable_cut(self):
        process = self.start(*LONG)
        self.wait_for_trials(process)
        name, address = list(self.hosts.items())[0]
        command("ip", "link", "set", name, "down")
        self.wait_until_empty(name, process)
        self.family.wait_for(lambda processes: not [words for words in processes.values() if words.startswith("ssh ")
                                                    and f"root@{address} " in words], "that it is given up", process)
        process.send_signal(signal.SIGINT)
        lost, _ = self.end(process, 130)
        self.assertIn("no sign of life", lost[address])
        self.assertEqual(list(lost.values())[1], None)

    def test_namespaces_without_ssh(self):
        names = list(self.hosts)
        ran = run("-q", f"--hosts={','.join(names)}", "--via=ip netns exec {host}", f"--remote-ccbench={shlex.quote(CCBENCH)}",
                  "--format=json", "-m", "sequential,threads", "-w", "http:1ms", "-n", 8, "-r", 2)
        self.assertEqual((ran.status, ran.left_over), (OK, {}), ran.stderr)
        self.assertEqual([machine["label"] for machine in json.loads(ran.stdout)["machines"]], names)


class Clocks(unittest.TestCase):
    def measure(self, via, workload="sleep:1ms"):
        ran = run("--hosts=a,b", f"--via={via}", f"--remote-ccbench={shlex.quote(CCBENCH)}", "--format=json",
                  "-m", "sequential,threads", "-w", workload, "-n", 8, "-r", 2)
        self.assertEqual((ran.status, ran.left_over), (OK, {}), ran.stderr)
        self.assertEqual([machine.get("lost") for machine in json.loads(ran.stdout)["machines"]], [None, None])
        return ran.stderr

    def test_another_monotonic_clock(self):
        words = ["unshare", "-T", "--monotonic", "1000000"]
        if shutil.which("unshare") is None or subprocess.run([*words, "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no time namespaces here")
        self.measure(" ".join(words))

    def test_another_date(self):
        if shutil.which("faketime") is None:
            self.skipTest("faketime is not here")
        if os.environ.get("CCBENCH_SANITIZER"):
            self.skipTest("a sanitizer wants to be loaded first")
        # libfaketime has sleeps until a time end at once, which the oracle notices: nothing is to sleep here.
        said = self.measure("env DONT_FAKE_MONOTONIC=1 faketime '2001-02-03 04:05:06'", "fib:10")
        for host in "ab":
            self.assertRegex(said, rf"(?m)^ccbench: differs: the clock of {host} is \S+ \S+ behind this one's$")


class Poor(unittest.TestCase):
    """Hosts that lack something: processor time, by a cgroup, or room on their disk, by a file system of their own."""

    def setUp(self):
        if os.geteuid() != 0:
            self.skipTest("cgroups and mounts want root")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def measure(self, poor, *more):
        """On two hosts, of which what is started on `poor` is started by those words of a shell first."""
        launcher = self.folder / "launch"
        launcher.write_text(f'#!/bin/sh\nhost=$1\nshift\n[ "$host" = poor ] || exec "$@"\n{poor}\n', encoding="utf-8")
        launcher.chmod(0o755)
        ran = run("-q", "--hosts=poor,rich", f"--via={launcher} {{host}}", f"--remote-ccbench={shlex.quote(CCBENCH)}", "--format=json",
                  *more)
        self.assertEqual(ran.left_over, {}, ran.stderr)
        return ran, {machine["label"]: machine for machine in json.loads(ran.stdout)["machines"]}

    def make_cgroup(self):
        """Of a tenth of a core: the file that takes its processes."""
        if os.path.exists("/sys/fs/cgroup/cgroup.controllers"):
            cgroup, limit = pathlib.Path(f"/sys/fs/cgroup/ccbench-{os.getpid()}"), ("cpu.max", "10000 100000")
        else:
            cgroup, limit = pathlib.Path(f"/sys/fs/cgroup/cpu/ccbench-{os.getpid()}"), ("cpu.cfs_quota_us", "10000")
        try:
            cgroup.mkdir()
            self.addCleanup(cgroup.rmdir)
            (cgroup / limit[0]).write_text(limit[1], encoding="utf-8")
        except OSError as error:
            self.skipTest(f"no cgroups here: {error}")
        return cgroup / "cgroup.procs"

    def test_slow(self):
        ran, machines = self.measure(f'echo $$ >{self.make_cgroup()}\nexec "$@"', "-m", "sequential,threads", "-w", "fib:18,sleep:1ms",
                                     "-n", 8, "-r", 2)
        self.assertEqual(ran.status, OK, ran.stderr)
        for machine in machines.values():
            self.assertNotIn("lost", machine)
            self.assertIsNone(machine["interrupted"])

    def test_full(self):
        full = self.folder / "full"
        full.mkdir()
        if subprocess.run(["unshare", "-m", "true"], stderr=subprocess.DEVNULL, check=False).returncode != 0:
            self.skipTest("no mounts of one's own here")
        ran, machines = self.measure(f"""exec unshare -m sh -c 'mount -t tmpfs -o size=256k none {full} && TMPDIR={full} exec "$@"' sh "$@" """,
                                     "-m", "sequential,threads", "-w", "file:64k", "-n", 8, "-r", 2)
        self.assertRegex(machines["poor"]["lost"], r"status 2 \(file:64k: .* has 256 KiB left")
        self.assertNotIn("lost", machines["rich"])


if __name__ == "__main__":
    unittest.main()
