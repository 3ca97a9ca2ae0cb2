// SPDX-License-Identifier: MIT
// The chat page: a door (name and room), then one room at a time. It speaks the room protocol of
// docs/protocol.md and is meant to be read beside it.
//
// Four rules keep it right. What people wrote enters the page through textContent only. The page
// knows its position in the room, and asks for what came after it. Where that is refused, it
// fetches the history again and merges by id: nothing falls between. And the server alone judges
// names, rooms and texts; the page shows the sentence it answers.

import { Connection, jitter } from './connection.js';

const HISTORY = 50;    // messages in a page of history
const MAX_SHOWN = 500; // messages kept in the page; older ones leave at the top

const $ = (id) => document.getElementById(id);
const log = $('log');
const connection = new Connection(receive, showState);

let asked = null;      // the name we came with
let me = null;         // what the server calls us: that name, or our token's, or a guest's
let welcomed = false;
let wanted = null;     // {name, room} we are in, or want to be in
let joined = null;     // the room_joined that put us there
let position = null;   // {epoch, offset} of the newest message we have of the room
let replaying = 0;     // messages of the past that are still to come
let patience = 0;      // how often "name_taken" is waited out: our own old connection may linger
let members = new Set();
let lastId = 0;        // the newest text shown
let requests = 0;
let unconfirmed = null; // {id, text}: what we sent and nobody has confirmed

// ---- what the server says

function receive(message) {
  const elsewhere = message.room !== undefined && message.room !== wanted?.room;
  if (elsewhere || !wanted) return;
  receivers[message.type]?.(message);
  if (!joined || message.offset === undefined || message.type === 'room_joined') return;
  position = { epoch: message.epoch, offset: message.offset };
  if (replaying > 0 && --replaying === 0) giveBackUnconfirmed();
}

const receivers = {
  welcome({ user }) {
    me = user;
    welcomed = true;
    joinRoom();
  },
  room_joined(message) {
    joined = message;
    patience = Infinity;
    replaying = message.replayed;
    if (!replaying) position = { epoch: message.epoch, offset: message.offset };
    members = new Set(message.members);
    connection.succeeded();
    showRoom();
    showMembers();
    if (!message.recovered) catchUp(message);
    else if (!replaying) giveBackUnconfirmed();
  },
  broadcast({ user, data, timestamp }) {
    addMessage({ user, timestamp, ...data });
  },
  user_joined_room({ users, offset }) {
    if (offset <= joined.offset) return; // room_joined has it already
    for (const user of users) {
      if (!members.has(user)) showMembers(`${user} joined`, members.add(user));
    }
  },
  user_left_room({ users, offset }) {
    if (offset <= joined.offset) return;
    for (const user of users) {
      if (members.delete(user)) showMembers(`${user} left`);
    }
  },
  room_left({ reason }) {
    if (reason !== 'asked') showDoor(`You are no longer in the room: ${reason}.`);
  },
  gap() {
    catchUp(joined);
  },
  ack({ request_id }) {
    if (unconfirmed?.id === request_id) unconfirmed = null;
  },
  server_shutdown({ retry_after_ms }) {
    connection.comeBackAfter(retry_after_ms);
  },
  error({ code, message, request_id }) {
    if (joined) {
      if (request_id === unconfirmed?.id) giveBackUnconfirmed();
      $('error').textContent = message;
    } else if (code === 'name_taken' && patience-- > 0) {
      connection.comeBackAfter(null);
    } else {
      showDoor(message);
    }
  },
};

// ---- rooms

// A page of history and its position first, then the room from that position on. Without a page,
// room_joined() fetches it once more; a room that has no history because it is none is refused.
async function joinRoom() {
  const here = wanted;
  let refusal = null;
  if (!position) {
    position = await loadHistory(here).catch((error) => {
      refusal = error.refusal;
      return null;
    });
  }
  if (wanted !== here) return;
  if (refusal) return showDoor(refusal);
  const past = position ? { since: position } : { history: false };
  connection.send({ type: 'join_room', room: here.room, ...past });
}

function enter(name, room, waits = 0) {
  if (joined) connection.send({ type: 'leave_room', room: joined.room });
  if (room !== wanted?.room) forgetMessages();
  joined = null;
  wanted = { name, room };
  patience = waits;
  $('error').textContent = $('door-error').textContent = '';
  if (welcomed && asked === name) return joinRoom();
  asked = name;
  connection.open(`/ws?${new URLSearchParams({ name })}`); // welcome() goes on
}

function leave() {
  if (joined) connection.send({ type: 'leave_room', room: joined.room });
  forgetMessages();
  history.replaceState(null, '', location.pathname);
  showDoor('');
}

// The room could not give us all that we have missed: the history can, or we say what is missing.
async function catchUp(joining, attempt = 1) {
  const known = lastId;
  const current = () => joined === joining;
  try {
    await loadHistory(wanted, current, known);
    $('error').textContent = '';
    if (current()) giveBackUnconfirmed();
  } catch (error) {
    if (!current()) return;
    $('error').textContent = `Earlier messages could not be loaded: ${error.message}`;
    setTimeout(() => current() && catchUp(joining, attempt + 1), jitter(attempt));
  }
}

// Shows a page of history and answers its position. `known` is the newest text seen before; when
// all that is fetched is newer, some in between may be missing: start anew from there and say so.
async function loadHistory(here, current = () => wanted === here, known = lastId) {
  const query = new URLSearchParams({ room: here.room, limit: HISTORY });
  const response = await fetch(`/v1/chats?${query}`);
  const page = await response.json();
  if (!response.ok) {
    const { message } = page.error;
    throw Object.assign(new Error(message), response.status === 400 && { refusal: message });
  }
  if (!current()) return null;
  const oldest = page.chats[0]?.id ?? 0;
  if (known && oldest > known && page.chats.length === HISTORY) startAnewFrom(oldest);
  log.ariaBusy = 'true'; // one silent piece, not fifty announcements
  page.chats.forEach(addMessage);
  log.ariaBusy = 'false';
  return { epoch: page.epoch, offset: page.offset };
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

function addMessage({ id, user, text, timestamp }) {
  if (log.querySelector(`.message[data-id="${Number(id)}"]`)) return;
  const mine = user === me;
  if (mine && text === unconfirmed?.text) unconfirmed = null;
  lastId = Math.max(lastId, id);
  const author = element('span', 'name', user);
  author.style.setProperty('--hue', hue(user));
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
  position = null;
  lastId = 0;
  unconfirmed = null;
}

function giveBackUnconfirmed() {
  if (!unconfirmed) return;
  $('error').textContent = `This may not have been sent: ${unconfirmed.text}`;
  $('text').value ||= unconfirmed.text;
  unconfirmed = null;
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
  if (state !== 'online') [welcomed, joined] = [false, null];
  $('state').dataset.state = state;
  $('state').textContent = sentence;
}

function showDoor(message) {
  wanted = joined = null;
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
  const label = (name) => (name === me ? `${name} (you)` : name);
  $('members').replaceChildren(...names.map((name) => element('li', '', label(name))));
  $('who-title').textContent = `${names.length} here`;
  if (change) addLine(lastId, element('li', 'notice', change));
}

// ---- what people do

$('join').addEventListener('submit', (event) => {
  event.preventDefault();
  enter($('name').value.trim(), $('room').value.trim());
});

$('say').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('text').value;
  const id = String(++requests);
  const said = { type: 'broadcast', room: wanted.room, data: { text }, request_id: id };
  if (!joined || !connection.send(said)) {
    $('error').textContent = 'Not connected at the moment. Your text stays here.';
    return;
  }
  $('error').textContent = $('text').value = '';
  unconfirmed = { id, text };
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
  if (wanted && room && room !== wanted.room) enter(wanted.name, room);
});

$('name').value = localStorage.getItem('chat.name') ?? '';
$('room').value = roomInAddress() || localStorage.getItem('chat.room') || 'lobby';
if ($('name').value && roomInAddress()) enter($('name').value, $('room').value, 3);
