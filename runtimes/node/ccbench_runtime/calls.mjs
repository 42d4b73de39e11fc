// SPDX-License-Identifier: MIT
// A user's own functions, which call steps name: {"call":"./shop.js#page"}.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { bodyCheck } from './http1.mjs';
import { Failed, Refused } from './protocol.mjs';
import { unlessCancelled } from './steps.mjs';

const FIRST = 4000;
const MOST = 1000;
const HEX_MOST = 3500; // digits: of larger numbers decimal ones take long

function digitsOf(number) {
  const hex = number.toString(16);
  return hex.replace('-', '').length <= HEX_MOST ? number.toString() : hex;
}

/** Of an error that has a name of its own that, as of fetch's timeouts; else what made it. */
function nameOf(error) {
  const named = error instanceof DOMException || Object.hasOwn(Object(error), 'name');
  const name = named ? error.name : error?.constructor?.name;
  return typeof name === 'string' && name !== '' ? name : error === null ? 'null' : typeof error;
}

/** What the value of a function adds to the checksum: bytes, text and whole numbers by their hash. */
function checkOf(value) {
  if (value instanceof Uint8Array) {
    return bodyCheck([value], true);
  }
  if (typeof value === 'string') {
    return bodyCheck([Buffer.from(value)], true);
  }
  if (typeof value === 'bigint' || Number.isInteger(value)) {
    return bodyCheck([Buffer.from(digitsOf(BigInt(value)))], true);
  }
  return 0;
}

/** Finds the functions, in the folder of the workload file, and counts what they throw. */
export class Calls {
  constructor(model, folder = '.') {
    this.model = model;
    this.folder = folder;
    this.places = new Map(); // name of an exception → its place
  }

  /** The step that calls the function, plain or async. */
  async step(where) {
    const called = await this.#find(where);
    return (lane) => {
      try {
        const value = called();
        return typeof value?.then === 'function' ? unlessCancelled(lane, this.#settled(value)) : checkOf(value);
      } catch (error) { // whatever a user's function throws fails its task, and no other
        throw this.#failed(error);
      }
    };
  }

  async #settled(promise) {
    let value;
    try {
      value = await promise;
    } catch (error) {
      throw this.#failed(error);
    }
    return checkOf(value);
  }

  async #find(where) {
    const [, file, name] = /^(\.{0,2}\/.+)#(.+)$/.exec(where) ?? [];
    if (file === undefined) {
      throw new Refused(`${this.model} cannot call '${where}': expected "./file.js#function"`, true);
    }
    let called;
    try {
      const found = await import(pathToFileURL(path.resolve(this.folder, file)));
      called = found[name] ?? found.default?.[name];
    } catch (error) {
      throw new Refused(`'${where}' cannot be called: ${error.message ?? error}`);
    }
    if (typeof called !== 'function') {
      throw new Refused(`'${where}' cannot be called: it is no function`);
    }
    return called;
  }

  #failed(error) {
    const name = nameOf(error);
    if (!this.places.has(name)) {
      this.places.set(name, this.places.size);
    }
    return new Failed(FIRST + Math.min(this.places.get(name), MOST - 1));
  }

  /** What the result says of exceptions: their names in the order of their status, and how often each came. */
  figures(slots) {
    const names = [...this.places.keys()].slice(0, MOST);
    if (names.length === 0) {
      return {};
    }
    const counts = Object.fromEntries(names.map((name) => [name, 0]));
    for (let i = 0; i < slots.tasks; i++) {
      const place = slots.statusOf(i) - FIRST;
      if (place >= 0 && place < names.length) {
        counts[names[place]]++;
      }
    }
    return { exceptions: names, call_failures: counts };
  }
}
