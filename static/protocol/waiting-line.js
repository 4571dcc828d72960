/** The line before a server that takes nobody in: asks for a place, and again, until it is our turn. */
import { askForPlace, ServerRefused } from "./api.js";

/**
 * @typedef {object} Listener
 * @property {() => void} waiting others are before us, or we are next
 * @property {() => void} enter it is our turn: connect with the ticket
 * @property {(reason: import("./realtime.js").Refusal) => void} refused there is no line, or our turn came to nothing
 */

export class WaitingLine {
  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    /** What holds our place, or "". */
    this.ticket = "";
    /** How many are before us. */
    this.ahead = 0;
    /** Whether our turn has come, and the server has not let us in yet. */
    this.entering = false;
    this.left = false;
    this.timer = 0;
  }

  /** @param {import("./realtime.js").Refusal} [reason] why the socket was refused, as far as the browser tells */
  async ask(reason = "unreachable") {
    const entering = this.entering;
    this.left = this.entering = false;
    let turn;
    try {
      turn = await askForPlace(this.ticket);
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error;
      if (this.left) return;
      return this.listener.refused(error.problem);
    }
    if (this.left) return; // The person did not want to wait.
    if (entering && turn.enter) return this.listener.refused(reason);
    this.ticket = turn.ticket;
    this.ahead = turn.before;
    this.entering = turn.enter;
    if (turn.enter) return this.listener.enter();
    this.timer = setTimeout(() => void this.ask(), 1000 * Math.max(1, turn.ask_again_s));
    this.listener.waiting();
  }

  /** The server let us in; the ticket is used up. */
  entered() {
    this.ticket = "";
    this.entering = false;
  }

  /** Wait no longer; the place is kept for a moment, for who comes back. */
  leave() {
    clearTimeout(this.timer);
    this.left = true;
    this.entering = false;
  }
}
