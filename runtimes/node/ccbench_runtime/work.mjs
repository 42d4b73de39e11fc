// SPDX-License-Identifier: MIT
// A trial's work, as all models share it: the plan made ready.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Calls } from './calls.mjs';
import { chooseClient } from './clients.mjs';
import { mostAtOnce, Program } from './program.mjs';
import { mark, Refused } from './protocol.mjs';
import { counted, makeSharedFile } from './shared_file.mjs';
import { Slots } from './slots.mjs';

const FILE_BYTES = 64 << 20;
const PAGE = 4096;
const SOURCE_BYTES = 64 * 2 ** 20;
const WASM_PAGE = 65536;

/** Gives the mark "peak" of a memory trial, once, when as many tasks are in flight as there can be. */
class Peak {
  constructor(together) {
    this.together = together;
    this.now = this.most = 0;
    this.given = false;
  }

  begin() {
    this.now++;
    this.most = Math.max(this.most, this.now);
    if (this.now === this.together && !this.given) {
      this.given = true;
      mark('peak');
    }
    return 0;
  }

  end() {
    this.now--;
  }
}

/** `programs` has a list of steps for each class; `lanes` is how many there may be. */
export class Work {
  constructor(plan, description, parameters) {
    this.plan = plan;
    this.model = description.name;
    this.cannot = description.cannot ?? {};
    this.parameters = parameters;
    this.tasks = plan.tasks;
    this.inTurn = description.one_lane === true;
    this.lanes = this.inTurn ? 1 : plan.lanes;
    this.buffersMade = 0;
    this.open = plan.rate_per_s !== undefined;
    this.memory = plan.memory === true;
    this.startNs = 0;
    this.slots = new Slots(this.tasks);
    this.shared = { counter: 0, last: Promise.resolve(), lastOfFile: Promise.resolve() };
    this.sharedFile = null;
    this.calls = new Calls(this.model, plan.folder);
    this.peak = new Peak(Math.min(this.tasks, this.lanes));
    this.connect = () => null;
  }

  /** What must be waited for, or depends on what the steps need. */
  async prepare() {
    const program = new Program(this);
    this.programs = await program.compile(this.plan.classes);
    if (this.memory) {
      this.programs.forEach((steps) => steps.unshift(() => this.peak.begin()));
    }
    this.counts = program.counts;
    this.gathers = program.gathers;
    this.payload = Buffer.alloc(program.payloadMost, 1);
    this.copyMost = program.copyMost;
    this.source = program.copies ? Buffer.alloc(SOURCE_BYTES + program.copyMost, 1) : null; // more than caches hold
    this.readMost = Math.max(PAGE, Math.ceil(program.readMost / PAGE) * PAGE);
    if (program.reads) {
      this.#openFile(program.direct);
    }
    if (program.sharesFile) {
      this.sharedFile = makeSharedFile();
    }
    this.fresh = program.fresh;
    this.tls = program.tls;
    if (program.fetches) {
      this.connect = await chooseClient(this);
    }
  }

  #openFile(direct) {
    const file = this.plan.file ?? makeFile();
    this.file = fs.openSync(file, 'r');
    this.direct = direct ? fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_DIRECT) : -1;
    this.fileBytes = fs.fstatSync(this.file).size;
    // Only the memory of WebAssembly is known to be on a page, as reads past the page cache need it.
    const buffers = this.lanes * (1 + this.#most((step) => step.gather?.length ?? 0));
    const pages = Math.ceil((buffers * this.readMost) / WASM_PAGE);
    if (direct && pages > 65535) {
      throw new Refused(`${buffers} buffers of ${this.readMost} bytes are more than 4 GiB`);
    }
    this.buffers = direct ? new WebAssembly.Memory({ initial: pages }).buffer : null;
  }

  /** A buffer for the largest read, of a lane. */
  readBuffer() {
    return this.buffers === null ? Buffer.allocUnsafeSlow(this.readMost)
      : Buffer.from(this.buffers, this.buffersMade++ * this.readMost, this.readMost);
  }

  /** How many connections lanes have at once at the most, those of their tasks' children too. */
  connections() {
    return Math.min(this.lanes, this.tasks) * Math.max(1, this.#most((step) => ('fetch' in step ? 1 : 0)));
  }

  #most(count) {
    return Math.max(...this.plan.classes.map((one) => mostAtOnce(one.steps, count)));
  }

  /** What tasks have counted, in memory and in the file. */
  counted() {
    return this.shared.counter + (this.sharedFile === null ? 0 : counted(this.sharedFile));
  }

  mark(name) {
    if (this.memory) {
      mark(name);
    }
  }
}

function makeFile() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ccbench-'));
  const file = path.join(folder, 'file');
  fs.writeFileSync(file, Buffer.alloc(FILE_BYTES, 1));
  const descriptor = fs.openSync(file, 'r');
  fs.rmSync(folder, { recursive: true });
  return `/proc/self/fd/${descriptor}`;
}

/** What the children of a lane's tasks use, kept from one gather to the next: lanes, and, apart from them, connections, so that
 * there are no more of these than children that fetch at once. */
class Family {
  constructor(work) {
    this.work = work;
    this.lanes = [];
    this.spare = [];
    this.connections = [];
    this.free = [];
  }

  /** A lane for a child of the task in `parent`. */
  enter(parent, signal) {
    let lane = this.spare.pop();
    if (lane === undefined) {
      lane = new Lane(this.work, parent.index + this.lanes.length + 1, this);
      this.lanes.push(lane);
    }
    lane.signal = signal;
    lane.register = parent.register;
    lane.number = parent.number;
    return lane;
  }

  leave(lane) {
    this.spare.push(lane);
  }

  take() {
    let connection = this.free.pop();
    if (connection === undefined) {
      connection = this.work.connect();
      this.connections.push(connection);
    }
    return connection;
  }
}

/** What a child fetches by: a connection of its family's that no other uses. */
class Borrowed {
  constructor(family) {
    this.family = family;
  }

  async fetch(target, signal) {
    const connection = this.family.take();
    try {
      return await connection.fetch(target, signal);
    } finally {
      this.family.free.push(connection);
    }
  }
}

/** One place in flight: what a task has for itself while it runs, kept from task to task. */
export class Lane {
  /** With the `family` of a lane it is of the children of its tasks. */
  constructor(work, index, family) {
    this.work = work;
    this.shared = work.shared;
    this.index = index;
    this.family = family ?? (work.gathers ? new Family(work) : null);
    this.connection = family === undefined ? work.connect() : new Borrowed(family);
    this.signal = null; // of a child that can be cancelled
    this.register = 0;
    this.early = 0; // how often a sleep ended too early
    this.release = this.releaseFile = null; // gives the lock back, where it is held
    this.number = 0n; // of the file that tasks share
    this.freeNs = 0;
    this.offset = 0;
    this.copied = 0; // where the next copy begins
    this.copy = work.source === null ? null : Buffer.alloc(work.copyMost);
    this.buffer = null;
    if (work.file !== undefined) {
      this.offset = Math.floor(((index * work.readMost) % (work.fileBytes + 1)) / PAGE) * PAGE; // each at another place
      this.buffer = work.readBuffer();
    }
  }

  /** All that it and the children of its tasks have. */
  connections() {
    return [...(this.connection === null ? [] : [this.connection]), ...this.family?.connections ?? []];
  }

  /** How often it and those of the children slept on. */
  earlyWakeups() {
    return (this.family?.lanes ?? []).reduce((sum, child) => sum + child.early, this.early);
  }

  async close() {
    await Promise.all(this.connections().map((connection) => connection.close()));
  }
}
