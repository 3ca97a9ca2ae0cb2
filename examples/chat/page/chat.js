// SPDX-License-Identifier: MIT
// The chat page: a door (name and room), then one room at a time.
//
// Three rules keep it right. What people wrote enters the page through textContent only. The page
// joins first, then fetches the history, then merges by id: nothing falls between. And the server
// alone judges names, rooms and texts; the page shows the sentence it answers.

import { Connection, jitter } from './connection.js';

const HISTORY = 50;    // messages fetched on joining
const MAX_SHOWN = 500; // messages kept in the page; older ones leave at the top

const $ = (id) => document.getElementById(id);
const log = $('log');
const connection = new Connection('/ws', receive, showState);

let welcomed = false;  // this connection is ready for us
let joined = false;    // the server has confirmed `wanted`
let wanted = null;     // {name, room} we are in, or want to be in
let patience = 0;      // how often "name_taken" is waited out: our own old connection may linger
let members = new Set();
let lastId = 0;        // the newest message shown
let unconfirmed = '';  // a text we sent that has not come back yet

// ---- what the server says

function receive(message) {
  const elsewhere = message.room !== undefined && message.room !== wanted?.room;
  if (!elsewhere) receivers[message.type]?.(message);
}

const receivers = {
  welcome() {
    welcomed = true;
    if (wanted) connection.send({ type: 'join_room', ...wanted });
    else connection.succeeded();
  },
  room_joined(message) {
    joined = true;
    patience = Infinity;
    wanted.name = message.name;
    members = new Set(message.members);
    connection.succeeded();
    showRoom();
    showMembers();
    loadHistory(wanted, lastId);
  },
  user_joined_room({ name }) {
    if (members.has(name)) return;
    members.add(name);
    showMembers(`${name} joined`);
  },
  user_left_room({ name }) {
    if (members.delete(name)) showMembers(`${name} left`);
  },
  chat_message: addMessage,
  error({ code, message }) {
    if (joined) {
      giveBackUnconfirmed();
      $('error').textContent = message;
    } else if (code === 'name_taken' && patience-- > 0) {
      connection.retryLater();
    } else {
      showDoor(message);
    }
  },
};

// ---- rooms

function join(name, room, waits = 0) {
  if (joined) connection.send({ type: 'leave_room', room: wanted.room });
  if (lastId && room !== wanted?.room) forgetMessages();
  joined = false;
  wanted = { name, room };
  patience = waits;
  $('error').textContent = $('door-error').textContent = '';
  if (welcomed) connection.send({ type: 'join_room', ...wanted }); // else welcome() does it
}

function leave() {
  if (joined) connection.send({ type: 'leave_room', room: wanted.room });
  forgetMessages();
  history.replaceState(null, '', location.pathname);
  showDoor('');
}

// `known` is the newest message seen before this joining. If all that is fetched is newer, some
// in between may be missing: start anew from there and say so.
async function loadHistory(here, known, attempt = 1) {
  const current = () => joined && wanted === here;
  try {
    const query = new URLSearchParams({ room: here.room, limit: HISTORY });
    const response = await fetch(`/v1/chats?${query}`);
    const body = await response.json();
    if (!response.ok) throw new Error(body.error.message);
    if (!current()) return;
    const oldest = body.chats[0]?.id ?? 0;
    if (known && oldest > known && body.chats.length === HISTORY) startAnewFrom(oldest);
    log.ariaBusy = 'true'; // one silent piece, not fifty announcements
    body.chats.forEach(addMessage);
    log.ariaBusy = 'false';
    $('error').textContent = '';
    giveBackUnconfirmed();
  } catch (error) {
    if (!current()) return;
    $('error').textContent = `Earlier messages could not be loaded: ${error.message}`;
    setTimeout(() => current() && loadHistory(here, known, attempt + 1), jitter(attempt));
  }
}

function roomInAddress() {
  const encoded = location.hash.slice(1);
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

// ---- what was said

function addMessage({ id, name, text, timestamp }) {
  if (log.querySelector(`.message[data-id="${Number(id)}"]`)) return;
  const mine = name === wanted.name;
  if (mine && text === unconfirmed) unconfirmed = '';
  lastId = Math.max(lastId, id);
  const author = element('span', 'name', name);
  author.style.setProperty('--hue', hue(name));
  const time = element('time', '', clock(new Date(timestamp)));
  time.dateTime = timestamp;
  const line = element('li', mine ? 'message mine' : 'message');
  line.append(author, time, element('p', '', text));
  addLine(id, line);
}

// Lines stand in the order of their ids, whenever they arrive. Who reads further up stays there.
function addLine(id, line) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  let above = log.lastElementChild;
  while (above && Number(above.dataset.id) > id) above = above.previousElementSibling;
  line.dataset.id = id;
  if (above) above.after(line);
  else log.prepend(line);
  if (!atEnd) return;
  while (log.children.length > MAX_SHOWN) log.firstElementChild.remove();
  log.scrollTop = log.scrollHeight;
}

function startAnewFrom(id) {
  for (const line of [...log.children]) {
    if (Number(line.dataset.id) < id) line.remove();
  }
  addLine(id - 1, element('li', 'notice', 'Some earlier messages are not shown'));
}

function forgetMessages() {
  log.replaceChildren();
  lastId = 0;
  unconfirmed = '';
}

function giveBackUnconfirmed() {
  if (!unconfirmed) return;
  $('error').textContent = `This may not have been sent: ${unconfirmed}`;
  $('text').value ||= unconfirmed;
  unconfirmed = '';
}

function element(tag, className, text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text; // the one way in for what people wrote
  return made;
}

function clock(then) {
  const today = then.toDateString() === new Date().toDateString();
  const date = today ? {} : { month: 'short', day: 'numeric' };
  return then.toLocaleString([], { ...date, hour: '2-digit', minute: '2-digit' });
}

function hue(name) {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
}

// ---- what is shown

function showState(state, sentence) {
  if (state !== 'online') welcomed = joined = false;
  $('state').dataset.state = state;
  $('state').textContent = sentence;
}

function showDoor(message) {
  wanted = null;
  joined = false;
  document.title = $('title').textContent = 'Chat';
  $('inside').hidden = $('leave').hidden = true;
  $('door').hidden = false;
  $('door-error').textContent = message;
  if (welcomed) connection.succeeded();
  $('name').focus();
}

function showRoom() {
  const { name, room } = wanted;
  localStorage.setItem('chat.name', name);
  localStorage.setItem('chat.room', room);
  if (roomInAddress() !== room) history.replaceState(null, '', `#${encodeURIComponent(room)}`);
  document.title = $('title').textContent = room;
  if ($('door').hidden) return;
  $('door').hidden = true;
  $('inside').hidden = $('leave').hidden = false;
  $('text').focus();
}

function showMembers(change) {
  const names = [...members].sort((a, b) => a.localeCompare(b));
  const label = (name) => (name === wanted.name ? `${name} (you)` : name);
  $('members').replaceChildren(...names.map((name) => element('li', '', label(name))));
  $('who-title').textContent = `${names.length} here`;
  if (change) addLine(lastId, element('li', 'notice', change));
}

// ---- what people do

$('join').addEventListener('submit', (event) => {
  event.preventDefault();
  join($('name').value.trim(), $('room').value.trim());
});

$('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('text').value;
  if (!joined || !connection.send({ type: 'chat_message', room: wanted.room, text })) {
    $('error').textContent = 'Not connected at the moment. Your text stays here.';
    return;
  }
  $('error').textContent = $('text').value = '';
  unconfirmed = text;
});

$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('say').requestSubmit();
});

$('leave').addEventListener('click', leave);
addEventListener('hashchange', () => {
  const room = roomInAddress();
  if (room) $('room').value = room;
  if (wanted && room && room !== wanted.room) join(wanted.name, room);
});

$('name').value = localStorage.getItem('chat.name') ?? '';
$('room').value = roomInAddress() || localStorage.getItem('chat.room') || 'lobby';
if ($('name').value && roomInAddress()) join($('name').value, $('room').value, 3);
connection.connect();
