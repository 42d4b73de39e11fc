// SPDX-License-Identifier: MIT
// HTTP/1.1 as far as a GET needs it, without a socket (RFC 9112).

/** What came is no answer. */
export class Malformed extends Error {}

/** The connection ended before the answer did. */
export class Partial extends Error {}

/** What a request has as header: the usual, changed by `given`, which is as curl's --header has it: "Name: value" sets,
 * "Name;" sets to nothing, "Name:" takes away. */
function headerFields(host, given) {
  const usual = [['Host', host], ['User-Agent', 'ccbench'], ['Accept', '*/*']];
  const fields = new Map(usual.map((field) => [field[0].toLowerCase(), field]));
  for (const line of given) {
    const colon = line.indexOf(':');
    const name = (colon < 0 ? line.replace(/;+$/, '') : line.slice(0, colon)).trim();
    const value = colon < 0 ? '' : line.slice(colon + 1).trim();
    if (colon >= 0 && value === '') {
      fields.delete(name.toLowerCase());
    } else {
      fields.set(name.toLowerCase(), [name, value]);
    }
  }
  return Object.fromEntries(fields.values());
}

/** What a fetch asks for: where to connect, whether on a connection of its own, and the request as bytes. Throws for what is
 * no address. */
export class Target {
  constructor(url, given = [], fresh = false) {
    const parts = URL.canParse?.(url) === false ? null : new URL(url);
    if (!['http:', 'https:'].includes(parts?.protocol)) {
      throw new Error(`'${url}' is no http:// or https:// address`);
    }
    this.url = url;
    this.fresh = fresh;
    this.secure = parts.protocol === 'https:';
    this.host = parts.hostname.replace(/^\[|\]$/g, '');
    this.port = Number(parts.port || (this.secure ? 443 : 80));
    this.address = `${this.host} ${this.port}`;
    this.headers = headerFields(parts.host, given);
    const fields = Object.entries(this.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    this.request = Buffer.from(`GET ${parts.pathname}${parts.search} HTTP/1.1\r\n${fields}\r\n`);
  }
}

function wholeNumber(text, pattern, base) {
  if (!pattern.test(text)) {
    throw new Malformed(`'${text.slice(0, 60)}' is no length`);
  }
  return parseInt(text, base);
}

const NOTHING = Buffer.alloc(0);
const END = Buffer.from('\r\n\r\n');

const heads = new Map(); // what heads say that were seen: those of a trial are mostly alike
const HEADS = 64;

/** What a head says of its answer; kept for the next that is the same. */
function learn(text) {
  const head = readHead(text);
  if (heads.size < HEADS) {
    heads.set(text, head);
  }
  return head;
}

function readHead(text) {
  const [first, ...lines] = text.split('\r\n');
  const [, minor, digits] = /^HTTP\/1\.(\d) +(\d{3})(?: |$)/.exec(first) ?? [];
  if (digits === undefined) {
    throw new Malformed(`'${first.slice(0, 60)}' is no status line`);
  }
  const head = { status: Number(digits), keep: minor !== '0', length: null, chunked: false };
  for (const line of head.status < 200 ? [] : lines) {
    const colon = line.indexOf(':');
    readField(head, line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return [204, 304].includes(head.status) ? { ...head, length: 0, chunked: false } : head;
}

function readField(head, name, value) {
  switch (name) {
    case 'content-length':
      head.length = wholeNumber(value, /^\d+$/, 10);
      break;
    case 'transfer-encoding':
      head.chunked = value.toLowerCase().endsWith('chunked');
      break;
    case 'connection':
      head.keep = head.keep ? value.toLowerCase() !== 'close' : value.toLowerCase() === 'keep-alive';
      break;
    default:
  }
}

/** One answer, fed piece by piece: `done` when it is whole. `keep` says whether the connection may be used again. */
export class Response {
  constructor() {
    this.status = 0;
    this.body = [];
    this.done = false;
    this.keep = true;
    this.data = NOTHING; // what is not understood yet
    this.left = 0;
    this.part = this.head;
  }

  /** Takes what was received. Throws Malformed. */
  feed(data) {
    this.data = this.data.length === 0 ? data : Buffer.concat([this.data, data]);
    while (!this.done && this.data.length > 0 && this.part()) {
      // each part goes on as long as it has understood something
    }
    if (this.done && this.data.length > 0) {
      this.keep = false; // more than was asked for
    }
  }

  /** The connection has ended. Throws Partial where that is too early. */
  end() {
    if (this.part !== this.toTheEnd) {
      throw new Partial('the connection ended before the answer');
    }
    this.done = true;
  }

  head() {
    const end = this.data.indexOf(END);
    if (end < 0) {
      return false;
    }
    const text = this.data.toString('latin1', 0, end);
    this.data = this.data.subarray(end + 4);
    const { status, keep, length, chunked } = heads.get(text) ?? learn(text);
    this.status = status;
    this.keep = keep;
    if (status >= 200) { // else interim: the answer comes behind it
      this.expect(length, chunked);
    }
    return true;
  }

  expect(length, chunked) {
    this.left = length;
    if (chunked) {
      this.part = this.chunk;
    } else if (length === null) {
      this.keep = false;
      this.part = this.toTheEnd;
    } else {
      this.part = this.counted;
      this.done = length === 0;
    }
  }

  counted() {
    this.take();
    this.done = this.left === 0;
    return true;
  }

  /** Takes as much of the body as there is and is expected. */
  take() {
    const piece = this.data.subarray(0, this.left);
    this.body.push(piece);
    this.left -= piece.length;
    this.data = this.data.subarray(piece.length);
  }

  toTheEnd() {
    this.body.push(this.data);
    this.data = NOTHING;
    return true;
  }

  chunk() {
    const end = this.data.indexOf('\r\n');
    if (end < 0) {
      return false;
    }
    const size = wholeNumber(this.data.toString('latin1', 0, end).split(';')[0].trim(), /^[0-9a-f]+$/i, 16);
    if (size > 0 && this.data.length < end + 2 + size + 2) {
      return false;
    }
    this.data = this.data.subarray(end + 2);
    if (size === 0) {
      this.part = this.trailer;
      return true;
    }
    this.left = size;
    this.take();
    this.data = this.data.subarray(2);
    return true;
  }

  /** Fields may follow the last chunk; an empty line ends them. */
  trailer() {
    const end = this.data.subarray(0, 2).toString() === '\r\n' ? 2 : this.data.indexOf(END) + 4;
    if (end < 4 && end !== 2) {
      return false;
    }
    this.data = this.data.subarray(end);
    this.done = true;
    return true;
  }
}

/** What a body adds to the checksum: its length; of a user's own server its FNV-1a hash (32 bits) as well
 * (Fowler, Noll, Vo: draft-eastlake-fnv). */
export function bodyCheck(body, hashed) {
  let length = 0;
  let hash = 2166136261;
  for (const piece of body) {
    length += piece.length;
    for (let i = 0; hashed && i < piece.length; i++) {
      hash = Math.imul(hash ^ piece[i], 16777619);
    }
  }
  return hashed ? (hash ^ length) >>> 0 : length;
}
