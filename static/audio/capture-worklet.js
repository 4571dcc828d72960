/** Microphone to 20 ms frames of 16 kHz mono s16le, posted as transferred buffers that the page hands back. */
import { Mixdown } from "./mixdown.js";
import { Resampler } from "./resampler.js";

const FRAME = 320;
/** Buffers in circulation: 320 ms, far more than the page ever holds at once. */
const POOL = 16;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.mixdown = new Mixdown(sampleRate);
    this.resampler = new Resampler(sampleRate);
    this.reduced = new Float32Array(this.resampler.most(128));
    /** @type {ArrayBuffer[]} */
    this.free = Array.from({ length: POOL }, () => new ArrayBuffer(2 * FRAME));
    this.frame = new Int16Array(/** @type {ArrayBuffer} */ (this.free.pop()));
    this.filled = 0;
    this.closed = false;
    /** @type {ArrayBuffer[]} reused as the transfer list */
    this.transfer = [];
    this.port.onmessage = ({ data }) => {
      if (data === "close") this.closed = true;
      else if (this.free.length < POOL) this.free.push(data);
    };
  }

  /** @param {Float32Array[][]} inputs @returns {boolean} whether it goes on */
  process(inputs) {
    const channels = inputs[0];
    if (channels.length === 0 || this.closed) return !this.closed;
    const count = this.resampler.process(this.mixdown.mix(channels), this.reduced);
    for (let i = 0; i < count; i++) {
      const sample = Math.max(-1, Math.min(1, this.reduced[i]));
      this.frame[this.filled++] = Math.round(sample * 32767);
      if (this.filled === FRAME) this.post();
    }
    return true;
  }

  post() {
    const buffer = /** @type {ArrayBuffer} */ (this.frame.buffer);
    this.transfer[0] = buffer;
    this.port.postMessage(buffer, this.transfer);
    // The page hands buffers back at once; only a page that hangs for 320 ms makes this allocate.
    this.frame = new Int16Array(this.free.pop() ?? new ArrayBuffer(2 * FRAME));
    this.filled = 0;
  }
}

registerProcessor("kaikou-capture", Capture);
