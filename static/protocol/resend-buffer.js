/**
 * What the page told the server in a session and may have to say again. Pure.
 *
 * The server counts what it received; so both know, after the line was cut, which message comes next.
 */

/** Messages kept: more than a minute of talk without an answer. */
const MOST = 600;

export class ResendBuffer {
  constructor() {
    /** How many there were in this session. */
    this.count = 0;
    /** @type {string[]} the last of them */
    this.texts = [];
  }

  /** A new session counts from zero. */
  clear() {
    this.count = 0;
    this.texts = [];
  }

  /** @param {string} text */
  add(text) {
    this.count++;
    this.texts.push(text);
    if (this.texts.length > MOST) this.texts.shift();
  }

  /** Forget what the server has; what it lacks remains, in order. @param {number} received how many it counted */
  missing(received) {
    const count = Math.min(this.texts.length, Math.max(0, this.count - received));
    this.texts = this.texts.slice(this.texts.length - count);
    this.count = received + count;
    return this.texts;
  }
}
