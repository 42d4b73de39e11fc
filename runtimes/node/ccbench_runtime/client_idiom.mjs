// SPDX-License-Identifier: MIT
// fetch(), as users of Node have it, by one pool of as many connections as there are tasks at once.
import { CLOSED, isDistrust, STATUS } from './clients.mjs';
import { Cancelled, Failed, Refused } from './protocol.mjs';

/** A pool that is not the global one, which has no limit; undefined where this Node hides what makes one. With
 * NODE_USE_ENV_PROXY that would ask the proxies of the environment, and is told not to. */
function makePool(how) {
  const Pool = globalThis[Symbol.for('undici.globalDispatcher.1')]?.constructor;
  const connect = { ...how.tls, ...(how.socket === undefined ? {} : { socketPath: how.socket }) };
  return Pool && new Pool({ connections: how.most, headersTimeout: 0, bodyTimeout: 0, noProxy: '*', connect });
}

/** A signal that is aborted where one of the two is, each of which may be null (AbortSignal.any, which Node has since 20). */
function either(one, other) {
  if (!one || !other) {
    return one ?? other ?? undefined;
  }
  const controller = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) {
      controller.abort(signal.reason);
    }
    signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true, signal: controller.signal });
  }
  return controller.signal;
}

class Client {
  constructor(how, pool) {
    this.how = how;
    this.pool = pool;
    this.retries = 0;
  }

  async fetch(target, cancelling) {
    const { timeoutNs } = this.how;
    const timing = timeoutNs === 0 ? null : AbortSignal.timeout(Math.ceil(timeoutNs / 1e6) + 1);
    const signal = either(timing, cancelling);
    const headers = { ...target.headers, 'accept-encoding': 'identity' };
    try {
      const answer = await fetch(target.url, { dispatcher: this.pool, headers, redirect: 'manual', signal });
      return { status: answer.status, body: [new Uint8Array(await answer.arrayBuffer())] };
    } catch (error) {
      if (cancelling?.aborted) {
        throw new Cancelled();
      }
      throw new Failed(statusOf(error));
    }
  }

  async close() {
    await this.pool?.close().catch(() => {}); // closed by the first lane already
  }
}

function statusOf(error) {
  const code = error.cause?.code ?? error.code;
  if (error.name === 'TimeoutError') {
    return STATUS.timeout;
  }
  if (['ECONNREFUSED', 'ENOENT', 'ENOTFOUND', 'EMFILE', 'EHOSTUNREACH'].includes(code)) {
    return STATUS.connect;
  }
  if (isDistrust(code)) {
    return STATUS.certificate;
  }
  return CLOSED.includes(code) || code === 'UND_ERR_SOCKET' ? STATUS.receive : STATUS.weird;
}

/** What makes the client of a lane: one for all, which decides by itself what connection a fetch has. */
export async function prepare(how) {
  if (how.fresh) {
    throw new Refused("cannot fetch with 'fresh' by fetch()", true);
  }
  await fetch('data:,'); // loads undici
  const client = new Client(how, makePool(how));
  return () => client;
}
