// SPDX-License-Identifier: MIT
// The chat example in a real browser: pages talk with each other through the real server.
//
// CHAT is the server's program, CHROMIUM the browser, SCREENSHOTS the folder pictures go to. With
// TLS=1 the page comes by https and talks by wss, and the browser believes the server's key only.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Certificate } from './certificate.mjs';
import { ChatServer } from './chat_server.mjs';

const pictures = process.env.SCREENSHOTS ?? join(tmpdir(), 'chat-screenshots');
const phone = { width: 375, height: 812 };
const desktop = { width: 1280, height: 800 };
const patience = 15_000; // ms any one thing may take

let certificate = null; // over TLS
let certificateFolder;
let folder;
let server;
let browser;
let people = [];
let complaints = []; // what pages threw, logged as errors, or asked in dialogs

before(async () => {
  await mkdir(pictures, { recursive: true });
  certificateFolder = await mkdtemp(join(tmpdir(), 'chat-certificate-'));
  if (process.env.TLS) certificate = await Certificate.make(certificateFolder);
  const trust = certificate ? [`--ignore-certificate-errors-spki-list=${certificate.keyHash}`] : [];
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync', ...trust],
  });
});

after(async () => {
  await browser?.close();
  await rm(certificateFolder, { recursive: true, force: true });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chat-test-'));
  server = await ChatServer.start(join(folder, 'chat.db'), certificate);
});

afterEach(async () => {
  await Promise.all(people.map((page) => page.context().close()));
  await server?.kill();
  await rm(folder, { recursive: true, force: true });
  const heard = complaints;
  people = [];
  complaints = [];
  assert.deepEqual(heard, [], 'no page threw, broke its content policy or opened a dialog');
});

// A browser of one's own: contexts share no storage.
async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: desktop, ...options });
  context.setDefaultTimeout(patience);
  return tab(context);
}

async function tab(context) {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on('console', (message) => {
    // The browser's own words about a server that is away, or that refuses a room's history.
    const expected = /WebSocket connection|ERR_CONNECTION|status of 400/.test(message.text());
    if (message.type() === 'error' && !expected) complaints.push(message.text());
  });
  people.push(page);
  return page;
}

async function enter(page, name, room = 'lobby') {
  if (!page.url().startsWith(server.address)) await page.goto(server.address);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Room').fill(room);
  await page.getByRole('button', { name: 'Join' }).click();
}

async function inside(name, room, options) {
  const page = await visitor(options);
  await enter(page, name, room);
  await page.getByRole('heading', { name: room ?? 'lobby', exact: true }).waitFor();
  return page;
}

async function say(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

async function eventually(what, expected, read) {
  const deadline = Date.now() + patience;
  let seen = await read();
  while (JSON.stringify(seen) !== JSON.stringify(expected) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen = await read();
  }
  assert.deepEqual(seen, expected, what);
}

const texts = (page) => page.locator('#log .message p').allTextContents();
const sees = (page, expected) => eventually('messages', expected, () => texts(page));
const present = (page, expected) =>
  eventually('members', expected, () => page.locator('#members li').allTextContents());
const state = (page, expected) =>
  eventually('connection', expected, () => page.locator('#state').getAttribute('data-state'));

async function picture(page, name) {
  for (const [size, viewport] of Object.entries({ '375x812': phone, '1280x800': desktop })) {
    await page.setViewportSize(viewport);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, `${name} fits ${size}`);
    await page.screenshot({ path: join(pictures, `${name}-${size}.png`) });
  }
}

test('two tabs of one browser chat with each other', async () => {
  const ada = await inside('Ada');
  assert.equal(new URL(ada.url()).protocol, certificate ? 'https:' : 'http:');
  const bob = await tab(ada.context());
  await enter(bob, 'Bob');
  await present(bob, ['Ada', 'Bob (you)']);
  await say(ada, 'Hello Bob');
  await sees(bob, ['Hello Bob']);
  await say(bob, 'Hello Ada');
  for (const page of [ada, bob]) await sees(page, ['Hello Bob', 'Hello Ada']);
  assert.equal(await bob.locator('.message.mine').count(), 1);
  assert.deepEqual(await bob.locator('.message .name').allTextContents(), ['Ada', 'Bob']);
});

test('Enter sends, Shift+Enter breaks the line', async () => {
  const ada = await inside('Ada');
  await ada.getByLabel('Message', { exact: true }).focus();
  await ada.keyboard.type('one');
  await ada.keyboard.press('Shift+Enter');
  await ada.keyboard.type('two');
  await ada.keyboard.press('Enter');
  await sees(ada, ['one\ntwo']);
});

test('what is said in a room stays in the room', async () => {
  const ada = await inside('Ada', 'red');
  const bob = await inside('Bob', 'blue');
  await present(ada, ['Ada (you)']);
  await present(bob, ['Bob (you)']);
  await say(ada, 'red news');
  await say(bob, 'blue news');
  await sees(ada, ['red news']);
  await sees(bob, ['blue news']);
});

test('who is there follows joining, leaving and closing the page', async () => {
  const ada = await inside('Ada');
  await present(ada, ['Ada (you)']);
  const bob = await inside('Bob');
  const eve = await inside('Eve');
  await present(ada, ['Ada (you)', 'Bob', 'Eve']);
  await bob.getByRole('button', { name: 'Leave' }).click();
  await present(ada, ['Ada (you)', 'Eve']);
  await eve.close();
  await present(ada, ['Ada (you)']);
  await enter(bob, 'Bob');
  await present(ada, ['Ada (you)', 'Bob']);
});

test('a reload brings the name, the room and the history back', async () => {
  const ada = await inside('Ada', 'my room/é?');
  await say(ada, 'first');
  await say(ada, 'second');
  await sees(ada, ['first', 'second']);
  await ada.reload();
  await sees(ada, ['first', 'second']);
  await present(ada, ['Ada (you)']);
  await say(ada, 'third');
  await sees(ada, ['first', 'second', 'third']);
});

test('a newcomer sees the last fifty messages', async () => {
  const ada = await inside('Ada');
  const all = Array.from({ length: 53 }, (_, i) => `message ${i}`);
  for (const text of all) await say(ada, text);
  await sees(ada, all);
  await sees(await inside('Bob'), all.slice(3));
});

test('a link to a room leads into the room', async () => {
  const ada = await visitor();
  await ada.goto(`${server.address}/#garden`);
  assert.equal(await ada.getByLabel('Room').inputValue(), 'garden');
  await enter(ada, 'Ada', 'garden');
  await present(ada, ['Ada (you)']);
  await ada.goto(`${server.address}/#kitchen`);
  await ada.getByRole('heading', { name: 'kitchen' }).waitFor();
  await present(ada, ['Ada (you)']);
});

test('markup in names, rooms and texts is shown and never run', async () => {
  const script = '<script>alert(1)</script>';
  const image = '<img src=x onerror=alert(2)>';
  const ada = await inside(script, image);
  const bob = await inside(image, image);
  await say(ada, image);
  await say(bob, script);
  for (const page of [ada, bob]) {
    await sees(page, [image, script]);
    assert.deepEqual(await page.locator('.message .name').allTextContents(), [script, image]);
    assert.equal(await page.locator('#inside img, #inside script, header img').count(), 0);
  }
  await bob.reload();
  await sees(bob, [image, script]);
  await present(ada, [image, `${script} (you)`]);
  await picture(ada, 'markup');
});

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`pages come back by themselves after the server's ${signal}`, async () => {
    const ada = await inside('Ada');
    const bob = await inside('Bob');
    await say(ada, 'before');
    await sees(bob, ['before']);
    await server.kill(signal);
    await eventually('offline', true,
      async () => await ada.locator('#state').getAttribute('data-state') !== 'online');
    await ada.getByLabel('Message', { exact: true }).fill('kept');
    await server.restart();
    for (const page of [ada, bob]) await state(page, 'online');
    await present(ada, ['Ada (you)', 'Bob']);
    await present(bob, ['Ada', 'Bob (you)']);
    assert.equal(await ada.getByLabel('Message', { exact: true }).inputValue(), 'kept');
    await ada.keyboard.press('Enter');
    for (const page of [ada, bob]) await sees(page, ['before', 'kept']);
    await bob.reload();
    await sees(bob, ['before', 'kept']);
  });
}

test('who was away gets what he missed, each once and in order', async () => {
  const ada = await inside('Ada');
  const bob = await inside('Bob');
  await say(ada, 'one');
  await sees(bob, ['one']);
  await server.kill();
  await bob.context().setOffline(true);
  await server.restart();
  await state(ada, 'online');
  for (const text of ['two', 'three', 'four']) await say(ada, text);
  await sees(ada, ['one', 'two', 'three', 'four']);
  await bob.context().setOffline(false);
  await say(ada, 'five');
  for (const page of [ada, bob]) await sees(page, ['one', 'two', 'three', 'four', 'five']);
});

test('who missed more than the history holds is told of the gap', async () => {
  const ada = await inside('Ada');
  const bob = await inside('Bob');
  await say(ada, 'old');
  await sees(bob, ['old']);
  await server.kill();
  await bob.context().setOffline(true);
  await server.restart();
  await state(ada, 'online');
  const missed = Array.from({ length: 60 }, (_, i) => `missed ${i}`);
  for (const text of missed) await say(ada, text);
  await sees(ada, ['old', ...missed]);
  await bob.context().setOffline(false);
  await sees(bob, missed.slice(10));
  await bob.getByText('Some earlier messages are not shown').waitFor();
});

test('an empty name, a long name and a taken name are answered readably', async () => {
  await inside('Ada');
  const page = await visitor();
  const complaint = page.locator('#door-error');
  const refusals = [['   ', /name/i], ['x'.repeat(33), /name.*32/i], ['Ada', /Ada/]];
  for (const [name, expected] of refusals) {
    await enter(page, name);
    await complaint.filter({ hasText: expected }).waitFor();
  }
  await enter(page, 'Bob', ' ');
  await complaint.filter({ hasText: 'The room is empty.' }).waitFor();
  await enter(page, 'Bob', 'x'.repeat(65));
  await complaint.filter({ hasText: /room.*64/ }).waitFor();
  await picture(page, 'door-error');
  await enter(page, 'x'.repeat(32));
  await page.locator('#inside').waitFor();
});

test('where some have tokens, who has none is called a guest, and knows himself', async () => {
  const key = join(folder, 'key');
  await writeFile(key, 'a secret of more than thirty-two bytes');
  await server.kill();
  await server.restart(['--security.jwt_key_file', key, '--security.jwt_algorithm', 'HS256']);
  const ada = await inside('Ada');
  await present(ada, ['Ada (guest) (you)']);
  await say(ada, 'hello');
  await sees(ada, ['hello']);
  assert.equal(await ada.locator('.message.mine').count(), 1);
  await ada.goto(`${server.address}/#kitchen`);
  await ada.getByRole('heading', { name: 'kitchen' }).waitFor();
  await present(ada, ['Ada (guest) (you)']);
});

test('a refused text is explained and given back', async () => {
  const ada = await inside('Ada');
  const refusal = ada.locator('#error');
  await say(ada, '   ');
  await refusal.filter({ hasText: /text/i }).waitFor();
  await say(ada, '😀'.repeat(2001));
  await refusal.filter({ hasText: /2,?000/ }).waitFor();
  assert.equal(await ada.getByLabel('Message', { exact: true }).inputValue(), '😀'.repeat(2001));
  await say(ada, '😀'.repeat(2000));
  await sees(ada, ['😀'.repeat(2000)]);
});

test('the page is fit to look at on a phone and a desktop, light and dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const door = await visitor({ colorScheme });
    await door.goto(server.address);
    await picture(door, `door-${colorScheme}`);
    const room = `kitchen ${colorScheme}`;
    const ada = await inside('Ada', room, { colorScheme });
    const bob = await inside('Bob', room);
    const long = await inside('Christopher-Alexander Long', room);
    await say(ada, 'Is anybody making coffee?');
    await say(bob, 'Yes. Two minutes.\nMilk is out, though.');
    await say(bob, `Read this first: https://example.org/${'long/'.repeat(40)}`);
    await say(ada, 'مرحبا 👋 Ελληνικά 你好');
    await eventually('messages', 4, async () => (await texts(ada)).length);
    await picture(ada, `room-${colorScheme}`);
    for (const page of [ada, bob, long]) await page.close(); // their names are free again
  }
});
