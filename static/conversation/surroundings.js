/** What happens around the page while a talk lasts: it is hidden and seen again, devices come and go, sound is held back. */
import { WakeLock } from "./wake-lock.js";

const HELD_MS = 2000; // how long sound may be held back before the person is told

/**
 * @typedef {object} Listener
 * @property {() => void} soundHeld some browsers hold it back after a sleep or a phone call, until the person presses something
 * @property {() => void} soundBack
 */

export class Surroundings {
  /** @param {import("../audio/call-audio.js").CallAudio} audio @param {Listener} listener */
  constructor(audio, listener) {
    this.audio = audio;
    this.listener = listener;
    this.wakeLock = new WakeLock();
    this.timer = 0;
    this.lifetime = new AbortController();
  }

  /** Until `close()`. @param {AudioContext} context that plays */
  watch(context) {
    const { signal } = this.lifetime;
    const resume = () => this.audio.resume();
    addEventListener("pointerdown", resume, { signal });
    addEventListener("keydown", resume, { signal });
    context.addEventListener("statechange", () => this.followSound(context), { signal });
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") resume();
      void this.wakeLock.request();
    }, { signal });
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.audio.devicesChanged(), { signal });
    void this.wakeLock.request();
  }

  /** @param {AudioContext} context */
  followSound(context) {
    clearTimeout(this.timer);
    const held = () => context.state !== "running" && context.state !== "closed";
    if (!held()) return this.listener.soundBack();
    this.timer = setTimeout(() => held() && this.listener.soundHeld(), HELD_MS);
  }

  close() {
    this.lifetime.abort();
    clearTimeout(this.timer);
    this.wakeLock.release();
  }
}
