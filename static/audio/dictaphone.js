/** One sentence of the microphone as a WAV file: begun by a press, ended by one, or by the silence behind the sentence. */
import { Microphone } from "./microphone.js";
import { Recordings } from "./recordings.js";

/** Of 16 kHz, mono, 16 bits. */
const BYTES_PER_MS = 32;
const RATE = 16000;
/** How loud a voice is at least, and how soft the silence behind it at most, from 0 to 1. */
const VOICE = 0.06;
const SILENCE = 0.03;
/** A voice lasts this long; shorter is a click. */
const VOICE_MS = 120;
/** So long a silence ends it: people pause within a sentence, too. */
const OVER_MS = 1800;
const LONGEST_MS = 25_000;

export class Dictaphone {
  /** @param {MediaStream} stream closed in the end @param {() => void} onover the sentence is over by itself, or the microphone is gone */
  constructor(stream, onover) {
    this.recordings = new Recordings();
    this.onover = onover;
    this.context = new AudioContext();
    this.microphone = new Microphone(this.context, stream, (pcm) => this.hear(pcm));
    this.microphone.onended = () => this.over();
    this.ms = 0;
    this.voiceMs = 0;
    this.silentMs = 0;
    this.closed = false;
  }

  async open() {
    await this.context.resume();
    await this.microphone.open();
  }

  /** How loud it is now, from 0 to 1. */
  get level() {
    return this.closed ? 0 : this.microphone.level;
  }

  /** Whether a voice was heard at all. */
  get heard() {
    return this.voiceMs >= VOICE_MS;
  }

  /** @param {ArrayBuffer} pcm */
  hear(pcm) {
    if (this.closed) return;
    const ms = pcm.byteLength / BYTES_PER_MS;
    const { level } = this.microphone;
    this.recordings.add("said", pcm.slice(0), RATE);
    this.ms += ms;
    this.voiceMs += level >= VOICE ? ms : 0;
    this.silentMs = level <= SILENCE ? this.silentMs + ms : 0;
    if (this.ms >= LONGEST_MS || (this.heard && this.silentMs >= OVER_MS)) this.over();
  }

  over() {
    if (!this.closed) this.onover();
  }

  /** End it. @returns {Blob} what was heard */
  close() {
    this.closed = true;
    this.microphone.close();
    void this.context.close();
    return this.recordings.wav("said");
  }
}
