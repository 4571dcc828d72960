/** The last minute of the microphone, its samples numbered since the session began. Pure. */

export class MicrophoneHistory {
  /** @param {number} length samples kept */
  constructor(length) {
    this.samples = new Int16Array(length);
    this.written = 0;
    /** How many were written before the session's first one. */
    this.base = 0;
  }

  /** The number of the next sample. */
  get position() {
    return this.written - this.base;
  }

  /** The number of the oldest sample that is kept. */
  get oldest() {
    return Math.max(0, this.position - this.samples.length);
  }

  /** The next sample is the first of a new session. */
  beginSession() {
    this.base = this.written;
  }

  /** The session never gets `count` samples: those after them move up. @param {number} count */
  skip(count) {
    this.base += count;
  }

  /** @param {Int16Array} samples */
  write(samples) {
    const at = this.written % this.samples.length;
    const first = Math.min(samples.length, this.samples.length - at);
    this.samples.set(samples.subarray(0, first), at);
    this.samples.set(samples.subarray(first), 0);
    this.written += samples.length;
  }

  /** A copy of samples that are kept. @param {number} start @param {number} end */
  slice(start, end) {
    const part = new Int16Array(Math.max(0, end - start));
    for (let i = 0; i < part.length; i++) part[i] = this.samples[(this.base + start + i) % this.samples.length];
    return part;
  }
}
