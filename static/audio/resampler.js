/**
 * Any sample rate to 16 kHz, without aliases: a windowed-sinc filter, evaluated only where an output sample falls
 * (a polyphase filter; its table is exact, because sample rates have a large common divisor).
 */

/** Taps per output sample and millisecond of input: about 2 kHz from pass band to stop band. */
const TAPS_PER_KHZ = 2;
/** Kaiser window shape: 80 dB between what passes and what must not. */
const KAISER_BETA = 8;
/** Where the filter is at half, as a part of the lower rate: pass to 6 kHz, nothing left at 8 kHz. */
const CUTOFF = 0.44;

/** @param {number} a @param {number} b @returns {number} */
const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));

/** Modified Bessel function of the first kind, order zero. @param {number} x */
function bessel(x) {
  let sum = 1;
  let term = 1;
  for (let k = 1; term > 1e-10 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/**
 * One row of taps per phase of the output between two input samples; each row sums to one.
 * @param {number} phases @param {number} taps @param {number} cutoff in cycles per input sample
 */
function table(phases, taps, cutoff) {
  const rows = new Float32Array(phases * taps);
  for (let phase = 0; phase < phases; phase++) {
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const x = tap - (taps / 2 - 1) - phase / phases;
      const inside = 1 - ((2 * x) / taps) ** 2;
      const sinc = x === 0 ? 2 * cutoff : Math.sin(2 * Math.PI * cutoff * x) / (Math.PI * x);
      const value = inside <= 0 ? 0 : (sinc * bessel(KAISER_BETA * Math.sqrt(inside))) / bessel(KAISER_BETA);
      rows[phase * taps + tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < taps; tap++) rows[phase * taps + tap] /= sum;
  }
  return rows;
}

export class Resampler {
  /** @param {number} inputRate @param {number} [outputRate] */
  constructor(inputRate, outputRate = 16000) {
    const divisor = gcd(Math.round(inputRate), outputRate);
    this.phases = outputRate / divisor;
    this.step = Math.round(inputRate) / divisor;
    const highest = Math.max(inputRate, outputRate);
    this.taps = 2 * Math.ceil((TAPS_PER_KHZ * highest) / 2000);
    this.rows = table(this.phases, this.taps, (CUTOFF * Math.min(inputRate, outputRate)) / inputRate);
    /** The last `taps` inputs, written twice so that a window is always contiguous. */
    this.history = new Float32Array(2 * this.taps);
    this.at = 0;
    /** Phases left until the next output sample. */
    this.due = 0;
  }

  /**
   * Filter `input` into `output`, from index 0. Allocates nothing.
   * @param {Float32Array} input
   * @param {Float32Array} output at least `most(input.length)` long
   * @returns {number} samples written
   */
  process(input, output) {
    const { taps, history, rows } = this;
    let count = 0;
    for (let i = 0; i < input.length; i++) {
      history[this.at] = history[this.at + taps] = input[i];
      if (++this.at === taps) this.at = 0;
      while (this.due < this.phases) {
        const row = this.due * taps;
        let sum = 0;
        for (let tap = 0; tap < taps; tap++) sum += rows[row + tap] * history[this.at + tap];
        output[count++] = sum;
        this.due += this.step;
      }
      this.due -= this.phases;
    }
    return count;
  }

  /** The most outputs that `inputs` samples can give. @param {number} inputs */
  most(inputs) {
    return Math.ceil((inputs * this.phases) / this.step) + 1;
  }
}
