// SPDX-License-Identifier: MIT
// A trial's work, as all models share it: the plan made ready.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Calls } from './calls.mjs';
import { chooseClient } from './clients.mjs';
import { Program } from './program.mjs';
import { mark, Refused } from './protocol.mjs';
import { Slots } from './slots.mjs';

const FILE_BYTES = 64 << 20;
const PAGE = 4096;
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
    this.lanes = description.one_lane ? 1 : plan.lanes;
    this.open = plan.rate_per_s !== undefined;
    this.memory = plan.memory === true;
    this.startNs = 0;
    this.slots = new Slots(this.tasks);
    this.shared = { counter: 0, last: Promise.resolve() };
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
    this.payload = Buffer.alloc(program.payloadMost, 1);
    this.readMost = Math.max(PAGE, Math.ceil(program.readMost / PAGE) * PAGE);
    if (program.reads) {
      this.#openFile(program.direct);
    }
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
    const pages = Math.ceil((this.lanes * this.readMost) / WASM_PAGE);
    if (direct && pages > 65535) {
      throw new Refused(`${this.lanes} buffers of ${this.readMost} bytes are more than 4 GiB`);
    }
    this.buffers = direct ? new WebAssembly.Memory({ initial: pages }).buffer : null;
  }

  /** A buffer for the largest read of that lane. */
  readBuffer(lane) {
    return this.buffers === null ? Buffer.allocUnsafeSlow(this.readMost)
      : Buffer.from(this.buffers, lane * this.readMost, this.readMost);
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

/** One place in flight: what a task has for itself while it runs, kept from task to task. */
export class Lane {
  constructor(work, index) {
    this.work = work;
    this.shared = work.shared;
    this.connection = work.connect();
    this.register = 0;
    this.early = 0; // how often a sleep ended too early
    this.release = null; // gives the lock back, where it is held
    this.freeNs = 0;
    this.offset = 0;
    this.buffer = null;
    if (work.file !== undefined) {
      this.offset = Math.floor(((index * work.readMost) % (work.fileBytes + 1)) / PAGE) * PAGE; // each at another place
      this.buffer = work.readBuffer(index);
    }
  }

  async close() {
    await this.connection?.close();
  }
}
