/**
 * Whether the server is still there. A connection can be dead without being closed: after the machine slept, behind a router
 * that forgot it, before a server that hangs. So the server is asked where nothing is heard of it. Pure but for its timer.
 */

const TICK_MS = 1000;
/** Silence after which the server is asked. */
const QUIET_MS = 5000;
/** A tick that comes later than this was slept through. */
const SLEPT_MS = 4000;
/** Ticks without an answer after which the connection counts as dead; a server may be busy for a moment. */
const PATIENCE = 8;
/** The same behind a sleep, which connections seldom outlive. */
const PATIENCE_AWAKENED = 3;

export class Liveness {
  /** @param {() => void} ask @param {() => void} dead no answer came */
  constructor(ask, dead) {
    this.ask = ask;
    this.dead = dead;
    this.timer = 0;
    this.heardAt = 0;
    this.ticked = { ms: 0, date: 0 };
    /** Ticks without an answer; -1 while none is awaited. */
    this.unanswered = -1;
    this.patience = PATIENCE;
  }

  begin() {
    clearInterval(this.timer);
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.ticked = now();
    this.heard();
  }

  end() {
    clearInterval(this.timer);
  }

  /** Something came from the server. */
  heard() {
    this.heardAt = performance.now();
    this.unanswered = -1;
  }

  /** The connection may have died just now: ask at once, and wait less long. */
  doubt() {
    this.expect(PATIENCE_AWAKENED);
  }

  tick() {
    const before = this.ticked;
    const { ms, date } = (this.ticked = now());
    // Some browsers stop one of the two while the machine sleeps, and a clock may be set.
    if (Math.max(ms - before.ms, date - before.date) > SLEPT_MS) return this.doubt();
    if (this.unanswered < 0) {
      if (ms - this.heardAt > QUIET_MS) this.expect(PATIENCE);
    } else if (++this.unanswered >= this.patience) {
      this.end();
      this.dead();
    }
  }

  /** @param {number} patience ticks */
  expect(patience) {
    this.unanswered = 0;
    this.patience = patience;
    this.ask();
  }
}

const now = () => ({ ms: performance.now(), date: Date.now() });
