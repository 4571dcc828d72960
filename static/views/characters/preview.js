/** Beside the form: who it is so far, how they sound, what they would answer, and what is still missing. */
import { h, icon } from "../../components/dom.js";
import { faceOf } from "../../components/portraits.js";
import { inEnglish } from "../../components/reasons.js";
import { hasText, language as pageLanguage, languageName, t } from "../../i18n.js";
import { preferences } from "../../preferences.js";
import { previewVoice } from "../../protocol/characters.js";
import { textIn, tidied } from "./form/paths.js";
import { asRead } from "./card.js";
import { keyOf, labelOf } from "./form/fields.js";

/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */
/** @typedef {import("../../protocol/characters.js").Fault} Fault */

/** What is told at once. */
const TOLD = 5;

export class Preview {
  /** @param {{ file: () => CharacterFile, picture: () => string, language: () => string, ask: () => void, goTo: (field: string) => void }} editor */
  constructor(editor) {
    this.editor = editor;
    this.audio = new Audio();
    this.audio.onended = () => this.stop();
    /** @type {HTMLButtonElement | null} */
    this.playing = null;
    this.shown = "";
    this.face = h("div", { class: "face" });
    this.name = h("p", { class: "name", dir: "auto" });
    this.line = h("p", { class: "line", dir: "auto" });
    this.greeting = h("p", { class: "said", dir: "auto" });
    this.missing = h("div", { class: "missing" });
    const ask = h("button", { type: "button", class: "primary", id: "ask", html: icon("microphone"), onclick: () => editor.ask() }, h("span", {}, t("preview.ask")));
    this.element = h(
      "aside",
      { class: "preview", "aria-label": t("preview") },
      this.face,
      h("div", { class: "words" }, this.name, this.line),
      this.greeting,
      h("p", { class: "actions" }, ask),
      h("p", { class: "note" }, t("preview.note")),
      this.missing,
    );
    this.show();
  }

  close() {
    this.stop();
  }

  show() {
    const file = this.editor.file();
    const seen = JSON.stringify([file.portrait, file.accent, this.editor.picture()]);
    if (seen !== this.shown) this.face.innerHTML = faceOf({ portrait: file.portrait ?? "", accent: file.accent ?? "#5b6470", picture: this.editor.picture() });
    this.shown = seen;
    const writing = this.editor.language();
    this.name.textContent = textIn(file, "name", pageLanguage) || t("editor.unnamed");
    this.line.replaceChildren(...asRead(textIn(file, "line", writing), this.name.textContent, writing));
    this.greeting.replaceChildren(...asRead(textIn(file, "greeting", writing), this.name.textContent, writing));
    this.greeting.hidden = !this.greeting.textContent;
  }

  /** What is missing or wrong, each with the way there. @param {Fault[]} problems @param {Fault[]} warnings */
  tell(problems, warnings) {
    const list = (/** @type {string} */ title, /** @type {Fault[]} */ faults, /** @type {(fault: Fault) => string} */ said) =>
      faults.length > 0 && h("div", { class: `faults ${title.split(".")[1]}` }, h("p", { class: "label" }, t(title)), h("ul", {}, ...faults.slice(0, TOLD).map((fault) => this.fault(fault, said(fault)))));
    this.missing.replaceChildren(...[list("preview.missing", problems, worded), list("preview.better", warnings, bettered)].filter((part) => part instanceof Node));
  }

  /** @param {Fault} fault @param {string} said */
  fault({ field }, said) {
    return h("li", {}, h("button", { type: "button", class: "link", onclick: () => this.editor.goTo(field) }, placeOf(field)), ` ${said}`);
  }

  /** A button that lets it say its greeting as it is written now. */
  hear() {
    const button = h("button", { type: "button", class: "quiet sample hear", html: icon("play") }, h("span", {}, t("preview.hear")));
    const problem = h("span", { class: "problem", role: "alert" });
    button.onclick = () => (this.playing === button ? this.stop() : void this.play(button, problem));
    return h("p", { class: "hearing" }, button, problem);
  }

  /** @param {HTMLButtonElement} button @param {HTMLElement} problem */
  async play(button, problem) {
    this.stop();
    problem.textContent = "";
    const file = heard(this.editor.file(), this.editor.language());
    if (!file) return void (problem.textContent = t("preview.unheard.field"));
    this.playing = button;
    drawn(button, "stop", t("preview.stop"));
    button.setAttribute("aria-busy", "true");
    try {
      const sound = await previewVoice(file, this.editor.language());
      if (this.playing === button) {
        this.audio.src = URL.createObjectURL(sound);
        this.audio.volume = preferences.volume;
        await this.audio.play();
      }
    } catch {
      if (this.playing === button) {
        this.stop();
        problem.textContent = t("preview.unheard");
      }
    }
    button.removeAttribute("aria-busy");
  }

  stop() {
    this.audio.pause();
    URL.revokeObjectURL(this.audio.src);
    if (this.playing) drawn(this.playing, "play", t("preview.hear"));
    this.playing = null;
  }
}

/** @param {HTMLButtonElement} button @param {"play" | "stop"} name @param {string} words */
const drawn = (button, name, words) => (button.innerHTML = `${icon(name)}<span>${words}</span>`);

/** No more than what a greeting is said with, for the rest may be missing yet; null without a greeting. @param {CharacterFile} file @param {string} language @returns {CharacterFile | null} */
function heard(file, language) {
  const { name = "…", greeting, voice } = file[language] ?? {};
  const { speed, pitch } = file;
  return greeting ? tidied({ languages: [language], speed, pitch, [language]: { name, greeting, voice, who: "…" } }) : null;
}

/** @param {string} path */
function placeOf(path) {
  const [language] = path.split(".");
  const label = labelOf(path);
  return /^[a-z]{2,3}$/.test(language) && language !== path ? `${label} (${languageName(language)})` : label;
}

/** In the page's words where it has some. @param {Fault} fault */
export const worded = ({ code, message }) => (hasText(`fault.${code}`) ? t(`fault.${code}`) : inEnglish(message) || t("fault.wrong"));

/** @param {Fault} fault */
function bettered({ field, code, message }) {
  const key = code === "cut" ? "better.cut" : `better.${keyOf(field)}`;
  return hasText(key) ? t(key) : inEnglish(message);
}
