// SPDX-License-Identifier: MIT
// A lane's own connection over node:net, kept open from fetch to fetch.
import net from 'node:net';
import tls from 'node:tls';

import { CLOSED, isDistrust, STATUS } from './clients.mjs';
import { Malformed, Partial, Response } from './http1.mjs';
import { Cancelled, Failed } from './protocol.mjs';

/** The connection had been closed before the request came to it. */
class Stale extends Error {}

class Connection {
  constructor(how) {
    this.how = how;
    this.socket = null;
    this.address = null;
    this.retries = 0;
    this.shaking = false; // over TLS: connected, but no hands are shaken yet
    this.waiting = null; // {resolve, reject} of what is under way
    this.response = null; // what is received
    this.fresh = true; // nothing has come of this request
    this.kept = false;
  }

  /** GETs it and returns the Response. Throws Failed, and Cancelled as soon as the signal, where there is one, is aborted. */
  async fetch(target, signal) {
    const timer = this.#limit();
    const cancel = () => this.#fail(new Cancelled());
    this.signal = signal;
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#attempts(target);
    } catch (error) {
      this.#destroy();
      throw failure(error);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }

  #limit() {
    const { timeoutNs } = this.how;
    // A timer may fire 1 ms early.
    return timeoutNs === 0 ? undefined
      : setTimeout(() => this.#fail(new Failed(STATUS.timeout)), Math.ceil(timeoutNs / 1e6) + 1);
  }

  async #attempts(target) {
    if (this.socket !== null && this.address === target.address) {
      try {
        return await this.#once(target, true);
      } catch (error) {
        if (!(error instanceof Stale)) {
          throw error;
        }
        this.retries++; // a server may close what was kept open at any time (RFC 9110, 9.2.2)
      }
    }
    await this.#connect(target);
    return this.#once(target, false);
  }

  #wait(begin) {
    return new Promise((resolve, reject) => {
      if (this.signal?.aborted) { // since it was last waited for
        throw new Cancelled();
      }
      this.waiting = { resolve, reject };
      begin();
    });
  }

  #connect(target) {
    this.#destroy();
    const { host, port, secure } = target;
    const where = this.how.socket === undefined ? { host, port, noDelay: true } : { path: this.how.socket };
    const servername = net.isIP(host) === 0 ? host : '';
    const socket = secure ? tls.connect({ ...where, ...this.how.tls, servername }) : net.connect(where);
    this.socket = socket;
    this.address = target.address;
    this.response = null;
    this.shaking = false;
    if (secure) {
      socket.once('connect', () => { this.shaking = socket === this.socket; });
    }
    socket.once(secure ? 'secureConnect' : 'connect', () => this.#done());
    socket.on('data', (data) => this.#received(data));
    socket.on('end', () => this.#ended(socket));
    socket.on('error', (error) => this.#failed(socket, error));
    return this.#wait(() => {});
  }

  #once(target, kept) {
    this.response = new Response();
    this.fresh = true;
    this.kept = kept;
    return this.#wait(() => this.socket.write(target.request));
  }

  #done() {
    const { waiting, response } = this;
    this.waiting = this.response = null;
    if (response !== null && !response.keep) {
      this.#destroy();
    }
    waiting?.resolve(response);
  }

  #fail(error) {
    const { waiting } = this;
    this.waiting = null;
    this.#destroy();
    waiting?.reject(error);
  }

  #received(data) {
    if (this.response === null) { // nobody has asked
      this.#destroy();
      return;
    }
    this.fresh = false;
    try {
      this.response.feed(data);
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (this.response.done) {
      this.#done();
    }
  }

  #ended(socket) {
    if (socket !== this.socket) {
      return;
    }
    if (this.response === null) {
      this.#fail(new Failed(this.shaking ? STATUS.handshake : STATUS.nothing));
    } else if (this.fresh) {
      this.#fail(this.kept ? new Stale() : new Failed(STATUS.nothing));
    } else {
      this.#finish();
    }
  }

  /** The end of the connection may be that of the body. */
  #finish() {
    try {
      this.response.end();
      this.#done();
    } catch (error) {
      this.#fail(error);
    }
  }

  #failed(socket, error) {
    if (socket !== this.socket) {
      return;
    }
    if (this.response === null) {
      this.#fail(new Failed(this.#notConnected(error.code)));
    } else {
      this.#fail(this.kept && this.fresh && CLOSED.includes(error.code) ? new Stale() : error);
    }
  }

  #notConnected(code) {
    if (code === 'EADDRNOTAVAIL') {
      return STATUS.noPort;
    }
    return isDistrust(code) ? STATUS.certificate : this.shaking ? STATUS.handshake : STATUS.connect;
  }

  #destroy() {
    this.socket?.destroy();
    this.socket = null;
  }

  async close() {
    this.#destroy();
  }
}

function failure(error) {
  if (error instanceof Failed || error instanceof Cancelled) {
    return error;
  }
  if (error instanceof Partial) {
    return new Failed(STATUS.partial);
  }
  return new Failed(error instanceof Malformed ? STATUS.weird : STATUS.receive);
}

/** A lane's connections: one without TLS and one with it, both kept open, and another for each fetch that is to have its own. */
class Connections {
  constructor(how) {
    this.how = how;
    this.kept = new Map();
  }

  get retries() {
    return [...this.kept.values()].reduce((sum, { retries }) => sum + retries, 0);
  }

  async fetch(target, signal) {
    if (!target.fresh) {
      return this.#one(target).fetch(target, signal);
    }
    const own = new Connection(this.how);
    try {
      return await own.fetch(target, signal);
    } finally {
      await own.close();
    }
  }

  #one({ secure }) {
    if (!this.kept.has(secure)) {
      this.kept.set(secure, new Connection(this.how));
    }
    return this.kept.get(secure);
  }

  async close() {
    for (const one of this.kept.values()) {
      await one.close();
    }
  }
}

/** What makes the connection of a lane, or its connections. */
export function prepare(how) {
  return () => (how.sorts ? new Connections(how) : new Connection(how));
}
