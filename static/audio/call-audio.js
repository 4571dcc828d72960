/** The sound of a call: one audio context with the microphone and the player on it. Knows neither server nor conversation. */
import { preferences } from "../preferences.js";
import { Microphone, MicrophoneUnavailable, openMicrophone } from "./microphone.js";
import { Player } from "./player.js";

/**
 * @typedef {object} Listener
 * @property {(pcm: ArrayBuffer) => void} frame 20 ms of the microphone
 * @property {(report: import("./player.js").Report) => void} played what the player did
 * @property {() => void} changed another microphone, or none any more
 * @property {() => void} microphoneLost
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
    /** @type {Player | null} */
    this.player = null;
  }

  /** @param {AudioContext} context made in a press, which is what lets the page make sound */
  async openPlayer(context) {
    this.context = context;
    // Phones pause the context for a call and for changed headphones.
    context.onstatechange = () => context.state !== "closed" && context.state !== "running" && void context.resume();
    void context.resume();
    const player = new Player(context, this.listener.played);
    try {
      await player.open();
    } catch (error) {
      console.error(error);
      return this.listener.noSound();
    }
    this.player = player;
    await this.useSpeaker();
  }

  /** Ask for the preferred microphone and listen to it. Throws `MicrophoneUnavailable`. */
  async openMicrophone() {
    const stream = await openMicrophone(preferences.microphone);
    const context = /** @type {AudioContext} */ (this.context);
    if (context.state === "closed") return stream.getTracks().forEach((track) => track.stop());
    const microphone = new Microphone(context, stream, this.listener.frame);
    await microphone.open();
    this.microphone?.close();
    this.microphone = microphone;
    microphone.setMuted(this.muted);
    microphone.onended = () => void this.changeMicrophone();
  }

  /** Another microphone was chosen, or this one was unplugged; the talk goes on meanwhile. */
  async changeMicrophone() {
    try {
      await this.openMicrophone();
    } catch (error) {
      if (!(error instanceof MicrophoneUnavailable)) throw error;
      this.microphone = null;
      this.muted = true;
      this.listener.microphoneLost();
    }
    this.listener.changed();
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

  /** Take over a changed volume or speaker. */
  async useSpeaker() {
    this.player?.setVolume(preferences.volume);
    const context = /** @type {any} */ (this.context);
    if (!context?.setSinkId || context.sinkId === preferences.speaker) return;
    await context.setSinkId(preferences.speaker).catch(() => {}); // A speaker that is gone: the default one goes on.
  }

  /** Loudness, 0 to 1, of the two sides now. */
  level() {
    return { user: this.muted ? 0 : (this.microphone?.level ?? 0), character: this.player?.level() ?? 0 };
  }

  close() {
    this.microphone?.close();
    this.player?.close();
    void this.context?.close();
  }
}
