// SPDX-License-Identifier: MIT
// The steps of the plan, each turned into a function once, before anything is timed.
import { gather, gatherInTurn, look } from './gather.mjs';
import { Target } from './http1.mjs';
import { Refused } from './protocol.mjs';
import { loadFile, lockFile, storeFile, unlockFile } from './shared_file.mjs';
import * as steps from './steps.mjs';

const DURATIONS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const SIZES = { '': 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };
const PAGE = 4096;
const MOST_DEEP = 64;
const MOST_CHILDREN = 64;
// Where the plan has a time instead of a number of repetitions, which ccbench writes: an estimate of fib(15).
const ESTIMATE_OF = 15;
const ESTIMATE_NS = 8000;

function numberAndUnit(text, units) {
  const [, number, unit] = /^([0-9.]+)([a-z]*)$/.exec(text) ?? [];
  if (number === undefined || units[unit] === undefined) {
    throw new Refused(`'${text}' is no number with a unit`);
  }
  return Math.round(Number(number) * units[unit]);
}

const durationNs = (text) => numberAndUnit(text, DURATIONS);
const sizeOf = (value) => numberAndUnit(String(value), SIZES);

/** The most of something that a task does at once, where its children do it at once: `count` of a step. */
export function mostAtOnce(list, count) {
  const counts = list.map((step) => {
    const lists = 'repeat' in step ? [step.steps] : step.gather ?? [];
    return count(step) + lists.reduce((sum, inner) => sum + mostAtOnce(inner, count), 0);
  });
  return Math.max(0, ...counts);
}

/** Compiles lists of steps, and notes what they need. */
export class Program {
  constructor(work) {
    this.work = work;
    this.targets = new Map();
    this.readMost = this.copyMost = this.payloadMost = 0;
    this.copies = false;
    this.reads = this.direct = this.fetches = this.fresh = this.tls = this.counts = this.gathers = this.sharesFile = false;
  }

  /** A list of functions for each class. */
  async compile(classes) {
    const compiled = [];
    for (const one of classes) {
      compiled.push(await this.#steps(one.steps, 0, {}));
    }
    return compiled;
  }

  /** `within` tells of what the list is part of: child (of a gather), cancellable (such a child), locked. */
  async #steps(list, depth, within) {
    if (depth > MOST_DEEP) {
      throw new Refused(`lists of steps are nested more than ${MOST_DEEP} deep`);
    }
    const made = [];
    let { locked } = within;
    for (const step of list) {
      locked = 'lock' in step || 'lock_file' in step || (locked && !('unlock' in step || 'unlock_file' in step));
      if (within.cancellable) {
        made.push(look);
      }
      made.push(await this.#nested(step, depth, { ...within, locked }) ?? await this.#step(step, within));
    }
    return made;
  }

  /** A step that has lists of steps of its own; undefined: it is none. */
  async #nested(step, depth, within) {
    if ('repeat' in step) {
      return steps.repeat(step.repeat, await this.#steps(step.steps, depth + 1, within));
    }
    return 'gather' in step ? this.#gather(step, depth, within) : undefined;
  }

  async #gather({ gather: lists, on_failure: onFailure = 'wait' }, depth, within) {
    if (!Array.isArray(lists) || lists.length < 1 || lists.length > MOST_CHILDREN || !lists.every(Array.isArray)) {
      const told = JSON.stringify(lists).slice(0, 60);
      throw new Refused(`gather ${told} is no list of lists of steps, expected 1 to ${MOST_CHILDREN} of them`);
    }
    if (onFailure !== 'wait' && onFailure !== 'cancel') {
      throw new Refused(`on_failure '${onFailure}' cannot be, expected "wait" or "cancel"`);
    }
    if (within.locked) {
      throw new Refused('gather may not stand between lock and unlock');
    }
    const cancels = onFailure === 'cancel';
    const children = [];
    for (const list of lists) {
      children.push(await this.#steps(list, depth + 1, { ...within, child: true, cancellable: within.cancellable || cancels }));
    }
    this.gathers = true;
    return (this.work.inTurn ? gatherInTurn : gather)(children, cancels);
  }

  #step(step, within) {
    const name = Object.keys(step).find((key) => key in MAKERS);
    const { model, cannot } = this.work;
    if (name === undefined) {
      throw new Refused(`step '${Object.keys(step)[0]}' is not known here`, true);
    }
    if (name in cannot) {
      throw new Refused(`${model} cannot ${name}: ${cannot[name]}`, true);
    }
    if (within.child && (name === 'take' || name === 'reply')) {
      throw new Refused('take and reply belong to a task, not to a child of gather');
    }
    return MAKERS[name](this, step[name], step);
  }

  compute(value, { times = 1 }) {
    return typeof value === 'string' ? steps.compute(ESTIMATE_OF, Math.ceil(durationNs(value) / ESTIMATE_NS) || 1)
      : steps.compute(value, times);
  }

  read(value, { direct = false }) {
    const size = sizeOf(value);
    this.readMost = Math.max(this.readMost, size);
    this.reads = true;
    this.direct ||= direct;
    return direct ? steps.read('direct', size, PAGE) : steps.read('file', size, 1);
  }

  copy(value) {
    const size = sizeOf(value);
    this.copyMost = Math.max(this.copyMost, size);
    this.copies = true;
    return steps.copy(size);
  }

  payload(value) {
    const size = sizeOf(value);
    this.payloadMost = Math.max(this.payloadMost, size);
    return steps.touch(size);
  }

  /** The step, after which the shared counter is of interest. */
  count(step) {
    this.counts = true;
    return step;
  }

  /** The step, which needs the file that tasks share. */
  shareFile(step) {
    this.sharesFile = this.counts = true;
    return step;
  }

  fetch({ fetch: fetched, fresh = false, tls = false, ...others }) {
    const { plan, model } = this.work;
    for (const option of Object.keys(others)) {
      throw new Refused(`fetch with '${option}' is not known here`, true);
    }
    const url = plan.url ?? ((tls ? plan.origin_tls : plan.origin) ?? '') + fetched;
    const key = `${fresh} ${url}`;
    this.fetches = true;
    this.fresh ||= fresh;
    this.tls ||= tls;
    if (!this.targets.has(key)) {
      try {
        this.targets.set(key, new Target(url, plan.url === undefined ? [] : plan.headers ?? [], fresh));
      } catch (error) {
        throw new Refused(`${model} cannot fetch: ${error.message}`, true);
      }
    }
    return steps.fetch(this.targets.get(key), plan.url !== undefined);
  }
}

const MAKERS = {
  sleep: (program, value) => steps.sleep(durationNs(value)),
  block: (program, value) => steps.block(durationNs(value)),
  fetch: (program, value, step) => program.fetch(step),
  compute: (program, value, step) => program.compute(value, step),
  yield: (program, value) => steps.pass(value),
  read: (program, value, step) => program.read(value, step),
  copy: (program, value) => program.copy(value),
  load: (program) => program.count(steps.load),
  store: (program) => program.count(steps.store),
  add: (program, value) => program.count(steps.add(value)),
  lock: (program) => program.count(steps.lock),
  unlock: () => steps.unlock,
  load_file: (program) => program.shareFile(loadFile),
  store_file: (program) => program.shareFile(storeFile),
  lock_file: (program) => program.shareFile(lockFile),
  unlock_file: (program) => program.shareFile(unlockFile),
  take: (program, value) => program.payload(value),
  reply: (program, value) => program.payload(value),
  call: (program, value) => program.work.calls.step(value),
};
