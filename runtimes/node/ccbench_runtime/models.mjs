// SPDX-License-Identifier: MIT
// The models: async functions, as many as there are lanes, each taking one task after the other; of the plain loop one.
import { Failed, now } from './protocol.mjs';
import { giveBack, sleepUntil, walk } from './steps.mjs';
import { Lane } from './work.mjs';

const notCounted = { early: 0 }; // waiting for an arrival is no step

/** Carries out task i in the lane; in an open loop, when it has arrived. */
async function runTask(work, lane, i) {
  const { slots, open } = work;
  if (open) {
    await sleepUntil(work.startNs + slots.arrivals[i], notCounted);
  }
  let check = 0;
  let status = 0;
  slots.begins[i] = now();
  try {
    for (const step of work.programs[slots.classes[i]]) {
      const value = step(lane);
      check += typeof value === 'number' ? value : await value;
    }
  } catch (error) {
    status = statusOf(error);
    giveBack(lane);
  }
  const end = now();
  slots.ends[i] = end;
  if (!open) {
    slots.arrivals[i] = lane.freeNs;
    lane.freeNs = end;
  }
  if (check !== 0 || status !== 0) {
    slots.finish(i, status, check);
  }
  if (work.memory) {
    work.peak.end();
  }
}

function statusOf(error) {
  if (error instanceof Failed) {
    return error.status;
  }
  throw error;
}

export class Workers {
  constructor(work) {
    this.work = work;
    this.lanes = [];
    this.next = 0;
  }

  open() {
    this.lanes = Array.from({ length: this.work.lanes }, (_, i) => new Lane(this.work, i));
  }

  async run() {
    await Promise.all(this.lanes.map((lane) => this.worker(lane)));
  }

  async worker(lane) {
    const { work } = this;
    lane.freeNs = work.startNs;
    while (this.next < work.tasks) {
      await runTask(work, lane, this.next++);
    }
  }

  async close() {
    await Promise.all(this.lanes.map((lane) => lane.close()));
  }

  /** Figures of the model's own. */
  counters() {
    const early = this.lanes.reduce((sum, lane) => sum + lane.earlyWakeups(), 0);
    const connections = this.lanes.flatMap((lane) => lane.connections());
    const retries = connections.reduce((sum, connection) => sum + connection.retries, 0);
    return { ...(early && { early_wakeups: early }), ...(retries && { http_retries: retries }) };
  }
}

/** The bare loop: walks all tasks in turn, and takes the CPU time of that alone. */
export class Raw extends Workers {
  async run() {
    const { slots, programs, startNs } = this.work;
    const before = process.cpuUsage();
    for (const kind of slots.classes) {
      await walk(this.lanes[0], programs[kind]);
    }
    const used = process.cpuUsage(before);
    this.cpuNs = 1000 * (used.user + used.system);
    for (const stamps of [slots.arrivals, slots.begins, slots.ends]) { // a task without them was not carried out
      stamps.fill(startNs);
    }
  }

  counters() {
    return { raw_cpu_ns: this.cpuNs };
  }
}
