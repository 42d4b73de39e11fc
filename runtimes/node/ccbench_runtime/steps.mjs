// SPDX-License-Identifier: MIT
// What tasks do. A step is a function of the lane; it returns what it adds to the checksum, or a promise of that
// where it waits, and throws Failed.
import fs from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';

import { bodyCheck } from './http1.mjs';
import { Cancelled, Failed, now } from './protocol.mjs';

const PAGE = 4096;
const STATUS_ERRNO = 1000;
const LONGEST_MS = 2 ** 31 - 1; // of a timer
const nobody = new Int32Array(new SharedArrayBuffer(4)); // is never notified

/** Carries out a list of steps; its checksum. */
export async function walk(lane, steps) {
  let check = 0;
  for (const step of steps) {
    const value = step(lane);
    check = (check + (typeof value === 'number' ? value : await value)) >>> 0;
  }
  return check;
}

const timer = (ns, { signal }) => setTimeout(Math.min(Math.ceil(ns / 1e6), LONGEST_MS), undefined,
  signal ? { signal } : undefined);

/** The promise, or Cancelled as soon as the child of the lane is. */
export function unlessCancelled(lane, promise) {
  return lane.signal === null ? promise : new Promise((resolve, reject) => {
    const cancel = () => reject(new Cancelled());
    if (lane.signal.aborted) {
      cancel();
    }
    lane.signal.addEventListener('abort', cancel, { once: true });
    promise.then(resolve, reject).finally(() => lane.signal.removeEventListener('abort', cancel));
  });
}

/** Sleeps until then, and never less: timers fire early. `count.early` grows by how often it had to sleep on. Returns 0. */
export async function sleepUntil(whenNs, count) {
  let left = whenNs - now();
  if (left > 0) {
    await timer(left, count);
  }
  while ((left = whenNs - now()) > 0) {
    count.early++;
    await timer(left, count);
  }
  return 0;
}

export const sleep = (ns) => (ns === 0 ? pass(1) : (lane) => unlessCancelled(lane, sleepUntil(now() + ns, lane)));

export const block = (ns) => () => {
  const until = now() + ns;
  for (let left = ns; left > 0; left = until - now()) {
    Atomics.wait(nobody, 0, 0, left / 1e6);
  }
  return 0;
};

/** The doubly recursive definition: exact up to fib(78). */
export function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export const compute = (n, times) => () => {
  let check = 0;
  for (let i = 0; i < times; i++) {
    check = (check + fib(n)) % 2 ** 32;
  }
  return check;
};

export const pass = (times) => async (lane) => {
  for (let i = 0; i < times; i++) {
    await setImmediate();
    if (lane.signal?.aborted) {
      throw new Cancelled();
    }
  }
  return 0;
};

/** Reads at the lane's next place in the file, a multiple of `grain`, round to its start where that does not fit; in
 * libuv's threads. */
export const read = (which, size, grain) => (lane) => unlessCancelled(lane, new Promise((resolve, reject) => {
  const next = Math.ceil(lane.offset / grain) * grain;
  const at = next + size <= lane.work.fileBytes ? next : 0;
  lane.offset = at + size;
  fs.read(lane.work[which], lane.buffer, 0, size, at, (error, length) => {
    if (error) {
      reject(new Failed(STATUS_ERRNO - error.errno));
    } else {
      resolve(length);
    }
  });
}));

/** Copies at the lane's next place in memory, round to its start where that does not fit. */
export const copy = (size) => (lane) => {
  const { source } = lane.work;
  const at = lane.copied + size <= source.length ? lane.copied : 0;
  lane.copied = at + size;
  source.copy(lane.copy, 0, at, at + size);
  return size;
};

export function load(lane) {
  lane.register = lane.shared.counter;
  return 0;
}

export function store(lane) {
  lane.shared.counter = lane.register + 1;
  return 0;
}

export const add = (count) => (lane) => {
  lane.shared.counter += count; // nothing comes between: no await
  return 0;
};

/** [lock, unlock]: first come, first served. `last` of what is shared is the promise of whoever has asked last, `release` of the
 * lane gives the lock back. */
export function lockOf(last, release) {
  async function lock(lane) {
    const before = lane.shared[last];
    let own;
    lane.shared[last] = new Promise((resolve) => {
      own = resolve;
    });
    try {
      await unlessCancelled(lane, before);
    } catch (error) {
      before.then(own); // whoever asked later waits for this one
      throw error;
    }
    lane[release] = own;
    return 0;
  }

  function unlock(lane) {
    const own = lane[release];
    lane[release] = null;
    own();
    return 0;
  }

  return [lock, unlock];
}

export const [lock, unlock] = lockOf('last', 'release');

/** What a task, or child, held as it ended. */
export function giveBack(lane) {
  for (const release of ['release', 'releaseFile']) {
    lane[release]?.();
    lane[release] = null;
  }
}

/** take and reply: what shares memory hands over a reference, and a byte of each page is read. */
export const touch = (size) => (lane) => {
  const { payload } = lane.work;
  let check = size;
  for (let at = 0; at < size; at += PAGE) {
    check += payload[at];
  }
  return check;
};

export const fetch = (target, hashed) => async (lane) => {
  const { status, body } = await lane.connection.fetch(target, lane.signal);
  if (status < 200 || status > 299) {
    throw new Failed(status);
  }
  return bodyCheck(body, hashed);
};

export const repeat = (times, steps) => async (lane) => {
  let check = 0;
  for (let i = 0; i < times; i++) {
    check += await walk(lane, steps);
  }
  return check % 2 ** 32;
};
