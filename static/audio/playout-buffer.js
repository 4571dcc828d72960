/**
 * Plays items of s16le audio one after the other and knows to the sample what was heard of each. Pure: commands and
 * output buffers in, samples and reports out; the audio thread drives it (playback-worklet.js).
 *
 * Commands: push, end, pause, resume, flush, volume. A report is one reused array (see REPORT): a position about every
 * 100 ms, and at once when an item starts, ends or is flushed, and when sound runs out within it or goes on. Whatever stops the sound lets its last value die away,
 * and whatever starts it fades in, so nothing clicks and positions stay exact. Nothing here allocates while it plays.
 */
import { RingBuffer } from "./ring-buffer.js";
import { ItemRanges } from "./item-ranges.js";

/** The meaning of a report's first number. */
export const POSITION = 0;
export const STARTED = 1;
export const ENDED = 2;
export const FLUSHED = 3;

/** Fade-in per output frame: 3 ms at 44.1 kHz. */
const ATTACK = 1 / 128;
/** What is left of the last value after one silent frame: gone after about 5 ms. */
const DECAY = 0.98;
/** Audio wanted before sound starts; it grows after each gap, so that a bad line has fewer of them. */
const LEAST_PREBUFFER_S = 0.06;
const MOST_PREBUFFER_S = 0.24;

/**
 * @typedef {{ do: "push", item: number, pcm: ArrayBuffer }
 *   | { do: "end", item: number }
 *   | { do: "pause" | "resume" | "flush" }
 *   | { do: "volume", volume: number }} Command
 */

export class PlayoutBuffer {
  /**
   * @param {{ rate: number, capacity: number }} input sample rate, and samples held at most
   * @param {number} outputRate
   * @param {(report: Float64Array) => void} onreport must copy what it keeps
   */
  constructor({ rate, capacity }, outputRate, onreport) {
    this.ring = new RingBuffer(capacity);
    this.ranges = new ItemRanges(64);
    this.rate = rate;
    this.step = rate / outputRate;
    this.reportEvery = 0.1 * outputRate;
    this.onreport = onreport;
    this.prebuffer = LEAST_PREBUFFER_S * rate;
    /** REPORT: kind, item, its samples played, samples waiting, frames output, peak, sum of squares, gaps, whether it waits. */
    this.report = new Float64Array(9);
    this.sinceReport = 0;
    this.frames = 0;
    this.peak = 0;
    this.energy = 0;
    this.gaps = 0;
    this.volume = 1;
    this.targetVolume = 1;
    this.paused = false;
    /** Whether sound waits for more audio, and whether that is because it ran out within an item. */
    this.waiting = true;
    this.underrun = false;
    /** The item that sounds, or -1. */
    this.started = -1;
    /** The sample before the next one, how far we are past it, the fade-in, and the last value that went out. */
    this.before = 0;
    this.phase = 0;
    this.fade = 0;
    this.last = 0;
  }

  /** @param {Command} command */
  receive(command) {
    switch (command.do) {
      case "push":
        this.noteGap(command.item);
        this.ranges.extend(command.item, this.ring.written);
        this.ring.write(new Int16Array(command.pcm));
        break;
      case "end":
        this.ranges.finish(command.item, this.ring.written);
        break;
      case "pause":
        this.paused = true;
        this.post(POSITION);
        break;
      case "resume":
        this.paused = false;
        this.fade = 0;
        break;
      case "flush":
        this.post(FLUSHED);
        this.ring.clear();
        this.ranges.clear();
        this.reset();
        this.paused = false;
        break;
      case "volume":
        this.targetVolume = command.volume;
        break;
    }
  }

  /** Fill a buffer with what is heard next. @param {Float32Array} out */
  fill(out) {
    for (let i = 0; i < out.length; i++) {
      this.volume += (this.targetVolume - this.volume) * 0.002;
      this.last = this.hasSample() ? this.next() : this.last * DECAY;
      out[i] = this.last;
    }
    this.sinceReport += out.length;
    if (this.sinceReport >= this.reportEvery && this.started >= 0) this.post(POSITION);
  }

  /** Whether there is a sample to play now; moves from item to item. */
  hasSample() {
    if (this.paused) return false;
    while (this.ranges.over(this.ring.taken)) this.finish();
    const length = this.ring.length;
    if (this.waiting) {
      if (length === 0 || (length < this.prebuffer && !this.ranges.complete)) return false;
      this.waiting = false;
      this.fade = 0;
      if (this.started === this.ranges.current) this.post(POSITION);
    }
    // Two samples are needed to draw the line between them; the last of an item stands alone.
    if (length < 2 && !(length === 1 && this.ranges.complete)) return this.underran();
    if (this.started !== this.ranges.current) {
      this.started = this.ranges.current;
      this.post(STARTED);
    }
    return true;
  }

  /** The next output value: a cubic through the four samples around it. */
  next() {
    const { ring } = this;
    const p0 = this.before;
    const p1 = ring.peek(0);
    const p2 = ring.peek(1);
    const p3 = ring.peek(2);
    const t = this.phase;
    const curve = p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0));
    this.fade = Math.min(1, this.fade + ATTACK);
    const value = ((p1 + 0.5 * t * curve) / 32768) * this.fade * this.volume;
    this.phase += this.step;
    while (this.phase >= 1) {
      this.before = ring.peek(0);
      ring.skip(1);
      this.phase -= 1;
    }
    this.frames++;
    this.energy += value * value;
    const size = Math.abs(value);
    if (size > this.peak) this.peak = size;
    return value;
  }

  underran() {
    this.waiting = true;
    this.underrun = true;
    this.post(POSITION);
    return false;
  }

  /** A gap is one only if the item goes on after it. @param {number} item */
  noteGap(item) {
    if (this.underrun && item === this.ranges.current) {
      this.gaps++;
      this.prebuffer = Math.min(MOST_PREBUFFER_S * this.rate, this.prebuffer * 1.5);
    }
    this.underrun = false;
  }

  finish() {
    this.post(ENDED);
    this.ranges.advance();
    if (this.ranges.count === 0) this.reset();
  }

  reset() {
    this.waiting = true;
    this.underrun = false;
    this.started = -1;
    this.before = 0;
    this.phase = 0;
    this.fade = 0;
  }

  /** @param {number} kind */
  post(kind) {
    const { report, ranges, ring } = this;
    report[0] = kind;
    report[1] = ranges.current;
    report[2] = ranges.played(ring.taken);
    report[3] = ring.length;
    report[4] = this.frames;
    report[5] = this.peak;
    report[6] = this.energy;
    report[7] = this.gaps;
    report[8] = this.waiting ? 1 : 0;
    this.sinceReport = 0;
    this.onreport(report);
  }
}
