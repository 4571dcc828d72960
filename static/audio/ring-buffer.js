/** A fixed ring of 16-bit samples. It never grows: what does not fit is left to the caller. */
export class RingBuffer {
  /** @param {number} capacity samples it can hold */
  constructor(capacity) {
    this.samples = new Int16Array(capacity);
    /** Samples ever written; with `taken` the only state. */
    this.written = 0;
    /** Samples ever taken out. */
    this.taken = 0;
  }

  /** Samples waiting. */
  get length() {
    return this.written - this.taken;
  }

  /** Samples that still fit. */
  get space() {
    return this.samples.length - this.length;
  }

  /**
   * Append as much of `source` as fits.
   * @param {Int16Array} source
   * @returns {number} samples written
   */
  write(source) {
    const capacity = this.samples.length;
    const count = Math.min(source.length, this.space);
    let at = this.written % capacity;
    for (let i = 0; i < count; i++) {
      this.samples[at] = source[i];
      if (++at === capacity) at = 0;
    }
    this.written += count;
    return count;
  }

  /**
   * The sample `ahead` places after the next one; 0 beyond the end.
   * @param {number} ahead
   */
  peek(ahead) {
    if (ahead >= this.length) return 0;
    return this.samples[(this.taken + ahead) % this.samples.length];
  }

  /** Drop up to `count` samples from the front. @param {number} count */
  skip(count) {
    this.taken += Math.min(count, this.length);
  }

  /** Drop everything; the totals stay. */
  clear() {
    this.taken = this.written;
  }
}
