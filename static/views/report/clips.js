/** Where something was said: the words, the place in the talk, and how it sounded, where that was recorded. */
import { clock } from "../../components/dates.js";
import { h, icon } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { preferences } from "../../preferences.js";
import { playable } from "../../protocol/download.js";
import { recordingPath } from "../../protocol/history.js";
import { hashOf } from "../../router.js";

/** @typedef {{ line_id: string, start_ms: number, end_ms: number, quote: string }} Clip on the conversation's line of time */

/** A little before and after: words have no hard edges. */
const EDGE_MS = 150;

/** When the end of a clip is timed. */
const SOON_MS = 400;

/** Plays the clips of one conversation, one at a time. */
export class Clips {
  /** @param {string | null} conversation where it was said; null where that is not kept @param {boolean} recorded */
  constructor(conversation, recorded) {
    this.conversation = conversation;
    this.recorded = recorded && conversation !== null;
    this.audio = new Audio();
    this.audio.preload = "none";
    this.endMs = 0;
    /** @type {Promise<string> | null} where the recording is played from */
    this.sound = null;
    /** @type {HTMLElement | null} the button of what is heard */
    this.playing = null;
    this.timer = 0;
    // Browsers tell the place four times a second: the last part of a clip is timed.
    this.audio.onplaying = this.audio.ontimeupdate = () => this.endInTime();
    this.audio.onended = this.audio.onerror = () => this.stop();
  }

  close() {
    this.audio.onplaying = this.audio.ontimeupdate = this.audio.onended = this.audio.onerror = null;
    clearTimeout(this.timer);
    this.playing = null;
    this.audio.pause();
    this.sound?.then((address) => address.startsWith("blob:") && URL.revokeObjectURL(address)).catch(() => {});
    this.audio.removeAttribute("src");
  }

  endInTime() {
    clearTimeout(this.timer);
    if (this.audio.paused) return;
    const leftMs = this.endMs - this.audio.currentTime * 1000;
    if (leftMs <= 0) this.stop();
    else if (leftMs < SOON_MS) this.timer = setTimeout(() => this.stop(), leftMs);
  }

  stop() {
    clearTimeout(this.timer);
    this.audio.pause();
    if (this.playing) this.face(this.playing, false);
    this.playing = null;
  }

  /** @param {HTMLElement} button @param {boolean} playing */
  face(button, playing) {
    button.innerHTML = icon(playing ? "stop" : "play");
    button.setAttribute("aria-pressed", String(playing));
  }

  /** @param {Clip} clip @param {HTMLElement} button */
  async play(clip, button) {
    const again = this.playing === button;
    this.stop();
    if (again) return;
    this.playing = button;
    this.face(button, true);
    try {
      this.sound ??= playable(recordingPath(this.conversation ?? ""));
      const address = await this.sound;
      if (this.playing !== button) return; // Stopped meanwhile, or another one is to be heard.
      if (!this.audio.src) this.audio.src = address;
      this.audio.volume = preferences.volume;
      this.audio.currentTime = Math.max(0, clip.start_ms - EDGE_MS) / 1000;
      this.endMs = clip.end_ms + EDGE_MS;
      await this.audio.play();
    } catch {
      if (!this.audio.src) this.sound = null; // It is asked for again.
      if (this.playing === button) this.stop(); // Stopped before it began, or it cannot be had.
    }
  }

  /** @param {Clip} clip */
  one(clip) {
    const { line_id, start_ms, end_ms, quote } = clip;
    const words = quote || t("report.pause", { seconds: ((end_ms - start_ms) / 1000).toFixed(1) });
    const label = t("report.listen", { words });
    const heard = this.recorded && end_ms > start_ms; // What was typed has no sound.
    const button = heard && h("button", { type: "button", class: "round small", "aria-label": label, title: t("report.listen.short"), "aria-pressed": "false", html: icon("play") });
    if (button) button.onclick = () => void this.play(clip, button);
    const link = this.conversation && h("a", { class: "at", href: hashOf(["history", this.conversation, line_id]), "aria-label": t("report.at", { time: clock(start_ms) }) }, clock(start_ms));
    return h("div", { class: "clip" }, button, h("q", { dir: "auto", class: quote ? "" : "pause" }, words), link);
  }

  /** @param {Clip[]} clips @param {string} [label] */
  all(clips, label = t("report.clips")) {
    return clips.length > 0 && h("ul", { class: "clips", "aria-label": label }, ...clips.map((clip) => h("li", {}, this.one(clip))));
  }
}
