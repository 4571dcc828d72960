/**
 * A microphone's channels to one. Pure.
 *
 * Their mean; but where they take each other away in it (one is the other turned over, or all others are silent), the
 * loudest alone. Decided with every block by the energies of the last 150 ms, and faded so that nothing clicks.
 */

const MOST_CHANNELS = 8;
const MEMORY_S = 0.15;
const FADE_S = 0.01;
/**
 * The mean's energy as a part of the loudest channel's is 1 if two channels are the same, 0.5 if they have nothing in
 * common, 0.25 if one is silent, 0 if one is the other turned over. Below the first the loudest is used alone, above the
 * second the mean.
 */
const CANCELLED = 0.35;
const KEPT = 0.45;
/** How many times the energy another channel must have to be the loudest. */
const LOUDER = 1.5;

export class Mixdown {
  /** @param {number} rate */
  constructor(rate) {
    this.rate = rate;
    this.mono = new Float32Array(128);
    this.energies = new Float64Array(MOST_CHANNELS);
    this.meanEnergy = 0;
    /** How much of each channel was in the last sample. */
    this.shares = new Float64Array(MOST_CHANNELS);
    this.count = 0;
    this.loudest = 0;
    this.alone = false;
  }

  /**
   * The channels' mix, which is overwritten by the next call. Allocates nothing.
   * @param {Float32Array[]} channels of one length
   */
  mix(channels) {
    if (channels.length === 1) return channels[0];
    const count = Math.min(channels.length, MOST_CHANNELS);
    const length = channels[0].length;
    if (this.mono.length !== length) this.mono = new Float32Array(length);
    if (this.count !== count) this.begin(count);
    this.measure(channels);
    this.decide();
    this.mono.fill(0);
    const step = 1 / (FADE_S * this.rate);
    for (let c = 0; c < count; c++) {
      const wanted = this.alone ? Number(c === this.loudest) : 1 / count;
      this.shares[c] = add(this.mono, channels[c], this.shares[c], wanted, step);
    }
    return this.mono;
  }

  /** @param {number} count */
  begin(count) {
    this.count = count;
    this.energies.fill(0);
    this.meanEnergy = 0;
    this.shares.fill(1 / count);
    this.loudest = 0;
    this.alone = false;
  }

  /** @param {Float32Array[]} channels */
  measure(channels) {
    const { mono, count, energies } = this;
    const part = Math.min(1, mono.length / (MEMORY_S * this.rate));
    mono.fill(0);
    for (let c = 0; c < count; c++) {
      add(mono, channels[c], 1 / count, 1 / count, 0);
      energies[c] += part * (energy(channels[c]) - energies[c]);
    }
    this.meanEnergy += part * (energy(mono) - this.meanEnergy);
  }

  decide() {
    const { energies } = this;
    for (let c = 0; c < this.count; c++) if (energies[c] > LOUDER * energies[this.loudest]) this.loudest = c;
    this.alone = this.meanEnergy < (this.alone ? KEPT : CANCELLED) * energies[this.loudest];
  }
}

/**
 * Add a channel to `sum`, its share moving towards `wanted`; the last share.
 * @param {Float32Array} sum @param {Float32Array} channel @param {number} share @param {number} wanted @param {number} step per sample
 */
function add(sum, channel, share, wanted, step) {
  for (let i = 0; i < sum.length; i++) {
    share += Math.max(-step, Math.min(step, wanted - share));
    sum[i] += share * channel[i];
  }
  return share;
}

/** Around its mean, so that an offset, which some idle inputs have, counts for nothing. @param {Float32Array} samples */
function energy(samples) {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < samples.length; i++) {
    sum += samples[i];
    squares += samples[i] * samples[i];
  }
  return Math.max(0, squares - (sum * sum) / samples.length);
}
