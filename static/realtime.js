/**
 * The socket: one session after another on `/v1/realtime`, reopened when it is lost. It knows the protocol's envelope
 * and nothing of what is said in it.
 *
 * connecting ──open, session.created──▶ open ──lost──▶ waiting ──▶ connecting …  ──too often──▶ gone
 * `close()` ends it from any state. A first connection that never opens is refused, not lost: it is not repeated.
 */

/** Pauses before each new attempt; after the last one the person decides. */
export const BACKOFF_MS = [500, 1000, 2000, 4000, 8000];
/** A session that does not greet within this time is as good as none. */
const OPEN_TIMEOUT_MS = 10_000;
/** Microphone audio that piles up unsent: five seconds, so the line is dead though nobody said so. */
const STALLED_BYTES = 5 * 32_000;
/** Close codes that say why: try again later, policy, and unauthorized. */
const REASONS = /** @type {Record<number, Refusal>} */ ({ 1013: "full", 1008: "key", 3000: "key", 3003: "key" });

/** @typedef {"full" | "key" | "unreachable"} Refusal */
/** @typedef {{ type: string, [field: string]: any }} Event */
/**
 * @typedef {object} Listener
 * @property {(event: Event) => void} event everything the server says
 * @property {() => void} opened a new session began
 * @property {(attempt: number, delayMs: number) => void} lost trying again in `delayMs`
 * @property {() => void} gone no more attempts by itself
 * @property {(reason: Refusal) => void} refused
 */

export class Realtime {
  /**
   * @param {() => string} address asked anew for each attempt, so that it may carry what resumes a session
   * @param {string} key the operator's key, or ""
   * @param {Listener} listener
   */
  constructor(address, key, listener) {
    this.address = address;
    this.key = key;
    this.listener = listener;
    /** The server's name for the session, to resume it by. */
    this.sessionId = "";
    this.attempt = 0;
    this.everOpened = false;
    this.timer = 0;
    /** @type {WebSocket | null} */
    this.socket = null;
    this.retryNow = this.retryNow.bind(this);
    addEventListener("online", this.retryNow);
  }

  connect() {
    clearTimeout(this.timer);
    const protocols = this.key ? ["realtime", `openai-insecure-api-key.${this.key}`] : ["realtime"];
    const socket = new WebSocket(this.address(), protocols);
    this.socket = socket;
    this.timer = setTimeout(() => socket.close(), OPEN_TIMEOUT_MS);
    socket.onmessage = ({ data }) => this.received(socket, data);
    socket.onclose = ({ code }) => this.closed(socket, code);
  }

  /** Whether a session is open. */
  get open() {
    return this.sessionId !== "" && this.socket?.readyState === WebSocket.OPEN;
  }

  /** @param {Event} event @returns {boolean} whether it was sent */
  send(event) {
    if (!this.open) return false;
    this.socket?.send(JSON.stringify(event));
    return true;
  }

  /** Send microphone audio; silently lost while there is no session. @param {ArrayBuffer} pcm */
  sendAudio(pcm) {
    const socket = this.socket;
    if (!this.open || !socket) return;
    if (socket.bufferedAmount > STALLED_BYTES) return this.closed(socket, 1006);
    socket.send(pcm);
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
    removeEventListener("online", this.retryNow);
    const socket = this.socket;
    this.socket = null;
    this.sessionId = "";
    if (socket) detach(socket);
  }

  /** @param {WebSocket} socket @param {unknown} data */
  received(socket, data) {
    if (socket !== this.socket || typeof data !== "string") return;
    const event = JSON.parse(data);
    if (event.type === "session.created") {
      clearTimeout(this.timer);
      this.sessionId = event.session?.id ?? "session";
      this.attempt = 0;
      this.everOpened = true;
      this.listener.opened();
    }
    this.listener.event(event);
  }

  /** @param {WebSocket} socket @param {number} code */
  closed(socket, code) {
    if (socket !== this.socket) return;
    clearTimeout(this.timer);
    detach(socket);
    this.socket = null;
    this.sessionId = "";
    if (!this.everOpened) return this.listener.refused(REASONS[code] ?? "unreachable");
    if (this.attempt >= BACKOFF_MS.length) return this.listener.gone();
    const delayMs = BACKOFF_MS[this.attempt++];
    this.timer = setTimeout(() => this.connect(), delayMs);
    this.listener.lost(this.attempt, delayMs);
  }
}

/** Close a socket and hear no more of it. @param {WebSocket} socket */
function detach(socket) {
  socket.onmessage = socket.onclose = null;
  socket.close(1000);
}
