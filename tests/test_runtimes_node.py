#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Node's models of runtimes/, replayed without ccbench. CCBENCH_NODE names another interpreter."""

import os
import shutil
import tempfile
import unittest

import runtime_trials
import trial_oracle
from runtime_trials import HELLO

NODE = shutil.which(os.environ.get("CCBENCH_NODE") or "node")
trial_oracle.COOPERATIVE += ("node", "node-loop")

SHOP = """
import fs from 'node:fs';
import { setTimeout } from 'node:timers/promises';
export const page = () => Buffer.from('hello');
export const text = () => 'hello';
export const number = () => 42;
export const nothing = () => undefined;
export const half = () => 0.5;
export async function later() { await setTimeout(1); return 'hello'; }
export function fails() { throw new RangeError('no such page'); }
class NoSuchPage extends Error {}
export const large = () => -(7n ** 6000n);
export const timesOut = () => Promise.reject(new DOMException('late', 'TimeoutError'));
export const misses = () => { throw Object.assign(new Error(), { name: 'NotFound' }); };
export const odd = () => { throw Object.create(null); };
export async function failsLater() { await setTimeout(1); throw new NoSuchPage('page'); }
export function prints() { console.log('a message'); console.error('another'); }
export function dies() { process.exit(7); }
export const forsaken = () => new Promise(() => {});
export const constant = 'hello';
"""
OLD_SHOP = "exports.page = () => 'hello';\n"


@unittest.skipIf(NODE is None, "no node in PATH")
class Node(runtime_trials.Asked, unittest.TestCase):
    """What is asked of each, and what is particular to Node."""

    group = "node"
    models = tuple(runtime_trials.described("node"))

    def command(self, model):
        return [NODE, os.path.join(runtime_trials.RUNTIMES, "node", "trial.mjs"), "node-loop" if model == "raw" else model]

    @runtime_trials.each
    def test_describes_itself(self, model):
        about = self.describe(model)["describe"]
        self.assertRegex(about["language"], r"^Node\.js \d+\.\d+")
        self.assertTrue(os.access(about["executable"], os.X_OK))
        self.assertRegex(about["loop"], r"^libuv \d")
        self.assertIn("node:net", about["client"])
        self.assertRegex(self.describe(model, client="idiom")["describe"]["client"], r"^undici( \d|$)")

    def test_timers_that_fire_early_are_slept_on(self):
        """Of many sleeps that do not begin with a ms, some end early."""
        ran = self.replay("node", 400, 7, [{"compute": 12}, {"sleep": "2ms"}])
        self.assertGreaterEqual(min(slot.end_ns - slot.begin_ns for slot in ran.slots), 2 * runtime_trials.MS)
        self.assertGreater(ran.result["counters"]["early_wakeups"], 0)

    def test_a_blocking_call_blocks(self):
        ran = self.replay("node", 2, 2, [{"block": "60ms"}])
        self.assertGreaterEqual(ran.result["run_ns"], 120 * runtime_trials.MS)


@unittest.skipIf(NODE is None, "no node in PATH")
class Calls(unittest.TestCase):
    """A user's own functions."""

    command = Node.command
    replay = Node.replay

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for name, text in (("shop.mjs", SHOP), ("old.cjs", OLD_SHOP), ("broken.mjs", "export const page = ;")):
            with open(os.path.join(cls.folder.name, name), "w", encoding="utf-8") as file:
                file.write(text)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def call(self, where, model="node", **more):
        return self.replay(model, 4, 2, [{"call": where}], folder=self.folder.name, **more)

    def test_what_it_returns_is_hashed(self):
        for model in Node.models:
            for where, check in (("./shop.mjs#page", HELLO), ("./shop.mjs#text", HELLO), ("./shop.mjs#nothing", 0),
                                 ("./shop.mjs#half", 0), ("./shop.mjs#number", 0x87e38583 ^ 2), ("./shop.mjs#later", HELLO),
                                 ("./shop.mjs#large", 0x5ca56f1b),
                                 ("./old.cjs#page", HELLO), (os.path.join(self.folder.name, "old.cjs") + "#page", HELLO)):
                ran = self.call(where, model)
                self.assertIsNone(ran.error, ran.printed)
                self.assertEqual({(slot.status, slot.check) for slot in ran.slots}, {(0, check)}, where)

    def test_what_it_throws_is_a_failed_task(self):
        classes = [{"name": name, "steps": [{"call": f"./shop.mjs#{name}"}]} for name in ("fails", "text", "failsLater")]
        ran = self.replay("node", 9, 3, classes, folder=self.folder.name)
        names = ran.result["exceptions"]
        told = [0 if slot.status == 0 else names[slot.status - 4000] for slot in ran.slots]
        self.assertEqual(told, 3 * ["RangeError", 0, "NoSuchPage"])
        self.assertEqual(ran.result["call_failures"], {"RangeError": 3, "NoSuchPage": 3})

    def test_errors_that_have_a_name(self):
        classes = [{"name": name, "steps": [{"call": f"./shop.mjs#{name}"}]} for name in ("timesOut", "misses", "odd")]
        ran = self.replay("node", 6, 3, classes, folder=self.folder.name)
        self.assertEqual((ran.error, ran.result.get("call_failures")), (None, {"TimeoutError": 2, "NotFound": 2, "object": 2}))

    def test_what_cannot_be_called_is_refused(self):
        for where, words, lacks in (("./shop.mjs#nowhere", "no function", False), ("./shop.mjs#constant", "no function", False),
                                    ("./none.mjs#page", "none.mjs", False), ("./broken.mjs#page", "cannot be called", False),
                                    ("shop:page", r"node cannot call 'shop:page'.*expected", True)):
            ran = self.call(where)
            self.assertRegex(ran.error or "no error", words)
            self.assertEqual((ran.status, ran.lacks), (2, lacks))

    def test_one_that_never_comes_to_an_end(self):
        for model in Node.models:
            ran = self.call("./shop.mjs#forsaken", model)
            self.assertRegex(ran.error or "no error", "never settled")
            self.assertEqual((ran.status, len(ran.messages)), (0, 1))

    def test_one_that_prints_or_dies(self):
        ran = self.call("./shop.mjs#prints")
        self.assertEqual((len(ran.messages), ran.error), (1, None))
        self.assertIn("a message", ran.printed)
        ran = self.call("./shop.mjs#dies")
        self.assertEqual((ran.status, ran.messages), (7, []))


if __name__ == "__main__":
    unittest.main()
