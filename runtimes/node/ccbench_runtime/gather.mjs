// SPDX-License-Identifier: MIT
// The step `gather`: the children of a task, each with a lane of its own.
import { setMaxListeners } from 'node:events';

import { Cancelled, Failed } from './protocol.mjs';
import { giveBack, walk } from './steps.mjs';

/** The children of one step while they are under way. With `cancels` the first that fails aborts the signal of the others. */
class Group {
  constructor(lane, cancels) {
    this.lane = lane;
    this.cancels = cancels;
    this.first = null; // of those that failed, in time
    this.controller = cancels ? this.#controller(lane.signal) : null;
    this.signal = this.controller?.signal ?? lane.signal;
  }

  #controller(above) {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    above?.addEventListener('abort', () => controller.abort(), { once: true, signal: controller.signal });
    return controller;
  }

  async carry(steps) {
    const { family } = this.lane;
    const lane = family.enter(this.lane, this.signal);
    try {
      return await walk(lane, steps);
    } catch (error) {
      if (error instanceof Failed) {
        this.first ??= error;
      }
      throw error;
    } finally {
      giveBack(lane);
      family.leave(lane);
    }
  }

  /** What the step adds to the checksum, of results in the order of the list. Throws the failure that counts: of those that go
   * on the first in the list, else the first in time. */
  sum(results) {
    const errors = results.filter(({ status }) => status === 'rejected').map(({ reason }) => reason);
    const failed = errors.find((error) => error instanceof Failed);
    const unexpected = errors.find((error) => !(error instanceof Failed || error instanceof Cancelled));
    if (errors.length > 0) {
      throw unexpected ?? (this.cancels && failed ? this.first : failed) ?? errors[0];
    }
    return results.reduce((sum, { value }) => sum + value, 0) % 2 ** 32;
  }
}

/** All at once. */
export const gather = (children, cancels) => async (lane) => {
  const group = new Group(lane, cancels);
  const carried = children.map((steps) => group.carry(steps));
  if (cancels) {
    await Promise.all(carried).catch(() => group.controller.abort());
  }
  const results = await Promise.allSettled(carried);
  group.controller?.abort(); // so that nothing waits for the one above any more
  return group.sum(results);
};

/** One after the other. */
export const gatherInTurn = (children, cancels) => async (lane) => {
  const group = new Group(lane, cancels);
  const results = [];
  for (const steps of children) {
    results.push(...await Promise.allSettled([group.carry(steps)]));
    if (cancels && group.first !== null) {
      group.controller.abort();
    }
  }
  return group.sum(results);
};

/** Stands before each step of a child that can be cancelled. */
export function look(lane) {
  if (lane.signal.aborted) {
    throw new Cancelled();
  }
  return 0;
}
