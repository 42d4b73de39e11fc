// SPDX-License-Identifier: MIT
// Node: async functions that take from one counter. usage: with_node.mjs sleep|fetch|noop TASKS LANES PORT
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const [work, tasks, lanes, port] = process.argv.slice(2).map((word, i) => (i === 0 ? word : Number(word)));
const request = 'GET /bytes/13 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
const run = { sleep: nap, fetch: page, noop: async () => {} }[work];
let next = 0;

/** 10 ms and never less: a timer begins when its loop last looked at the clock, which is some ms ago where much is ready. */
async function nap() {
  const end = performance.now() + 10;
  for (let left = 10; left > 0; left = end - performance.now()) {
    await sleep(Math.ceil(left));
  }
}

function whole(data) {
  const end = data.indexOf('\r\n\r\n');
  if (end < 0) {
    return false;
  }
  const head = data.toString('latin1', 0, end);
  if (!head.startsWith('HTTP/1.1 200 ')) {
    throw new Error(head);
  }
  return data.length >= end + 4 + Number(/\r\ncontent-length: *(\d+)/i.exec(head)[1]);
}

function page(socket) {
  return new Promise((resolve, reject) => {
    let data = Buffer.alloc(0);
    socket.on('data', (part) => {
      data = data.length > 0 ? Buffer.concat([data, part]) : part;
      if (whole(data)) {
        socket.removeAllListeners('data');
        resolve();
      }
    });
    socket.once('error', reject);
    socket.write(request);
  });
}

async function worker() {
  const socket = work === 'fetch' ? net.connect(port, '127.0.0.1').setNoDelay().setMaxListeners(0) : null;
  while (next < tasks) {
    next++;
    await run(socket);
    socket?.removeAllListeners('error');
  }
  socket?.end();
}

const cpu = process.cpuUsage();
const wall = process.hrtime.bigint();
await Promise.all(Array.from({ length: lanes }, worker));
const took = process.cpuUsage(cpu);
const wallNs = Number(process.hrtime.bigint() - wall);
console.log(JSON.stringify({ wall_ns: wallNs, cpu_ns: 1000 * (took.user + took.system) }));
process.exit(0);
