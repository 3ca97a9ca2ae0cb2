// SPDX-License-Identifier: MIT
// npm's ws, the client of most of Node, against the echo example: plain, over TLS, and
// with compression on both sides.
//
// ECHO is the server's program.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import WebSocket from 'ws';
import { Certificate } from './certificate.mjs';

const patience = 20_000; // ms any one thing may take

for (const way of ['ws', 'wss', 'ws, compressed']) {
  describe(way, { timeout: 10 * patience }, () => {
    let folder;
    let server;
    let url;
    const compresses = way === 'ws, compressed';
    const scheme = compresses ? 'ws' : way;
    let options = { perMessageDeflate: compresses && { threshold: 0 }, handshakeTimeout: patience };

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'ws-test-'));
      const settings = ['--port', '0'];
      if (compresses) settings.push('--websocket.compression', 'true');
      if (scheme === 'wss') {
        const certificate = await Certificate.make(folder);
        settings.push(...certificate.settings);
        options = { ...options, ca: certificate.authority };
      }
      server = spawn(process.env.ECHO, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line] = await once(createInterface(server.stdout), 'line');
      [url] = line.match(/wss?:\/\/\S+$/);
      assert.ok(url.startsWith(`${scheme}://`), line);
    });

    after(async () => {
      const gone = once(server, 'exit');
      server.kill();
      assert.deepEqual(await gone, [0, null], 'the server ends in order');
      await rm(folder, { recursive: true, force: true });
    });

    async function open(more = {}) {
      const client = new WebSocket(`${url}/any?path`, { ...options, ...more });
      await once(client, 'open');
      assert.equal(client.extensions.startsWith('permessage-deflate'), compresses);
      return client;
    }

    async function answer(client, message, how) {
      const heard = once(client, 'message');
      client.send(message, how);
      const [bytes, isBinary] = await heard;
      return isBinary ? bytes : bytes.toString();
    }

    async function closed(client) {
      const [code, reason] = await once(client, 'close');
      return [code, reason.toString()];
    }

    test('text and binary of all sizes come back as they were', async () => {
      const client = await open();
      for (const size of [0, 1, 125, 126, 65_535, 65_536, 512 * 1024]) {
        const text = 'é'.repeat(size / 2) + 'x'.repeat(size % 2);
        assert.equal(await answer(client, text), text);
        const binary = Buffer.alloc(size, 0xfe);
        assert.deepEqual(await answer(client, binary), binary);
      }
      client.close();
      await once(client, 'close');
    });

    test('fragments come back as one message', async () => {
      const client = await open();
      client.send('frag', { fin: false });
      client.send('', { fin: false });
      assert.equal(await answer(client, 'ments'), 'fragments');
      client.close();
      await once(client, 'close');
    });

    test('a ping is answered with what it said', async () => {
      const client = await open();
      for (const payload of ['', 'ping', 'x'.repeat(125)]) {
        const pong = once(client, 'pong');
        client.ping(payload);
        assert.equal((await pong)[0].toString(), payload);
      }
      client.close();
      await once(client, 'close');
    });

    test('close codes are echoed', async () => {
      for (const code of [1000, 3000, 4999]) {
        const client = await open();
        const end = closed(client);
        client.close(code, 'bye');
        assert.equal((await end)[0], code);
      }
    });

    test('a message over the limit is answered 1009', async () => {
      const client = await open();
      client.on('error', () => {}); // it was still writing
      const end = closed(client);
      client.send(Buffer.alloc(512 * 1024 + 1));
      assert.equal((await end)[0], 1009);
    });

    test('a hundred clients at once', async () => {
      const clients = await Promise.all(Array.from({ length: 100 }, () => open()));
      const heard = await Promise.all(clients.map((each, i) => answer(each, `hello ${i}`)));
      assert.deepEqual(heard, clients.map((_, i) => `hello ${i}`));
      await Promise.all(clients.map((each) => {
        const end = once(each, 'close');
        each.close();
        return end;
      }));
    });

    if (scheme === 'wss') {
      test('who does not know the certificate does not believe it', async () => {
        const client = new WebSocket(url, { ...options, ca: undefined });
        const [error] = await once(client, 'error');
        assert.equal(error.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
      });
    }
  });
}
