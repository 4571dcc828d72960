/**
 * Which part of the sample line belongs to which item. A fixed table: items enter at the tail when their first sample
 * is written and leave at the head when their last one was played.
 */
export class ItemRanges {
  /** @param {number} capacity items at once */
  constructor(capacity) {
    this.handles = new Int32Array(capacity);
    this.starts = new Float64Array(capacity);
    /** Where the item ends; infinite while more may come. */
    this.ends = new Float64Array(capacity);
    this.head = 0;
    this.count = 0;
  }

  /** The item at the front, or -1. */
  get current() {
    return this.count ? this.handles[this.head] : -1;
  }

  /** Whether nothing more will be written to the item at the front. */
  get complete() {
    return this.count > 0 && this.ends[this.head] !== Infinity;
  }

  /** Note that `handle`'s samples go on at `position`. @param {number} handle @param {number} position */
  extend(handle, position) {
    const last = this.slot(this.count - 1);
    if (this.count && this.handles[last] === handle) return;
    if (this.count && this.ends[last] === Infinity) this.ends[last] = position;
    const next = this.slot(this.count++);
    this.handles[next] = handle;
    this.starts[next] = position;
    this.ends[next] = Infinity;
  }

  /** Note that `handle` is complete at `position`. @param {number} handle @param {number} position */
  finish(handle, position) {
    for (let i = 0; i < this.count; i++) {
      const slot = this.slot(i);
      if (this.handles[slot] === handle && this.ends[slot] === Infinity) this.ends[slot] = position;
    }
  }

  /** Whether the item at the front was played to its end at `position`. @param {number} position */
  over(position) {
    return this.count > 0 && position >= this.ends[this.head];
  }

  /** Samples played of the item at the front, at `position`. @param {number} position */
  played(position) {
    if (this.count === 0) return 0;
    return Math.max(0, Math.min(position, this.ends[this.head]) - this.starts[this.head]);
  }

  /** Let the item at the front go. */
  advance() {
    this.head = this.slot(1);
    this.count--;
  }

  clear() {
    this.count = 0;
  }

  /** @param {number} index */
  slot(index) {
    return (this.head + index) % this.handles.length;
  }
}
