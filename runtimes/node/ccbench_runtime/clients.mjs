// SPDX-License-Identifier: MIT
// Which client lanes fetch by: a socket of their own, or fetch().
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { Refused } from './protocol.mjs';

// How a fetch failed: 2000 + what libcurl calls it.
export const STATUS = {
  connect: 2007, weird: 2008, partial: 2018, timeout: 2028, handshake: 2035, nothing: 2052, receive: 2056, certificate: 2060,
  noPort: 1000 + os.constants.errno.EADDRNOTAVAIL,
};
// What a connection that the server has closed meanwhile answers the next request with.
export const CLOSED = ['ECONNRESET', 'EPIPE', 'ECONNABORTED'];

/** Whether the server's certificate was at fault. */
export const isDistrust = (code) => /CERT|VERIFY/.test(code ?? '');

export function describeClient(parameters) {
  if (parameters.client === 'plain') {
    return "node:net's sockets";
  }
  if (typeof fetch !== 'function') {
    throw new Refused(`no fetch() in Node.js ${process.versions.node}, expected 18 or later`, true);
  }
  return `undici ${process.versions.undici ?? ''}`.trim();
}

/** Options of a TLS connection. Sessions are never resumed, as none is given to a connection. */
function trusted(plan) {
  if (plan.origin_certificate !== undefined) {
    return { rejectUnauthorized: true, minVersion: 'TLSv1.2', ca: [plan.origin_certificate] };
  }
  const files = plan.cacert === undefined ? [] : [plan.cacert];
  if (plan.capath !== undefined) {
    files.push(...fs.readdirSync(plan.capath).map((name) => path.join(plan.capath, name)));
  }
  const options = { rejectUnauthorized: plan.insecure !== true };
  return files.length === 0 ? options : { ...options, ca: files.map((file) => fs.readFileSync(file)) };
}

/** What makes the connection of a lane. */
export async function chooseClient(work) {
  const { plan } = work;
  const how = {
    tls: trusted(plan),
    socket: plan.unix_socket,
    timeoutNs: plan.task_timeout_ns ?? 0,
    most: work.connections(),
    fresh: work.fresh,
    sorts: work.fresh || work.tls,
  };
  describeClient(work.parameters);
  const { prepare } = await import(work.parameters.client === 'plain' ? './client_plain.mjs' : './client_idiom.mjs');
  return prepare(how);
}
