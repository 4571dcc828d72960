/** Microphone to 20 ms frames of 16 kHz mono s16le, posted as transferred buffers that the page hands back. */
import { Resampler } from "./resampler.js";

const FRAME = 320;
/** Buffers in circulation: 320 ms, far more than the page ever holds at once. */
const POOL = 16;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    this.resampler = new Resampler(sampleRate);
    this.mono = new Float32Array(128);
    this.reduced = new Float32Array(this.resampler.most(128));
    /** @type {ArrayBuffer[]} */
    this.free = Array.from({ length: POOL }, () => new ArrayBuffer(2 * FRAME));
    this.frame = new Int16Array(/** @type {ArrayBuffer} */ (this.free.pop()));
    this.filled = 0;
    /** @type {ArrayBuffer[]} reused as the transfer list */
    this.transfer = [];
    this.port.onmessage = ({ data }) => {
      if (this.free.length < POOL) this.free.push(data);
    };
  }

  /** @param {Float32Array[][]} inputs */
  process(inputs) {
    const channels = inputs[0];
    if (channels.length === 0) return true;
    const count = this.resampler.process(this.mixed(channels), this.reduced);
    for (let i = 0; i < count; i++) {
      const sample = Math.max(-1, Math.min(1, this.reduced[i]));
      this.frame[this.filled++] = Math.round(sample * 32767);
      if (this.filled === FRAME) this.post();
    }
    return true;
  }

  /** @param {Float32Array[]} channels */
  mixed(channels) {
    if (channels.length === 1) return channels[0];
    const length = channels[0].length;
    if (this.mono.length !== length) this.mono = new Float32Array(length);
    for (let i = 0; i < length; i++) this.mono[i] = (channels[0][i] + channels[1][i]) / 2;
    return this.mono;
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
