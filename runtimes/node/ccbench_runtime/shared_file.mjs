// SPDX-License-Identifier: MIT
// The file that all tasks share: it holds one number, of eight bytes. Node has no flock(2): the lock is the loop's own, which is
// enough among the tasks of one process.
import fs from 'node:fs';
import path from 'node:path';

import { Failed } from './protocol.mjs';
import { lockOf } from './steps.mjs';

const STATUS_ERRNO = 1000;
const bytes = new Uint8Array(8);
const number = new BigUint64Array(bytes.buffer);

/** A descriptor of such a file, without a name, whose number is 0. */
export function makeSharedFile() {
  const folder = fs.mkdtempSync(path.join(process.env.TMPDIR || '/var/tmp', 'ccbench-'));
  const descriptor = fs.openSync(path.join(folder, 'number'), 'w+');
  fs.rmSync(folder, { recursive: true });
  number[0] = 0n;
  fs.writeSync(descriptor, bytes, 0, bytes.length, 0);
  return descriptor;
}

function read(descriptor) {
  fs.readSync(descriptor, bytes, 0, bytes.length, 0);
  return number[0];
}

/** What the number has come to. */
export const counted = (descriptor) => Number(read(descriptor));

const trying = (step) => (lane) => {
  try {
    step(lane);
    return 0;
  } catch (error) {
    throw error.errno === undefined ? error : new Failed(STATUS_ERRNO - error.errno);
  }
};

export const loadFile = trying((lane) => {
  lane.number = read(lane.work.sharedFile);
});

export const storeFile = trying((lane) => {
  number[0] = lane.number + 1n;
  fs.writeSync(lane.work.sharedFile, bytes, 0, bytes.length, 0);
});

export const [lockFile, unlockFile] = lockOf('lastOfFile', 'releaseFile');
