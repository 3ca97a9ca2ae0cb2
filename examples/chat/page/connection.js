// SPDX-License-Identifier: MIT
// A WebSocket that speaks JSON and comes back by itself, as docs/protocol.md wants it ("Close
// codes"): each time after a random wait below a bound that doubles from 0.5 s to 30 s, or when the
// server said. Close codes 3500-3999, and some of RFC 6455's, mean: do not come back.

const FIRST_WAIT = 500; // ms
const LONGEST_WAIT = 30e3;
const STAYS_AWAY = [1000, 1002, 1003, 1007, 1008, 1009];

export function jitter(attempt) {
  return Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
}

export class Connection {
  #path = null;
  #receive;
  #showState;
  #socket = null;
  #attempt = 0;
  #wait = null; // ms, as the server said
  #timer = 0;

  // receive(message) gets every message, showState(state, sentence) every change; the states are
  // connecting, online, offline and closed.
  constructor(receive, showState) {
    this.#receive = receive;
    this.#showState = showState;
    addEventListener('online', () => this.#path && !this.#socket && this.#connect());
  }

  // Connects there, and leaves where it was.
  open(path) {
    this.close();
    this.#path = path;
    this.#attempt = 0;
    this.#connect();
  }

  // For good.
  close() {
    clearTimeout(this.#timer);
    this.#path = null;
    const socket = this.#socket;
    this.#socket = null; // what it still says is for nobody
    socket?.close();
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

  // When this connection ends, come back after that time (ms); null: after the next random one.
  comeBackAfter(wait) {
    this.#wait = wait ?? jitter(this.#attempt++);
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#showState('connecting', this.#attempt ? 'Reconnecting…' : 'Connecting…');
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const socket = new WebSocket(`${scheme}//${location.host}${this.#path}`);
    this.#socket = socket;
    this.#wait = null;
    const current = (act) => (event) => socket === this.#socket && act(event);
    socket.onmessage = current((event) => this.#receive(JSON.parse(event.data)));
    socket.onclose = current((event) => this.#closed(event));
  }

  #closed({ code, reason }) {
    this.#socket = null;
    const isFinal = STAYS_AWAY.includes(code) || (code >= 3500 && code <= 3999);
    if (isFinal && this.#wait === null) {
      this.#path = null;
      return this.#showState('closed', `Closed: ${reason || code}`);
    }
    const wait = this.#wait ?? jitter(this.#attempt++);
    const seconds = Math.ceil(wait / 1000);
    this.#showState('offline', seconds > 1 ? `Offline, retry in ${seconds} s` : 'Reconnecting…');
    this.#timer = setTimeout(() => this.#connect(), wait);
  }
}
