// SPDX-License-Identifier: MIT
// A trial of one of Node's models (docs/trial-protocol.md): `trial.mjs MODEL`, started by ccbench.
import { main } from './ccbench_runtime/main.mjs';

await main(process.argv[2] ?? '');
