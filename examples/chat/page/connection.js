// SPDX-License-Identifier: MIT
// A WebSocket that speaks JSON and comes back by itself, each time after a random wait below a
// limit that doubles from 0.5 s to 30 s ("full jitter": a thousand pages that lost one server do
// not return in the same instant). Close codes 3500-3999 mean: do not come back.

const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 30e3;

export function jitter(attempt) {
  return Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
}

export class Connection {
  #path;
  #receive;
  #showState;
  #socket = null;
  #attempt = 0;
  #timer = 0;

  // receive(message) gets every message, showState(state, sentence) every change; the states are
  // connecting, online, offline and closed.
  constructor(path, receive, showState) {
    this.#path = path;
    this.#receive = receive;
    this.#showState = showState;
    addEventListener('online', () => this.#socket || this.connect());
  }

  connect() {
    clearTimeout(this.#timer);
    this.#showState('connecting', this.#attempt ? 'Reconnecting…' : 'Connecting…');
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    this.#socket = new WebSocket(`${scheme}//${location.host}${this.#path}`);
    this.#socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    this.#socket.onclose = (event) => this.#closed(event);
  }

  // Says whether the message was handed to an open socket; no more can be known here.
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  // To be called when the connection has proved useful: the next wait is short again.
  succeeded() {
    this.#attempt = 0;
    this.#showState('online', 'Connected');
  }

  // Closes and comes back after the next, longer wait.
  retryLater() {
    this.#socket?.close();
  }

  #closed({ code, reason }) {
    this.#socket = null;
    if (code >= 3500 && code <= 3999) return this.#showState('closed', `Closed: ${reason || code}`);
    const wait = jitter(this.#attempt++);
    const seconds = Math.ceil(wait / 1000);
    this.#showState('offline', seconds > 1 ? `Offline, retry in ${seconds} s` : 'Reconnecting…');
    this.#timer = setTimeout(() => this.connect(), wait);
  }
}
