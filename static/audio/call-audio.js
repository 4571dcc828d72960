/** The sound of a call: one audio context with the microphone and the player on it. Knows neither server nor conversation. */
import { preferences } from "../preferences.js";
import { devices } from "./devices.js";
import { Microphone, MicrophoneUnavailable, openMicrophone, openUnprocessed } from "./microphone.js";
import { Player } from "./player.js";
import { TICK_MS } from "./silence-watch.js";

/** A silence this long, from a microphone that was never heard, may be two channels that cancel each other. */
const CANCELLING_S = 1;
/** As often in a row a microphone that ends before it was heard is replaced; then the next device that comes is waited for. */
const MOST_ENDED_UNHEARD = 3;

/**
 * @typedef {object} Listener
 * @property {(pcm: ArrayBuffer) => void} frame 20 ms of the microphone
 * @property {(report: import("./player.js").Report) => void} played what the player did
 * @property {() => void} changed another microphone, or none any more, or nothing comes from it
 * @property {() => void} microphoneLost it went away, and there is no other
 * @property {(name: string) => void} microphoneReplaced it went away, and this one is used now
 * @property {() => void} noSound this browser cannot play
 */

export class CallAudio {
  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
    this.muted = false;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {Microphone | null} */
    this.microphone = null;
    /** Whether it went away, and the next one is waited for; muting is what the person does. */
    this.lost = false;
    /** The same device as the browser finds it, while it is tried. @type {Microphone | null} */
    this.unprocessed = null;
    this.microphonesAsked = 0;
    /** How many in a row ended before they were heard. */
    this.endedUnheard = 0;
    /** @type {Player | null} */
    this.player = null;
    this.timer = 0;
    this.closed = false;
  }

  /** @param {AudioContext} context made in a press, which is what lets the page make sound */
  async openPlayer(context) {
    this.context = context;
    // Phones pause the context for a call and for changed headphones.
    context.onstatechange = () => context.state !== "closed" && context.state !== "running" && this.resume();
    this.resume();
    this.timer = setInterval(() => this.watchMicrophone(), TICK_MS);
    const player = new Player(context, this.listener.played);
    try {
      await player.open();
    } catch (error) {
      if (this.closed) return;
      console.error(error);
      return this.listener.noSound();
    }
    if (this.closed) return player.close();
    this.player = player;
    await this.useSpeaker();
  }

  /** Sound again after a pause; while a phone call lasts it stays refused. */
  resume() {
    this.context?.resume().catch(() => {});
  }

  /** Ask for the preferred microphone and listen to it. Throws `MicrophoneUnavailable`. */
  async openMicrophone() {
    const asked = ++this.microphonesAsked;
    const stream = await openMicrophone(preferences.microphone).catch((error) => {
      if (!(error instanceof MicrophoneUnavailable && error.problem === "busy" && this.microphone)) throw error;
      // Some systems open one microphone at a time.
      this.dropMicrophone();
      return openMicrophone(preferences.microphone);
    });
    const microphone = await this.listen(stream, this.listener.frame);
    if (asked !== this.microphonesAsked || this.closed) return microphone.close();
    this.use(microphone);
    await this.useSpeaker(); // Which speakers there are is told to those who may use a microphone.
  }

  /**
   * A microphone, not yet in use; whoever has one closes it, or its light stays on. Throws `MicrophoneUnavailable` if it cannot be
   * listened to: the server may be gone that has the worklet.
   * @param {MediaStream} stream @param {(pcm: ArrayBuffer) => void} onframe
   */
  async listen(stream, onframe) {
    const microphone = new Microphone(/** @type {AudioContext} */ (this.context), stream, onframe);
    try {
      if (!this.closed) await microphone.open();
    } catch (error) {
      if (!this.closed) console.error(error);
      microphone.close();
      throw new MicrophoneUnavailable("busy");
    }
    return microphone;
  }

  /** @param {Microphone} microphone */
  use(microphone) {
    this.dropMicrophone();
    this.microphone = microphone;
    this.lost = false;
    microphone.onframe = this.listener.frame;
    microphone.setMuted(this.muted);
    microphone.onended = () => void this.replaceMicrophone();
    if (!microphone.live) void this.replaceMicrophone();
  }

  dropMicrophone() {
    this.dropUnprocessed();
    this.microphone?.close();
    this.microphone = null;
  }

  dropUnprocessed() {
    this.unprocessed?.close();
    this.unprocessed = null;
  }

  /** Another microphone was chosen; the talk goes on meanwhile, with the one before if this one may not be used. */
  async changeMicrophone() {
    try {
      await this.openMicrophone();
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable)) throw error;
      if (!this.microphone) return this.loseMicrophone(error.problem);
    }
    this.listener.changed();
  }

  /** The microphone went away, or after that there may be one again: use what there is. */
  async replaceMicrophone() {
    this.endedUnheard = this.microphone?.watch.heard ? 0 : this.endedUnheard + 1;
    if (this.endedUnheard > MOST_ENDED_UNHEARD) return this.loseMicrophone("busy");
    try {
      await this.openMicrophone();
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable)) throw error;
      return this.loseMicrophone(error.problem);
    }
    if (this.microphone) this.listener.microphoneReplaced(this.microphone.label);
  }

  /** @param {import("./microphone.js").MicrophoneProblem} problem */
  loseMicrophone(problem) {
    this.dropMicrophone();
    if (!this.lost) this.listener.microphoneLost();
    this.lost = problem !== "refused"; // Who took the permission back is not asked at the next device.
    this.listener.changed();
  }

  /** Something was plugged in or out: the chosen one may be back, or any one at all. */
  async devicesChanged() {
    await this.useSpeaker();
    const there = (await devices("audioinput")).map(({ deviceId }) => deviceId);
    if (this.lost && there.length > 0) {
      this.endedUnheard = 0;
      await this.replaceMicrophone();
    } else if (this.microphone && this.microphone.deviceId !== preferences.microphone && there.includes(preferences.microphone)) {
      await this.changeMicrophone();
    }
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.muted = muted;
    this.microphone?.setMuted(muted);
  }

  /** Whether the microphone can be heard. */
  get listening() {
    return this.microphone !== null && !this.muted;
  }

  /** Whether nothing comes from the microphone, though it is open and not turned off. */
  get silent() {
    return this.listening && Boolean(this.microphone?.watch.silent);
  }

  /** See whether anything comes; a page that nobody sees, or whose sound is paused, asks nothing. */
  watchMicrophone() {
    const { microphone } = this;
    if (!microphone) return;
    const { watch } = microphone;
    const before = watch.silent;
    if (this.muted || document.hidden || microphone.context.state !== "running") {
      watch.forget();
      this.dropUnprocessed();
    } else watch.tick(microphone.track.muted, !this.player?.busy);
    if (this.unprocessed) this.compareUnprocessed(microphone, this.unprocessed);
    else if (!watch.heard && watch.silentS === CANCELLING_S && microphone.mixesChannels) void this.tryUnprocessed(microphone);
    if (watch.silent !== before) this.listener.changed();
  }

  /** Listen to the same device a second time, as it is. @param {Microphone} microphone */
  async tryUnprocessed(microphone) {
    const listening = openUnprocessed(microphone.deviceId).then((stream) => this.listen(stream, () => {}));
    const candidate = await listening.catch(() => null);
    if (!candidate) return; // The notice that nothing comes is what is left.
    if (this.microphone !== microphone || this.unprocessed) return candidate.close();
    this.unprocessed = candidate;
  }

  /** Whichever has sound is used. @param {Microphone} microphone @param {Microphone} candidate */
  compareUnprocessed(microphone, candidate) {
    if (microphone.watch.soundFrames > 0 || !candidate.live) return this.dropUnprocessed();
    if (!candidate.watch.heard) return;
    this.unprocessed = null;
    this.use(candidate);
    this.listener.changed();
  }

  /** Take over a changed volume or speaker; a speaker that is gone leaves it to the default one. */
  async useSpeaker() {
    this.player?.setVolume(preferences.volume);
    const context = /** @type {any} */ (this.context);
    if (!context?.setSinkId) return;
    const there = (await devices("audiooutput")).some(({ deviceId }) => deviceId === preferences.speaker);
    const wished = there ? preferences.speaker : "";
    if (context.state === "closed" || context.sinkId === wished) return;
    await context.setSinkId(wished).catch(() => {});
    this.resume();
  }

  /** Loudness, 0 to 1, of the two sides now. */
  level() {
    return { user: this.muted ? 0 : (this.microphone?.level ?? 0), character: this.player?.level() ?? 0 };
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    this.microphonesAsked++;
    this.dropMicrophone();
    this.player?.close();
    if (this.context) this.context.onstatechange = null; // Chromium keeps closed contexts, and what they lead to.
    void this.context?.close();
  }
}
