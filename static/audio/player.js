/**
 * The page's side of the playback worklet: items by their names, a backlog for what does not fit yet, and the position
 * between two reports. It knows nothing of the conversation.
 */

import { PlayoutBuffer } from "./playout-buffer.js";

const RATE = 24000;
/** What the buffer holds; servers that send faster than one can listen fill the backlog here. */
const CAPACITY = 30 * RATE;
/** An audio thread that the system has put to sleep does not answer; nobody waits for it longer than this. */
const ANSWER_MS = 300;
const EVENTS = /** @type {const} */ (["position", "started", "ended", "flushed"]);

/** @typedef {{ event: "position" | "started" | "ended" | "flushed", itemId: string, playedMs: number, totalMs: number, waits?: boolean }} Report */
/** @typedef {{ name: string, samples: number, done: boolean }} Item */

export class Player {
  /** @param {AudioContext} context @param {(report: Report) => void} onreport */
  constructor(context, onreport) {
    this.context = context;
    this.onreport = onreport;
    /** @type {Map<number, Item>} items that are queued or playing */
    this.items = new Map();
    this.newest = 0;
    /** @type {{ item: number, pcm: ArrayBuffer | null }[]} what the worklet has no room for; null ends the item */
    this.backlog = [];
    this.sent = 0;
    this.consumed = 0;
    this.paused = false;
    /** @type {Set<string>} flushed items, whose late audio is dropped */
    this.dropped = new Set();
    /** @type {{ items: Map<number, Item>, sent: number, settle: (handle: number, played: number) => void }[]} asked, not yet answered */
    this.flushing = [];
    /** @type {(command: import("./playout-buffer.js").Command, transfer?: Transferable[]) => void} */
    this.post = () => {};
    /** Hear no more of the worklet: a port that is listened to is kept, and with it everything that its listener leads to. */
    this.leavePort = () => {};
    this.stats = { samples: 0, peak: 0, rms: 0, gaps: 0 };
    this.at = { item: -1, playedMs: 0, time: 0 };
  }

  /** Connect to the speaker; must be awaited before anything else. */
  async open() {
    const options = { rate: RATE, capacity: CAPACITY };
    this.node = this.context.audioWorklet ? await this.worklet(options) : this.fallback(options);
    this.analyser = new AnalyserNode(this.context, { fftSize: 1024 });
    this.wave = new Float32Array(this.analyser.fftSize);
    this.node.connect(this.analyser).connect(this.context.destination);
  }

  /** @param {{ rate: number, capacity: number }} processorOptions @returns {Promise<AudioNode>} */
  async worklet(processorOptions) {
    await this.context.audioWorklet.addModule(new URL("./playback-worklet.js", import.meta.url).href);
    const node = new AudioWorkletNode(this.context, "kaikou-playback", {
      numberOfInputs: 0,
      outputChannelCount: [1],
      processorOptions,
    });
    node.port.onmessage = ({ data }) => this.receive(data);
    this.post = (command, transfer = []) => node.port.postMessage(command, transfer);
    this.leavePort = () => {
      node.port.onmessage = null;
      node.port.close();
    };
    return node;
  }

  /**
   * Browsers offer worklets to secure pages only; on others the old way still lets a typed talk be heard.
   * @param {{ rate: number, capacity: number }} options @returns {AudioNode}
   */
  fallback(options) {
    const buffer = new PlayoutBuffer(options, this.context.sampleRate, (report) => {
      const copy = report.slice();
      queueMicrotask(() => this.receive(copy));
    });
    const node = this.context.createScriptProcessor(2048, 0, 1);
    node.onaudioprocess = ({ outputBuffer }) => buffer.fill(outputBuffer.getChannelData(0));
    this.post = (command) => buffer.receive(command);
    return node;
  }

  /** Queue audio of an item, s16le at 24 kHz. @param {string} itemId @param {ArrayBuffer} pcm */
  push(itemId, pcm) {
    if (this.dropped.has(itemId)) return;
    const item = this.handle(itemId);
    /** @type {Item} */ (this.items.get(item)).samples += pcm.byteLength >> 1;
    this.backlog.push({ item, pcm });
    this.feed();
  }

  /** Say that nothing more of an item comes. @param {string} itemId */
  end(itemId) {
    const item = this.find(itemId);
    if (item === undefined) return;
    const entry = /** @type {Item} */ (this.items.get(item));
    if (entry.done) return;
    entry.done = true;
    this.backlog.push({ item, pcm: null });
    this.feed();
  }

  /** Stop and forget everything; resolves with what was heard of the item that was playing, or null. */
  flush() {
    const { items, sent } = this;
    const estimate = this.position()?.playedMs ?? 0;
    const current = this.at.item;
    for (const { name } of items.values()) this.dropped.add(name);
    this.items = new Map();
    this.backlog = [];
    this.paused = false;
    return /** @type {Promise<Report | null>} */ (
      new Promise((resolve) => {
        const settle = (/** @type {number} */ handle, /** @type {number} */ played) => {
          clearTimeout(timer);
          const item = items.get(handle);
          items.clear();
          const report = item ? this.report("flushed", item, played) : null;
          if (report) this.onreport(report);
          resolve(report);
        };
        const timer = setTimeout(() => settle(current, (estimate * RATE) / 1000), ANSWER_MS);
        this.flushing.push({ items, sent, settle });
        this.post({ do: "flush" });
      })
    );
  }

  pause() {
    if (this.paused) return;
    this.at = { ...this.at, playedMs: this.position()?.playedMs ?? 0 };
    this.paused = true;
    this.post({ do: "pause" });
  }

  resume() {
    if (!this.paused) return;
    this.paused = false;
    this.at.time = performance.now();
    this.post({ do: "resume" });
  }

  /** @param {number} volume 0 to 1 */
  setVolume(volume) {
    this.post({ do: "volume", volume });
  }

  /** Whether something is queued or playing. */
  get busy() {
    return this.items.size > 0;
  }

  /** The item being heard now and how far, estimated between reports; null in silence. */
  position() {
    const item = this.items.get(this.at.item);
    if (!item) return null;
    const since = this.paused ? 0 : Math.min(250, performance.now() - this.at.time);
    const latencyMs = 1000 * (this.context.outputLatency || 0);
    const totalMs = this.lengthMs(item);
    return { itemId: item.name, playedMs: Math.max(0, Math.min(this.at.playedMs + since, totalMs) - latencyMs), totalMs };
  }

  /** Loudness of what goes to the speaker now, 0 to 1. */
  level() {
    if (!this.analyser || !this.wave) return 0;
    this.analyser.getFloatTimeDomainData(this.wave);
    let energy = 0;
    for (const sample of this.wave) energy += sample * sample;
    return Math.min(1, 3 * Math.sqrt(energy / this.wave.length));
  }

  close() {
    this.node?.disconnect();
    this.leavePort();
    this.items.clear();
    this.backlog = [];
  }

  /** @param {Item} item */
  lengthMs(item) {
    return (1000 * item.samples) / RATE;
  }

  /** @param {string} itemId */
  find(itemId) {
    for (const [handle, item] of this.items) if (item.name === itemId) return handle;
    return undefined;
  }

  /** @param {string} itemId */
  handle(itemId) {
    const known = this.find(itemId);
    if (known !== undefined) return known;
    this.items.set(++this.newest, { name: itemId, samples: 0, done: false });
    return this.newest;
  }

  /** Pass on what fits, in order. */
  feed() {
    while (this.backlog.length) {
      const { item, pcm } = this.backlog[0];
      if (!pcm) this.post({ do: "end", item });
      else {
        const samples = pcm.byteLength >> 1;
        if (this.sent - this.consumed + samples > CAPACITY) return;
        this.sent += samples;
        this.post({ do: "push", item, pcm }, [pcm]);
      }
      this.backlog.shift();
    }
  }

  /** @param {Float64Array} data as `post` in playout-buffer.js lays it out */
  receive([kind, handle, played, waiting, frames, peak, energy, gaps, waits]) {
    this.stats = { samples: frames, peak, rms: frames ? Math.sqrt(energy / frames) : 0, gaps };
    const event = EVENTS[kind];
    if (event === "flushed") return this.flushed(handle, played);
    this.consumed = Math.max(this.consumed, this.sent - waiting);
    this.at = { item: handle, playedMs: (1000 * played) / RATE, time: performance.now() };
    const item = this.items.get(handle);
    if (event === "ended") this.items.delete(handle);
    if (item) this.onreport(this.report(event, item, played, waits > 0));
    this.feed();
  }

  /** @param {number} handle @param {number} played */
  flushed(handle, played) {
    const asked = this.flushing.shift();
    if (!asked) return;
    this.consumed = Math.max(this.consumed, asked.sent);
    asked.settle(handle, played);
    this.feed();
  }

  /** @param {Report["event"]} event @param {Item} item @param {number} played @param {boolean} waits whether for more sound @returns {Report} */
  report(event, item, played, waits = false) {
    const playedMs = Math.round((1000 * played) / RATE);
    return { event, itemId: item.name, playedMs, totalMs: Math.round(this.lengthMs(item)), waits };
  }
}
