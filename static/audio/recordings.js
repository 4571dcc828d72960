/** The sound of each line, kept in this page only, so that it can be heard again: bounded, oldest lines first out. */
import { MicrophoneHistory } from "./microphone-history.js";

const MICROPHONE_RATE = 16000;
const REPLY_RATE = 24000;
/** About twenty minutes of speech. */
const MOST_RECORDED_BYTES = 56 * 2 ** 20;
/** What is kept of the microphone, until it is known which part of it was speech and that all of it arrived. */
const MICROPHONE_HISTORY_S = 60;

export class Recordings {
  constructor() {
    /** @type {Map<string, { rate: number, chunks: ArrayBuffer[] }>} */
    this.tracks = new Map();
    this.bytes = 0;
    this.microphone = new MicrophoneHistory(MICROPHONE_HISTORY_S * MICROPHONE_RATE);
  }

  /** A new session: its line of time begins at zero. */
  beginSession() {
    this.microphone.beginSession();
  }

  /** What the microphone heard, in order. @param {ArrayBuffer} pcm */
  addMicrophone(pcm) {
    this.microphone.write(new Int16Array(pcm));
  }

  /**
   * What was heard after the session's first `received` samples, a second at a time. If some of it is not kept any more,
   * the session's line of time goes on without that.
   * @param {number} received
   */
  microphoneSince(received) {
    const { microphone } = this;
    microphone.skip(Math.max(0, microphone.oldest - received));
    const parts = [];
    for (let start = received; start < microphone.position; start += MICROPHONE_RATE) {
      parts.push(microphone.slice(start, Math.min(start + MICROPHONE_RATE, microphone.position)));
    }
    return parts;
  }

  /** Keep a part of what was heard as an item. @param {string} itemId @param {number} startMs @param {number} endMs */
  keepUtterance(itemId, startMs, endMs) {
    const end = Math.min(this.microphone.position, Math.round((endMs * MICROPHONE_RATE) / 1000));
    const start = Math.max(this.microphone.oldest, Math.round((startMs * MICROPHONE_RATE) / 1000));
    if (end > start) this.add(itemId, /** @type {ArrayBuffer} */ (this.microphone.slice(start, end).buffer), MICROPHONE_RATE);
  }

  /** What an item says, in order. @param {string} itemId @param {ArrayBuffer} pcm s16le @param {number} [rate] */
  add(itemId, pcm, rate = REPLY_RATE) {
    const track = this.tracks.get(itemId) ?? { rate, chunks: [] };
    track.chunks.push(pcm);
    this.tracks.set(itemId, track);
    this.bytes += pcm.byteLength;
    for (const [oldest, { chunks }] of this.tracks) {
      if (this.bytes <= MOST_RECORDED_BYTES || oldest === itemId) break;
      this.tracks.delete(oldest);
      this.bytes -= chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    }
  }

  /** @param {string} itemId */
  has(itemId) {
    return this.tracks.has(itemId);
  }

  /** An item as a WAV file, up to `untilMs`. @param {string} itemId @param {number} [untilMs] */
  wav(itemId, untilMs = Infinity) {
    const { rate, chunks } = this.tracks.get(itemId) ?? { rate: REPLY_RATE, chunks: [] };
    const all = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const bytes = Math.min(all, 2 * Math.round((untilMs * rate) / 1000));
    return new Blob([header(rate, bytes), new Blob(chunks).slice(0, bytes)], { type: "audio/wav" });
  }
}

/** The 44 bytes before mono s16le samples. @param {number} rate @param {number} bytes */
function header(rate, bytes) {
  const view = new DataView(new ArrayBuffer(44));
  const text = (/** @type {number} */ at, /** @type {string} */ name) =>
    [...name].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + bytes, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, bytes, true);
  return view.buffer;
}
