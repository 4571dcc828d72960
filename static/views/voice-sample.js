/** A few words in a character's voice, at a press: one at a time. */
import { fetchSample } from "../protocol/api.js";
import { icon, iconButton } from "../components/dom.js";
import { localized, t } from "../i18n.js";
import { preferences } from "../preferences.js";

/** @typedef {import("../protocol/api.js").Character} Character */

export class VoiceSample {
  constructor() {
    this.audio = new Audio();
    /** @type {HTMLButtonElement | null} */
    this.playing = null;
    /** What the playing button is called while it does not play. */
    this.label = "";
    this.audio.onended = () => this.stop();
  }

  /** @param {Character} character @param {string} spoken @param {Record<string, string>} [properties] @param {...Node} words */
  button(character, spoken, properties = {}, ...words) {
    const button = iconButton("play", t("sample", { name: localized(character.name) }), {
      class: "round sample",
      onclick: () => (this.playing === button ? this.stop() : void this.play(button, character.id, spoken)),
      ...properties,
    });
    button.append(...words);
    return button;
  }

  /** @param {HTMLButtonElement} button @param {string} id @param {string} spoken */
  async play(button, id, spoken) {
    this.stop();
    this.playing = button;
    this.label = button.getAttribute("aria-label") ?? "";
    face(button, "stop", t("sample.stop"));
    button.setAttribute("aria-busy", "true");
    try {
      this.audio.src = URL.createObjectURL(await fetchSample(id, spoken));
      this.audio.volume = preferences.volume;
      if (this.playing === button) await this.audio.play();
    } catch {
      // No voice for this language, or a server that is starting: say so where it was asked.
      if (this.playing === button) this.stop();
      button.title = t("sample.none");
      button.classList.add("none");
    }
    button.removeAttribute("aria-busy");
  }

  stop() {
    this.audio.pause();
    URL.revokeObjectURL(this.audio.src);
    if (this.playing) face(this.playing, "play", this.label);
    this.playing = null;
  }
}

/** Change a button's icon and name, not its words. @param {HTMLElement} button @param {"play" | "stop"} name @param {string} label */
function face(button, name, label) {
  const drawn = button.querySelector("svg");
  if (drawn) drawn.outerHTML = icon(name);
  button.setAttribute("aria-label", label);
  button.title = label;
}
