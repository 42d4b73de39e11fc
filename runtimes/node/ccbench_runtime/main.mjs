// SPDX-License-Identifier: MIT
// From the plan to the result: the frame around each model.
import v8 from 'node:v8';
import vm from 'node:vm';

import { describeClient } from './clients.mjs';
import { choose, readDescription } from './description.mjs';
import { Raw, Workers } from './models.mjs';
import { noFigures, Phases, PROTOCOL, readPlan, Refused, say } from './protocol.mjs';
import { fib } from './steps.mjs';
import { Work } from './work.mjs';

const WARM = 21; // fib of it, a few times, has the function compiled

/** What a table's head says of this model (docs/runtimes.md). */
function describe(parameters) {
  return {
    language: `Node.js ${process.versions.node}`,
    executable: process.execPath,
    engine: `V8 ${process.versions.v8}`,
    loop: `libuv ${process.versions.uv}`,
    client: describeClient(parameters),
    jit: true,
  };
}

/** What a first task would pay for alone. */
function warmUp() {
  for (let i = 0; i < 20; i++) {
    fib(WARM);
  }
}

function collectGarbage() {
  v8.setFlagsFromString('--expose-gc');
  vm.runInNewContext('gc')();
}

async function carryOut(model, work) {
  warmUp();
  if (work.memory) {
    collectGarbage();
  }
  work.mark('before_lanes');
  const phases = new Phases(work);
  phases.begin();
  model.open();
  phases.run();
  await model.run();
  phases.close();
  await model.close();
  phases.end();
  work.slots.write(!work.open);
  return {
    ...phases.figures(),
    counters: model.counters(),
    ...(work.counts && { counter: work.counted() }),
    ...(work.memory && { in_flight: work.peak.most }),
    ...work.calls.figures(work.slots),
  };
}

/** The result of a trial, or, where it broke down, one that says why. */
async function attempt(model, work) {
  try {
    return await carryOut(model, work);
  } catch (error) {
    console.error(error);
    return noFigures(String(error));
  }
}

async function answer(name, plan) {
  const description = readDescription(name);
  const parameters = choose(description, plan);
  if (plan.describe) {
    return { describe: describe(parameters) };
  }
  const work = new Work(plan, description, parameters);
  await work.prepare();
  return { result: await attempt(plan.model === 'raw' ? new Raw(work) : new Workers(work), work) };
}

/** Where tasks wait and the loop has nothing left: Node would end with status 13 and no word. */
function endForsaken() {
  say({ result: noFigures('a promise that a function returned is never settled: nothing is left to wait for') });
  process.exit(0);
}

/** A whole trial of the model of that name, or, with "raw" in the plan, of the bare loop of Node's family. */
export async function main(name) {
  process.once('beforeExit', endForsaken);
  try {
    say(await answer(name, readPlan()));
  } catch (error) {
    if (!(error instanceof Refused)) {
      console.error(error);
    }
    say({ error: error.message ?? String(error), speaks: PROTOCOL, ...(error.lacks && { lacks: true }) });
    process.exit(2);
  }
  process.exit(0);
}
