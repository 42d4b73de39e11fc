// SPDX-License-Identifier: MIT
// The trial protocol, version 1 (docs/trial-protocol.md): the plan in, marks and the result out.
import fs from 'node:fs';

export const PROTOCOL = 1;
const PLAN = 0;
const RESULT = isPipe(3) ? 3 : 1; // standard output where a trial is replayed by hand

function isPipe(descriptor) {
  try {
    return fs.fstatSync(descriptor).isFIFO();
  } catch {
    return false;
  }
}

const hrtime = process.hrtime;
// Stamps are numbers of ns since this second of CLOCK_MONOTONIC, since the clock itself goes beyond 2**53 after 104
// days.
export const BASE_S = hrtime()[0];

/** CLOCK_MONOTONIC, in ns since BASE_S. A pair of numbers costs half of what a BigInt does. */
export function now() {
  const [seconds, ns] = hrtime();
  return (seconds - BASE_S) * 1e9 + ns;
}

/** The plan cannot be carried out; `lacks`: only for want of the model or of a step. */
export class Refused extends Error {
  constructor(text, lacks = false) {
    super(text);
    this.lacks = lacks;
  }
}

/** A child is given up, since another one has failed: it has no status of its own. */
export class Cancelled extends Error {}

/** A step failed, and its task with it; `status` as the protocol has it. */
export class Failed extends Error {
  static {
    this.stackTraceLimit = 0;
  }

  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}

function readLine() {
  const pieces = [];
  const piece = Buffer.alloc(1 << 16);
  for (;;) { // what comes behind the line answers marks, and none has been given yet
    const length = fs.readSync(PLAN, piece);
    pieces.push(Buffer.from(piece.subarray(0, length)));
    if (length === 0 || piece[length - 1] === 10) {
      return Buffer.concat(pieces).toString();
    }
  }
}

/** The plan, one line of JSON on standard input. */
export function readPlan() {
  let plan;
  try {
    plan = JSON.parse(readLine());
  } catch (error) {
    throw new Refused(`the plan cannot be read: ${error.message}`);
  }
  if (plan?.protocol !== PROTOCOL) {
    throw new Refused(`protocol ${plan?.protocol} is not spoken here, expected ${PROTOCOL}`);
  }
  return plan;
}

/** Sends one message to ccbench, whole. */
export function say(message) {
  let data = Buffer.from(`${JSON.stringify(message)}\n`);
  while (data.length > 0) {
    data = data.subarray(fs.writeSync(RESULT, data));
  }
}

/** Gives a mark of a memory trial and waits until ccbench has read the memory. */
export function mark(name) {
  say({ mark: name });
  fs.readSync(PLAN, Buffer.alloc(1));
}

function usage() {
  const used = process.resourceUsage();
  return {
    cpuNs: 1000 * (used.userCPUTime + used.systemCPUTime),
    own: used.voluntaryContextSwitches,
    forced: used.involuntaryContextSwitches,
  };
}

/** Times set-up, run and teardown, each from its own call to the next, and what was used over all three. */
export class Phases {
  constructor(work) {
    this.work = work;
  }

  begin() {
    this.before = usage();
    this.openedNs = now();
  }

  run() {
    this.startedNs = this.work.startNs = now();
  }

  close() {
    this.ranNs = now();
    this.work.mark('before_close');
    this.closingNs = now();
  }

  end() {
    this.closedNs = now();
    this.after = usage();
  }

  figures() {
    return {
      setup_ns: this.startedNs - this.openedNs,
      run_ns: this.ranNs - this.startedNs,
      teardown_ns: this.closedNs - this.closingNs,
      startup_cpu_ns: this.before.cpuNs,
      cpu_ns: this.after.cpuNs - this.before.cpuNs,
      switches_own: this.after.own - this.before.own,
      switches_forced: this.after.forced - this.before.forced,
      run_start_ns: BASE_S * 1e9 + this.startedNs,
    };
  }
}

/** A result that holds nothing, of a trial that broke down. */
export function noFigures(error) {
  const names = ['setup_ns', 'run_ns', 'teardown_ns', 'startup_cpu_ns', 'cpu_ns', 'switches_own', 'switches_forced'];
  return { ...Object.fromEntries(names.map((name) => [name, 0])), error };
}
