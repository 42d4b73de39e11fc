// SPDX-License-Identifier: MIT
// A model's description, NAME.json beside trial.mjs (docs/runtimes.md): what it cannot do, and what can be chosen.
import fs from 'node:fs';

import { Refused } from './protocol.mjs';

export function readDescription(name) {
  const path = new URL(`../${name}.json`, import.meta.url);
  if (!/^[a-z-]+$/.test(name) || !fs.existsSync(path)) {
    throw new Refused(`no model '${name}' here`, true);
  }
  return JSON.parse(fs.readFileSync(path, 'utf8'));
}

/** All parameters, each as the plan has it or by default. */
export function choose(description, plan) {
  const chosen = {};
  const given = { ...plan.parameters };
  for (const { name, values, default: otherwise } of description.parameters) {
    chosen[name] = given[name] ?? otherwise;
    delete given[name];
    if (!values.includes(chosen[name])) {
      throw new Refused(`${description.name}: ${name}='${chosen[name]}', expected ${values.join(' or ')}`);
    }
  }
  if ((plan.chunk ?? 1) !== 1) {
    given.chunk = plan.chunk;
  }
  for (const [name, value] of Object.entries(given)) {
    const expected = Object.keys(chosen).join(', ');
    throw new Refused(`${description.name} has no parameter '${name}' (=${value}), expected ${expected}`);
  }
  return chosen;
}
