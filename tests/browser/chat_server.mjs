// SPDX-License-Identifier: MIT
// The chat server as a child process: started on a free port, killed, started again on the same
// port and database. What it prints is shown when a test fails to start it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { createServer } from 'node:net';

const START_PATIENCE = 10_000; // ms
const COMPRESSED = ['--websocket.compression', 'true', '--websocket.compress_from_bytes', '1'];

export class ChatServer {
  #program;
  #port;
  #database;
  #certificate;
  #process;
  #output = '';

  // With a certificate it speaks https and wss, and nothing else; and all it says is compressed,
  // for browsers offer that.
  static async start(database, certificate = null, program = process.env.CHAT) {
    if (!program) throw new Error('CHAT is not set: it names the chat server to test');
    const server = new ChatServer();
    server.#program = program;
    server.#database = database;
    server.#certificate = certificate;
    server.#port = await freePort();
    await server.restart();
    return server;
  }

  get address() {
    return `${this.#certificate ? 'https' : 'http'}://localhost:${this.#port}`;
  }

  async restart(settings = []) {
    const options = ['--port', String(this.#port), '--database', this.#database, ...settings,
      ...(this.#certificate ? [...this.#certificate.settings, ...COMPRESSED] : [])];
    this.#output = '';
    this.#process = spawn(this.#program, options, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process.on('error', (error) => { this.#output += error; });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream.on('data', (bytes) => { this.#output += bytes; });
    }
    await this.#ready();
  }

  async kill(signal = 'SIGTERM') {
    const child = this.#process;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const stubborn = setTimeout(() => child.kill('SIGKILL'), START_PATIENCE);
    await gone;
    clearTimeout(stubborn);
  }

  #answers() {
    const options = { ca: this.#certificate?.authority, agent: false };
    return new Promise((resolve) => {
      (this.#certificate ? https : http).get(this.address, options, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      }).on('error', () => resolve(false));
    });
  }

  async #ready() {
    const deadline = Date.now() + START_PATIENCE;
    while (Date.now() < deadline && this.#process.exitCode === null) {
      if (await this.#answers()) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await this.kill('SIGKILL');
    throw new Error(`${this.#program} did not start:\n${this.#output}`);
  }
}

async function freePort() {
  const probe = createServer();
  probe.listen(0, 'localhost');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
