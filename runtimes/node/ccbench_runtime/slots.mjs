// SPDX-License-Identifier: MIT
// The slots: 32 bytes a task. Node cannot map a file, so they are read before the trial and written when it is over.
import fs from 'node:fs';

import { BASE_S } from './protocol.mjs';

const DESCRIPTOR = 4;
const SIZE = 32;
const LOW = 2 ** 32; // what is above it is in the other half of a 64-bit word
// Which half of a word is the lower one.
const [LOWER, UPPER] = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0];

function isShared(tasks) {
  try {
    return fs.fstatSync(DESCRIPTOR).size === SIZE * tasks;
  } catch {
    return false;
  }
}

function whole(call, bytes) {
  for (let at = 0; at < bytes.length;) {
    const moved = call(DESCRIPTOR, bytes, at, bytes.length - at, at);
    if (moved === 0) {
      throw new Error('the slots end too early');
    }
    at += moved;
  }
}

/** By task: `begins`, `ends` and `arrivals` in ns of protocol.mjs' now(), or, in an open loop, arrivals in ns since the
 * run's start; `classes`, `statuses`. All of the first class where ccbench gives no slots (a replay). */
export class Slots {
  constructor(tasks) {
    this.tasks = tasks;
    this.shared = isShared(tasks);
    this.bytes = new Uint8Array(SIZE * tasks);
    this.halves = new Uint32Array(this.bytes.buffer);
    this.shorts = new Uint16Array(this.bytes.buffer);
    if (this.shared) {
      whole(fs.readSync, this.bytes);
    }
    this.begins = new Float64Array(tasks);
    this.ends = new Float64Array(tasks);
    this.arrivals = new Float64Array(tasks);
    this.classes = new Uint16Array(tasks);
    for (let i = 0; i < tasks; i++) {
      this.classes[i] = this.shorts[16 * i + 12];
      this.arrivals[i] = this.halves[8 * i + UPPER] * LOW + this.halves[8 * i + LOWER];
    }
  }

  /** How task i ended; to be called where either is not 0. */
  finish(i, status, check) {
    this.shorts[16 * i + 13] = status;
    this.halves[8 * i + 7] = check;
  }

  statusOf(i) {
    return this.shorts[16 * i + 13];
  }

  #put(at, lowNs, high, ns) {
    const sum = lowNs + ns; // exact: a trial is shorter than 2**53 ns
    this.halves[at + LOWER] = sum % LOW;
    this.halves[at + UPPER] = high + Math.floor(sum / LOW);
  }

  /** Gives them to ccbench; arrivals too, unless they were ccbench's. */
  write(withArrivals) {
    if (!this.shared) {
      return;
    }
    const base = BigInt(BASE_S) * 1_000_000_000n;
    const low = Number(base % BigInt(LOW));
    const high = Number(base / BigInt(LOW));
    for (let i = 0; i < this.tasks; i++) {
      if (withArrivals) {
        this.#put(8 * i, low, high, this.arrivals[i]);
      }
      this.#put(8 * i + 2, low, high, this.begins[i]);
      this.#put(8 * i + 4, low, high, this.ends[i]);
    }
    whole(fs.writeSync, this.bytes);
  }
}
