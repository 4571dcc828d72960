/**
 * Say a sentence after somebody: hear it, say it, see which words were understood and how pace and pauses compare.
 *
 *   ready ──listen──▶ listening ──over · stop──▶ ready
 *     └────speak────▶ speaking ──done · silence──▶ comparing ──▶ ready      closing ends it from any
 */
import { Dictaphone } from "../../audio/dictaphone.js";
import { MicrophoneUnavailable, openMicrophone } from "../../audio/microphone.js";
import { h, icon, iconButton, loadStylesheet } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { preferences } from "../../preferences.js";
import { ServerRefused } from "../../protocol/api.js";
import { askShadow, fetchModel } from "../../protocol/shadow.js";
import { timeline } from "./timeline.js";
import "./texts.js";

await loadStylesheet(new URL("../../shadow.css", import.meta.url).href);

/** @typedef {import("../../conversation/call.js").Call} Call */
/** @typedef {import("../../protocol/shadow.js").Shadowed} Shadowed */
/** @typedef {import("../../protocol/shadow.js").TimedWord} TimedWord */
/**
 * @typedef {object} Sentence
 * @property {string} text @property {string} language "en" or "zh"
 * @property {string} [character] whose voice says it where neither of the next two is given; without it any voice does
 * @property {() => Blob} [sound] how the model says it, as a file
 * @property {() => Promise<unknown>} [play] in place of that: play it, and be done when it was heard; `stop` ends it
 * @property {() => void} [stop]
 * @property {TimedWord[]} [words] when the model's words sound
 */
/** @typedef {"ready" | "listening" | "speaking" | "comparing"} State */

/** Open the dialog, unless it is open. @param {Sentence} sentence @param {Call | null} [call] a talk that goes on beside it */
export function shadow(sentence, call = null) {
  return document.querySelector("#shadow") ? null : new ShadowDialog(sentence, call);
}

class ShadowDialog {
  /** @param {Sentence} sentence @param {Call | null} call */
  constructor(sentence, call) {
    this.sentence = sentence;
    this.call = call;
    /** @type {State} */
    this.state = "ready";
    this.closing = new AbortController();
    this.audio = new Audio();
    /** @type {Dictaphone | null} */
    this.dictaphone = null;
    /** @type {Blob | null} */
    this.said = null;
    /** @type {ReturnType<typeof fetchModel> | null} */
    this.model = null;
    this.frame = 0;
    this.text = h("p", { class: "sentence", lang: sentence.language, dir: "auto" }, sentence.text);
    this.word = h("p", { class: "word", role: "status" }, t("shadow.ready"));
    this.listen = h("button", { type: "button", class: "plain", id: "shadow-listen", onclick: () => void this.toggleListening() });
    this.speak = h("button", { type: "button", class: "primary", id: "shadow-speak", onclick: () => void this.toggleSpeaking() });
    this.yourself = h("button", { type: "button", class: "plain", id: "shadow-yourself", hidden: true, onclick: () => void this.hearYourself() }, t("shadow.yourself"));
    this.result = h("div", { class: "shadow-result" });
    this.element = h(
      "dialog",
      { id: "shadow", class: "shadow", "aria-labelledby": "shadow-title", onclose: () => this.close() },
      h("header", {}, h("h1", { id: "shadow-title" }, t("shadow.title")), iconButton("close", t("shadow.close"), { onclick: () => this.element.close() })),
      h("div", { class: "sheet" }, this.text, h("div", { class: "actions" }, this.listen, this.speak, this.yourself), this.word, this.result, h("p", { class: "note" }, t("shadow.note"))),
    );
    this.render();
    document.body.append(this.element);
    this.element.showModal();
    this.speak.focus();
    this.quieten();
  }

  /** The talk beside it hears neither the model nor the person, until this is closed. */
  quieten() {
    const { call } = this;
    this.muted = Boolean(call && !call.ended && !call.audio.muted);
    if (!call || !this.muted) return;
    call.audio.setMuted(true);
    call.onchange();
  }

  close() {
    this.closing.abort();
    cancelAnimationFrame(this.frame);
    this.silence();
    this.dictaphone?.close();
    this.dictaphone = null;
    this.element.remove();
    const { call } = this;
    if (!call || !this.muted || call.ended) return;
    call.audio.setMuted(false);
    call.onchange();
  }

  /** @param {State} state @param {string} [word] what is told */
  set(state, word) {
    this.state = state;
    if (word !== undefined && this.word.textContent !== word) this.word.textContent = word;
    this.render();
  }

  render() {
    const { state } = this;
    const listening = state === "listening";
    this.listen.innerHTML = icon(listening ? "stop" : "play");
    this.listen.append(t(listening ? "shadow.listening" : "shadow.listen"));
    this.speak.innerHTML = icon(state === "speaking" ? "stop" : "microphone");
    this.speak.append(t(state === "speaking" ? "shadow.speaking" : this.said ? "shadow.again" : "shadow.speak"));
    this.element.dataset.state = state;
    this.speak.setAttribute("aria-disabled", String(state === "comparing"));
    this.listen.setAttribute("aria-disabled", String(state === "comparing" || state === "speaking"));
    this.yourself.hidden = !this.said || state === "speaking";
  }

  // --- Hearing -------------------------------------------------------------------------------------------------------

  async toggleListening() {
    if (this.state === "listening") return this.silence();
    if (this.state !== "ready") return;
    this.silence();
    this.set("listening", ""); // Before anything is waited for, or a second press would do it again.
    await this.call?.interrupt();
    try {
      if (this.sentence.play) await this.sentence.play();
      else await this.play(this.sentence.sound?.() ?? (await this.spoken()).sound);
    } catch {
      if (!this.closing.signal.aborted) this.set("ready", t("shadow.silent-model"));
    }
    if (/** @type {State} */ (this.state) === "listening" && !this.closing.signal.aborted) this.set("ready");
  }

  async hearYourself() {
    if (!this.said || this.state === "speaking") return;
    this.silence();
    await this.play(this.said).catch(() => {});
  }

  /** @param {Blob} sound */
  async play(sound) {
    if (this.closing.signal.aborted) return;
    const { audio } = this;
    audio.src = URL.createObjectURL(sound);
    audio.volume = preferences.volume;
    const over = new Promise((resolve) => (audio.onended = audio.onpause = audio.onerror = resolve));
    try {
      await audio.play();
      await over;
    } finally {
      URL.revokeObjectURL(audio.src);
    }
  }

  /** Nothing is heard any more. */
  silence() {
    this.sentence.stop?.();
    this.audio.pause();
    if (this.state === "listening") this.set("ready");
  }

  /** The sentence in the character's voice. */
  spoken() {
    const { character = "", language, text } = this.sentence;
    this.model ??= fetchModel(character, language, text).catch((error) => {
      this.model = null;
      throw error;
    });
    return this.model;
  }

  /** When the model's words sound, if that can be known. @returns {Promise<TimedWord[]>} */
  async modelWords() {
    const { words, sound, play } = this.sentence;
    if (words?.length || sound || play) return words ?? [];
    return this.spoken().then(
      ({ words }) => words,
      () => [],
    );
  }

  // --- Saying --------------------------------------------------------------------------------------------------------

  async toggleSpeaking() {
    if (this.state === "speaking") return this.compare();
    if (this.state === "comparing") return;
    this.silence();
    this.set("speaking", "");
    await this.call?.interrupt();
    try {
      const stream = await this.stream();
      this.dictaphone = new Dictaphone(stream, () => void this.compare());
      await this.dictaphone.open();
    } catch (error) {
      this.dictaphone?.close();
      this.dictaphone = null;
      const problem = error instanceof MicrophoneUnavailable ? error.problem : "busy";
      return this.set("ready", t(`shadow.${problem}`));
    }
    if (this.closing.signal.aborted) return this.dictaphone?.close();
    this.result.replaceChildren();
    this.text.replaceChildren(this.sentence.text);
    this.set("speaking", t("shadow.go"));
    this.meter();
  }

  /** The talk's microphone, if there is one: some systems open one only once. @returns {Promise<MediaStream>} */
  async stream() {
    const microphone = this.call?.audio.microphone;
    if (!microphone?.live) return openMicrophone(preferences.microphone);
    const stream = microphone.stream.clone();
    for (const track of stream.getAudioTracks()) track.enabled = true;
    return stream;
  }

  /** Show that it is heard. */
  meter() {
    if (!this.dictaphone) return this.speak.style.removeProperty("--level");
    this.speak.style.setProperty("--level", this.dictaphone.level.toFixed(2));
    this.element.toggleAttribute("data-heard", this.dictaphone.heard);
    this.frame = requestAnimationFrame(() => this.meter());
  }

  async compare() {
    const { dictaphone, sentence, closing } = this;
    if (!dictaphone) return;
    this.dictaphone = null;
    this.said = dictaphone.close();
    if (!dictaphone.heard) {
      this.said = null;
      return this.set("ready", t("shadow.nothing"));
    }
    this.set("comparing", t("shadow.thinking"));
    try {
      const told = await askShadow(this.said, { text: sentence.text, language: sentence.language, words: await this.modelWords() }, closing.signal);
      this.show(told);
    } catch (error) {
      if (!closing.signal.aborted) this.set("ready", t(reason(error)));
    }
  }

  /** @param {Shadowed} told */
  show(told) {
    const { words, extras, understood } = told;
    const some = t(told.unit === "characters" ? "shadow.some.zh" : "shadow.some", { count: understood, all: words.length });
    this.text.replaceChildren(...marked(this.sentence.text, words));
    this.result.replaceChildren(
      timeline(told),
      figures(told),
      ...(extras.length > 0 ? [h("p", {}, t("shadow.extra", { words: extras.map(({ text }) => text).join(" · ") }))] : []),
      ...(told.model ? [] : [h("p", { class: "note" }, t("shadow.no-model"))]),
      ...(told.person.estimated ? [h("p", { class: "note" }, t("shadow.estimated"))] : []),
    );
    this.set("ready", understood === words.length ? t("shadow.all") : understood ? some : t("shadow.none"));
  }
}

/** The sentence, each word as it was understood. @param {string} text @param {Shadowed["words"]} words */
function marked(text, words) {
  /** @type {Node[]} */
  const parts = [];
  let end = 0;
  for (const word of words) {
    parts.push(document.createTextNode(text.slice(end, word.at)));
    const title = t(`shadow.state.${word.state}`, { heard: word.heard });
    parts.push(h("span", { "data-state": word.state, title }, word.text, word.state !== "matched" && h("span", { class: "unseen" }, ` (${title})`)));
    end = word.at + word.text.length;
  }
  return [...parts, document.createTextNode(text.slice(end))];
}

/** Pace and pauses of both. @param {Shadowed} told */
function figures({ unit, person, model }) {
  const sides = [[t("shadow.you"), person], ...(model ? [[t("shadow.model"), model]] : [])];
  const each = (/** @type {(side: import("../../protocol/shadow.js").Speaking) => string} */ of) => sides.map(([, side]) => h("td", {}, of(/** @type {any} */ (side))));
  const paused = (/** @type {import("../../protocol/shadow.js").Speaking} */ { pauses }) =>
    pauses.length === 0 ? t("shadow.no-pause") : t("shadow.paused", { count: pauses.length, seconds: (pauses.reduce((sum, { start_ms, end_ms }) => sum + end_ms - start_ms, 0) / 1000).toFixed(1) });
  return h(
    "table",
    { class: "shadow-figures" },
    h("thead", {}, h("tr", {}, h("td"), ...sides.map(([name]) => h("th", { scope: "col" }, /** @type {string} */ (name))))),
    h(
      "tbody",
      {},
      h("tr", {}, h("th", { scope: "row" }, t("shadow.pace")), ...each(({ per_s }) => t(`shadow.${unit}`, { count: per_s.toFixed(1) }))),
      h("tr", {}, h("th", { scope: "row" }, t("shadow.pauses")), ...each(paused)),
    ),
  );
}

/** @param {unknown} error */
function reason(error) {
  if (!(error instanceof ServerRefused)) return "shadow.failed";
  if (error.code === "unsupported_language") return "shadow.language";
  return error.problem === "full" ? "shadow.full" : "shadow.failed";
}
