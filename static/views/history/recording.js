/** How a conversation sounded: one bar that plays it, and says where it is. */
import { clock } from "../../components/dates.js";
import { h, icon, iconButton } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { preferences } from "../../preferences.js";
import { playable } from "../../protocol/download.js";
import { recordingPath } from "../../protocol/history.js";

/** Keys are for the recording unless something on the page wants them. */
const WANTS_KEYS = "input, textarea, select, summary, a, button";

export class RecordingBar {
  /** @param {string} id of the conversation @param {number} lengthMs about @param {(ms: number | null) => void} at told where it is, as it plays */
  constructor(id, lengthMs, at) {
    this.id = id;
    this.at = at;
    this.audio = new Audio();
    this.audio.preload = "metadata";
    this.frame = 0;
    this.lifetime = new AbortController();
    this.button = iconButton("play", t("history.play"), { id: "play", class: "round main", onclick: () => this.toggle() });
    this.place = h("input", { id: "position", type: "range", min: 0, max: Math.max(1, lengthMs / 1000), step: 0.1, value: 0, "aria-label": t("history.position") });
    this.time = h("output", { for: "position" }, clock(0));
    this.word = h("p", { class: "note", role: "status", hidden: true }, t("history.no-sound"));
    this.element = h("div", { class: "recording", role: "group", "aria-label": t("history.play") }, this.button, this.place, this.time, this.word);
    this.place.oninput = () => void this.seek(this.place.valueAsNumber * 1000);
    this.listen();
  }

  listen() {
    const { audio } = this;
    audio.onplay = () => this.face(true);
    audio.onpause = () => this.face(false);
    audio.onended = () => this.at(null);
    audio.ontimeupdate = () => this.show();
    audio.onerror = () => this.failed();
    audio.onloadedmetadata = () => {
      if (Number.isFinite(audio.duration)) this.place.max = String(audio.duration);
    };
    addEventListener("keydown", (event) => this.pressed(event), { signal: this.lifetime.signal });
  }

  close() {
    this.lifetime.abort();
    cancelAnimationFrame(this.frame);
    this.audio.onerror = null;
    this.audio.pause();
    if (this.audio.src.startsWith("blob:")) URL.revokeObjectURL(this.audio.src);
    this.audio.removeAttribute("src");
  }

  /** From a place on. @param {number} ms */
  async playFrom(ms) {
    await this.seek(ms);
    await this.play();
  }

  /** @param {number} ms */
  async seek(ms) {
    await this.load();
    this.audio.currentTime = ms / 1000;
    this.show();
  }

  toggle() {
    if (this.audio.paused) void this.play();
    else this.audio.pause();
  }

  async play() {
    await this.load();
    this.audio.volume = preferences.volume;
    await this.audio.play().catch(() => {}); // Stopped before it began, or told by onerror.
  }

  async load() {
    if (this.audio.src) return;
    try {
      this.audio.src = await playable(recordingPath(this.id));
    } catch {
      this.failed();
    }
  }

  failed() {
    this.word.hidden = false;
    this.audio.removeAttribute("src"); // The next press tries again.
    this.face(false);
  }

  /** @param {boolean} playing */
  face(playing) {
    const label = t(playing ? "history.pause" : "history.play");
    this.button.innerHTML = icon(playing ? "pause" : "play");
    this.button.setAttribute("aria-label", label);
    this.button.title = label;
    cancelAnimationFrame(this.frame);
    if (!playing) return;
    this.word.hidden = true;
    const follow = () => {
      this.frame = requestAnimationFrame(follow);
      this.at(this.audio.currentTime * 1000);
    };
    follow();
  }

  show() {
    const seconds = this.audio.currentTime;
    this.place.value = String(seconds);
    this.time.value = clock(seconds * 1000);
    this.place.setAttribute("aria-valuetext", this.time.value);
    this.at(seconds * 1000);
  }

  /** Space plays and pauses. @param {KeyboardEvent} event */
  pressed(event) {
    const target = /** @type {Element} */ (event.target);
    if (event.key !== " " || event.defaultPrevented || target.matches(WANTS_KEYS)) return;
    event.preventDefault();
    if (!event.repeat) this.toggle();
  }
}
