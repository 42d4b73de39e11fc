#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints what a debugger shows of a task that waits, in each of the four styles: the program is stopped while its five visits wait in
fetch(), which visit() has called, two calls in all. Of Python faulthandler shows the thread's stack, asyncio the tasks' and greenlet
its own; of C gdb.

  backtraces.py [--language=python|c] [--json]

With --json one line: how many of the two calls are seen by each. Where C is asked for and gdb or cc is missing, or may not
look, it ends with status 77 and the reason; of both languages Python alone is shown then. A style whose library is missing is left
out."""
import argparse
import asyncio
import faulthandler
import gc
import importlib.util
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
STYLES = ("threads", "green", "async", "callbacks")
CALLS = ("visit", "fetch")
LONG = 600
MISSING = 77


def module_of(style):
    spec = importlib.util.spec_from_file_location(f"style_{style}", HERE / f"{style}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stacks_of_threads():
    with tempfile.TemporaryFile("w+") as file:
        faulthandler.dump_traceback(file, all_threads=True)
        file.seek(0)
        return file.read().split("\n\n")


def seen(text, style):
    """How many of a task's calls the text shows."""
    return sum(re.search(rf'{style}\.py", line \d+,? in {call}\b', text) is not None for call in CALLS)


def stacks_of_tasks(style):
    if style == "async":
        tasks = [one for one in gc.get_objects() if isinstance(one, asyncio.Task) and not one.done()]
        return ["".join(traceback.StackSummary.extract((frame, frame.f_lineno) for frame in task.get_stack()).format())
                for task in tasks]
    if style == "green":
        import greenlet # pylint: disable=import-outside-toplevel
        return ["".join(traceback.format_stack(one.gr_frame)) for one in gc.get_objects()
                if isinstance(one, greenlet.greenlet) and one.gr_frame is not None and not one.dead]
    return []


def carry(module):
    if asyncio.iscoroutinefunction(module.main):
        asyncio.run(module.main(LONG))
    else:
        module.main(LONG)


def told(wait, begun):
    """The function by which a visit waits, which tells of each that does."""
    def waits(*arguments):
        begun.release()
        return wait(*arguments)

    return waits


def tell_of_waits(style, begun):
    if style == "async":
        asyncio.sleep = told(asyncio.sleep, begun)
    elif style == "callbacks":
        asyncio.BaseEventLoop.call_later = told(asyncio.BaseEventLoop.call_later, begun)
    else:
        time.sleep = told(time.sleep, begun)


def show(style):
    """In a process of its own: what is seen of the style, as JSON."""
    real_sleep, begun = time.sleep, threading.Semaphore(0)
    if style == "green":
        from gevent import monkey # pylint: disable=import-outside-toplevel
        monkey.patch_all(thread=False)
    module = module_of(style)
    tell_of_waits(style, begun)
    thread = threading.Thread(target=carry, args=(module,), daemon=True)
    thread.start()
    for _ in module.PAGES:
        begun.acquire()
    # On one thread the last visit has still to leave it to the loop.
    while style != "threads" and seen("".join(traceback.format_stack(sys._current_frames()[thread.ident])), style):
        real_sleep(0.01)
    stacks = [("the threads' stacks", stacks_of_threads()), ("the tasks' stacks", stacks_of_tasks(style))]
    best = {name: max(parts, key=lambda part: seen(part, style), default="") for name, parts in stacks}
    print(json.dumps({name: [seen(text, style), text] for name, text in best.items()}), flush=True)
    os._exit(0)


def of_python(style):
    ran = subprocess.run([sys.executable, __file__, "--of", style], capture_output=True, text=True, timeout=60, check=False)
    return json.loads(ran.stdout) if ran.returncode == 0 and ran.stdout else None


class Missing(Exception):
    """C cannot be looked at, and why."""


def gdb(pid, *commands):
    words = ["gdb", "-nx", "-batch", "-iex", "set debuginfod enabled off"]
    for command in ("set pagination off", *commands):
        words += ["-ex", command]
    ran = subprocess.run([*words, "-p", str(pid)], capture_output=True, text=True, timeout=120, check=False)
    if "ptrace" in ran.stderr and "not permitted" in ran.stderr:
        raise Missing("gdb may not look at other processes here (ptrace)")
    return ran.stdout


# The registers of a switched-off stack, as glibc's ucontext keeps them on x86-64: RBP, RSP and RIP.
GREEN = [f"set ${name} = greens[0].uc_mcontext.gregs[{index}]" for name, index in (("rbp", 10), ("rsp", 15), ("rip", 16))] + ["bt"]


def wait_until_waiting(running, threads):
    """All of its threads sleep, and so many there are. Raises where it ends instead."""
    while True:
        if running.poll() is not None:
            raise RuntimeError(f"{running.args[0]} ended with status {running.returncode} instead of waiting")
        states = [path.read_text().rpartition(")")[2].split()[0] for path in pathlib.Path(f"/proc/{running.pid}/task").glob("*/stat")]
        if len(states) == threads and set(states) == {"S"}:
            return
        time.sleep(0.05)


def of_c(style, folder):
    program = os.path.join(folder, style)
    subprocess.run(["cc", "-std=gnu11", "-g", "-O0", "-fno-omit-frame-pointer", str(HERE / f"{style}.c"), "-o", program, "-pthread"],
                   check=True)
    with subprocess.Popen([program, str(LONG)], stdout=subprocess.DEVNULL) as running:
        try:
            wait_until_waiting(running, 6 if style == "threads" else 1)
            found = {"the threads' stacks": gdb(running.pid, "thread apply all bt")}
            if style == "green" and platform.machine() == "x86_64":
                found["the tasks' stacks"] = gdb(running.pid, *GREEN)
        finally:
            running.kill()
    return {name: [sum(re.search(rf"\b{call} \(", text) is not None for call in CALLS), text] for name, text in found.items()}


def all_of_c():
    for program in ("gdb", "cc"):
        if shutil.which(program) is None:
            raise Missing(f"{program} is not here: apt-get install {'gdb' if program == 'gdb' else 'gcc libc6-dev'}")
    with tempfile.TemporaryDirectory() as folder:
        return {style: of_c(style, folder) for style in STYLES}


def write(language, found, as_json):
    """Prints it, or returns its numbers."""
    numbers = {}
    for style, views in found.items():
        for name, (count, text) in views.items():
            where = "thread" if "threads" in name else "task"
            numbers[f"{language}_{style}_{where}"] = count
            if not as_json and (text or where == "thread"):
                print(f"{language}, {style}: {count} of {len(CALLS)} calls in {name}")
                print("\n".join(f"    {line}" for line in text.rstrip().split("\n") if line.strip()))
    return numbers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--language", choices=("python", "c"))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--of", choices=STYLES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.of:
        show(options.of)
    numbers = {}
    if options.language != "c":
        found = {style: of_python(style) for style in STYLES}
        numbers.update(write("python", {style: views for style, views in found.items() if views}, options.json))
    if options.language != "python":
        try:
            numbers.update(write("c", all_of_c(), options.json))
        except Missing as reason:
            print(reason, file=sys.stdout if options.language == "c" else sys.stderr)
            if options.language == "c":
                return MISSING
    if options.json:
        print(json.dumps(numbers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
