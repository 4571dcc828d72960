/**
 * The socket of one session on `/v1/realtime`, opened again when it is lost. It knows the protocol's envelope and what
 * it takes to go on where the line was cut, and nothing of what is said.
 *
 * connecting ──session.created──▶ open ──lost──▶ waiting ──▶ connecting ──kaikou.resumed · session.created──▶ open
 *     └─never opened──▶ refused        └─taken over──▶ takenOver      └─too often──▶ gone      `close()` ends it from any
 *                                      └─over──▶ ended: `connect()` begins another session
 */
import { Liveness } from "./liveness.js";
import { ResendBuffer } from "./resend-buffer.js";

/** Pauses before each new attempt; after the last one the person decides. */
export const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];
/** A session that does not greet within this time is as good as none. */
const OPEN_TIMEOUT_MS = 10_000;
/** Microphone audio that piles up unsent: five seconds, so the line is dead though nobody said so. */
const STALLED_BYTES = 5 * 32_000;
/** How often the server hears at least what arrived, so that it need not keep it. */
const ACKNOWLEDGE_MS = 2000;
/** Events remembered, so that none counts twice. */
const MOST_SEEN = 2000;
/** Close codes: ours to a socket we gave up, and the server's. */
const CLOSE_ABANDONED = 4002;
const CLOSE_TAKEN_OVER = 4001;
const CLOSE_NORMAL = 1000;
const CLOSE_RESTART = 1012;
/** What browsers say where no close code came. */
const CLOSE_UNTOLD = 1006;
/** Close codes that say why: try again later, policy, unauthorized, and logged out. */
const REASONS = /** @type {Record<number, Refusal>} */ ({ 1013: "full", 1008: "key", 3000: "key", 3003: "key", 4401: "log-in" });

/** @typedef {"full" | "key" | "log-in" | "origin" | "no-socket" | "unreachable"} Refusal no-socket: it was never opened, and why is hidden */
/** @typedef {{ type: string, [field: string]: any }} Event */
/**
 * @typedef {object} Listener
 * @property {(event: Event) => void} event everything the server says, once
 * @property {(anew: boolean, character: string) => void} opened a session began, with this character; `anew` if there was one that could not go on
 * @property {(receivedSamples: number) => void} resumed the session goes on; so much of the microphone had arrived
 * @property {(attempt: number, delayMs: number) => void} lost trying again in `delayMs`
 * @property {() => void} gone no more attempts by itself
 * @property {() => void} ended the server ended the session: it was too long, or idle for too long
 * @property {() => void} takenOver another page took the session over
 * @property {(reason: Refusal) => void} refused
 */

export class Realtime {
  /**
   * @param {() => string} address asked anew for each attempt
   * @param {string} key the operator's key, encoded, or ""
   * @param {Listener} listener
   */
  constructor(address, key, listener) {
    this.address = address;
    this.key = key;
    this.listener = listener;
    /** What resumes the session; "" if the server cannot. */
    this.token = "";
    /** Whether the session is open. */
    this.open = false;
    this.resendBuffer = new ResendBuffer();
    /** The last event that arrived. */
    this.lastEventId = "";
    /** @type {Set<string>} */
    this.seen = new Set();
    this.acknowledgedAt = 0;
    this.mostUnsent = STALLED_BYTES;
    this.attempt = 0;
    /** Whether the present socket was opened, and whether a session ever began. */
    this.opened = false;
    this.everOpened = false;
    this.timer = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.liveness = new Liveness(
      () => this.send({ type: "kaikou.ping" }),
      () => this.socket && this.closed(this.socket, CLOSE_RESTART),
    );
    this.lookAgain = this.lookAgain.bind(this);
    addEventListener("online", this.lookAgain);
    document.addEventListener("visibilitychange", this.lookAgain);
  }

  connect() {
    clearTimeout(this.timer);
    if (this.socket) detach(this.socket, CLOSE_ABANDONED);
    const address = new URL(this.address());
    if (this.token) {
      address.searchParams.set("resume", this.token);
      address.searchParams.set("seen", this.lastEventId);
    }
    const protocols = this.key ? ["realtime", `kaikou-key.${this.key}`] : ["realtime"];
    this.opened = false;
    const socket = newSocket(address, protocols);
    this.socket = socket;
    if (!socket) return this.closed(socket, CLOSE_UNTOLD);
    // Not `socket.close()`: browsers wait for the other end's answer to it.
    this.timer = setTimeout(() => this.closed(socket, CLOSE_UNTOLD), OPEN_TIMEOUT_MS);
    socket.onopen = () => (this.opened = true);
    socket.onmessage = ({ data }) => this.received(socket, data);
    socket.onclose = ({ code }) => this.closed(socket, code);
  }

  /** What is said while the line is cut is sent when it is back, if the session goes on. @param {Event} event */
  send(event) {
    if (!this.open && !this.token) return;
    if ("last_event_id" in event) this.acknowledgedAt = performance.now();
    const text = JSON.stringify(event);
    this.resendBuffer.add(text);
    if (this.open) this.socket?.send(text);
  }

  /** Send microphone audio; nothing while the line is cut. @param {ArrayBuffer} pcm */
  sendAudio(pcm) {
    const { socket } = this;
    if (!this.open || !socket) return;
    if (socket.bufferedAmount > this.mostUnsent) return this.closed(socket, CLOSE_UNTOLD);
    if (socket.bufferedAmount < STALLED_BYTES) this.mostUnsent = STALLED_BYTES;
    socket.send(pcm);
  }

  /** Send what was missed of the microphone; it may take a while to leave. @param {Int16Array<ArrayBuffer>[]} parts */
  catchUp(parts) {
    for (const part of parts) {
      this.mostUnsent += part.byteLength;
      this.socket?.send(part);
    }
  }

  /** The network is back, or the person is: what counted as open may be dead. @param {{ type: string }} event */
  lookAgain({ type }) {
    if (this.open) this.liveness.doubt();
    else if (type === "online") this.retryNow();
  }

  /** Do not wait for the next attempt. */
  retryNow() {
    if (this.socket || !this.everOpened) return;
    this.attempt = 0;
    this.listener.lost(0, 0);
    this.connect();
  }

  close() {
    clearTimeout(this.timer);
    removeEventListener("online", this.lookAgain);
    document.removeEventListener("visibilitychange", this.lookAgain);
    this.liveness.end();
    const { socket } = this;
    this.socket = null;
    this.open = false;
    this.token = "";
    if (socket) detach(socket, 1000);
  }

  /** @param {WebSocket} socket @param {unknown} data */
  received(socket, data) {
    if (socket !== this.socket || typeof data !== "string") return;
    const event = JSON.parse(data);
    this.liveness.heard();
    if (event.type === "kaikou.resumed") return this.resumed(event);
    if (event.type === "session.created") this.began(event.session);
    if (this.seen.has(event.event_id)) return;
    if (event.event_id) this.remember(event.event_id);
    if (event.type !== "kaikou.pong") this.listener.event(event);
    if (event.type === "response.done" || performance.now() - this.acknowledgedAt > ACKNOWLEDGE_MS) this.acknowledge();
  }

  /** @param {any} session */
  began(session) {
    const anew = this.everOpened;
    this.token = session?.kaikou?.token ?? "";
    this.resendBuffer.clear();
    this.seen.clear();
    this.lastEventId = "";
    this.joined();
    this.listener.opened(anew, session?.kaikou?.character ?? "");
  }

  /** @param {Event} event */
  resumed({ received_events, received_samples }) {
    this.joined();
    for (const text of this.resendBuffer.missing(received_events)) this.socket?.send(text);
    this.listener.resumed(received_samples);
  }

  joined() {
    clearTimeout(this.timer);
    this.open = true;
    this.everOpened = true;
    this.attempt = 0;
    this.mostUnsent = STALLED_BYTES;
    this.acknowledgedAt = performance.now();
    this.liveness.begin();
  }

  /** @param {string} eventId */
  remember(eventId) {
    this.lastEventId = eventId;
    this.seen.add(eventId);
    if (this.seen.size > MOST_SEEN) this.seen.delete(/** @type {string} */ (this.seen.values().next().value));
  }

  acknowledge() {
    if (this.open && this.token && this.lastEventId) this.send({ type: "kaikou.ack", last_event_id: this.lastEventId });
  }

  /** @param {WebSocket | null} socket @param {number} code */
  closed(socket, code) {
    if (socket !== this.socket) return;
    clearTimeout(this.timer);
    this.liveness.end();
    if (socket) detach(socket, CLOSE_ABANDONED);
    this.socket = null;
    this.open = false;
    if (code === CLOSE_TAKEN_OVER) {
      this.close();
      return this.listener.takenOver();
    }
    if (REASONS[code] === "log-in") {
      this.token = "";
      this.everOpened = false;
      return this.listener.refused("log-in");
    }
    if (!this.everOpened) {
      const neverOpened = code === CLOSE_UNTOLD && !this.opened;
      return this.listener.refused(REASONS[code] ?? (neverOpened ? "no-socket" : "unreachable"));
    }
    if (code === CLOSE_NORMAL) {
      this.token = "";
      this.everOpened = false;
      return this.listener.ended();
    }
    if (this.attempt >= BACKOFF_MS.length) return this.listener.gone();
    const delayMs = code === CLOSE_RESTART && this.attempt === 0 ? 0 : BACKOFF_MS[this.attempt];
    this.attempt++;
    this.timer = setTimeout(() => this.connect(), delayMs);
    this.listener.lost(this.attempt, delayMs);
  }
}

/** A socket, or null where the browser will not even try. @param {URL} address @param {string[]} protocols */
function newSocket(address, protocols) {
  try {
    return new WebSocket(address, protocols);
  } catch {
    return null;
  }
}

/** Close a socket and hear no more of it. @param {WebSocket} socket @param {number} code */
function detach(socket, code) {
  socket.onopen = socket.onmessage = socket.onclose = null;
  socket.close(code);
}
