/** What is being said, word by word: the last exchange large, the rest above it. */
import { acted, parts } from "../../conversation/heard-text.js";
import { h } from "../../components/dom.js";
import { lineOf } from "../../conversation/conversation.js";
import { localized, t } from "../../i18n.js";
import { vocalCues } from "../../components/vocal-cues.js";
import { timingOf } from "../../components/timing.js";
import { correctionLine, shadowButton } from "./correction.js";

/** More is no sentence to say after anybody. */
const LONGEST_REPEATED = 300;

/** As long as the person scrolls no further than this from what is said, the captions follow it. */
const FOLLOW_PX = 80;

/** @typedef {import("../../conversation/conversation.js").Line} Line */
/** @typedef {import("../../conversation/conversation.js").Timing} Timing */
/** @typedef {import("../../conversation/conversation.js").Used} Used */
/** @typedef {import("../../conversation/conversation.js").Correction} Correction */
/** @typedef {{ element: HTMLElement, text: HTMLElement, cues: HTMLElement, corrections: HTMLElement, line: Line | null, timing: Timing | undefined, used: Used[] | undefined, corrected: Correction[] | undefined }} Row */

export class Captions {
  /** @param {import("../../conversation/call.js").Call} call */
  constructor(call) {
    this.call = call;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.element = h("div", { id: "captions", role: "log", "aria-live": "polite", "aria-label": t("captions"), tabindex: 0 });
    this.following = true;
    /** Where following has put the scroll. */
    this.place = 0;
    this.element.addEventListener("scroll", () => {
      this.following = this.element.scrollTop > this.place - FOLLOW_PX;
    });
    this.resized = new ResizeObserver(() => this.follow());
    this.resized.observe(this.element);
  }

  /** Show the conversation as it is. */
  render() {
    const { lines, timings, used, corrections } = this.call.conversation;
    const shown = lines.filter((line) => line.text || line.words.length);
    const last = shown.findLastIndex((line) => line.role === "user");
    for (const [id, { element }] of this.rows) {
      if (shown.some((line) => line.id === id)) continue;
      element.remove();
      this.rows.delete(id);
    }
    shown.forEach((line, index) => {
      const row = this.rows.get(line.id) ?? this.add(line);
      if (this.element.children[index] !== row.element) this.element.insertBefore(row.element, this.element.children[index] ?? null);
      row.element.classList.toggle("past", index < last && line.over);
      if (row.line !== line) this.write(row, line);
      this.correct(row, corrections[line.id]);
      this.time(row, timings[line.responseId], used[line.responseId]);
    });
    this.follow();
  }

  /** Light up what has been heard by now. */
  light() {
    for (const row of this.rows.values()) {
      const { line } = row;
      if (line?.role === "character" && line.hasAudio && !line.over && this.mark(row, line)) this.follow();
    }
  }

  close() {
    this.resized.disconnect();
  }

  /** Keep the word that is being said in the middle, or the end in sight. */
  follow() {
    if (!this.following) return;
    const { element } = this;
    const word = /** @type {HTMLElement | null} */ (element.querySelector('[data-mark="now"], [data-mark="coming"]'));
    const end = element.scrollHeight - element.clientHeight;
    this.place = Math.max(0, word ? Math.min(end, word.offsetTop - element.clientHeight / 2) : end);
    element.scrollTop = this.place;
  }

  /** @param {Line} line @returns {Row} */
  add({ id, role }) {
    const text = h("p", { class: "said", dir: "auto" });
    const how = h("span", { class: "vocal-cues" });
    const speaker = h("p", { class: "speaker", dir: "auto" }, role === "user" ? t("you") : localized(this.call.character.name), how);
    const corrections = h("div", { class: "corrections" });
    const covered = role === "character" && this.call.practice?.subtitles === false;
    const element = h("div", { "data-role": role, "data-item": id }, speaker, covered && uncover(text), text, corrections);
    const row = { element, text, cues: how, corrections, line: null, timing: undefined, used: undefined, corrected: undefined };
    this.rows.set(id, row);
    return row;
  }

  /** @param {Row} row @param {Line} line */
  write(row, line) {
    row.line = line;
    row.element.toggleAttribute("data-partial", line.role === "user" && !line.final);
    row.element.setAttribute("aria-busy", String(line.role === "user" ? !line.final : !line.over));
    row.element.toggleAttribute("data-cut", line.cutMs !== null);
    row.cues.replaceChildren(...vocalCues(line));
    this.mark(row, line);
    if (this.repeatable(line) && !row.element.querySelector(".repeat")) row.element.append(this.repeat(line.id));
  }

  /** Whether it is a sentence of the character's to say after it. @param {Line} line */
  repeatable({ role, over, cutMs, text }) {
    return this.call.practice?.kind === "language" && role === "character" && over && cutMs === null && text.length <= LONGEST_REPEATED;
  }

  /** @param {string} id of a line */
  repeat(id) {
    const { call } = this;
    const of = () => {
      const { text, words } = /** @type {Line} */ (lineOf(call.conversation, id));
      return { text, ...(call.recordings.has(id) && { words, sound: () => call.recordings.wav(id) }) };
    };
    return h("p", { class: "repeat", "aria-live": "off" }, shadowButton(call, of));
  }

  /** @param {Row} row @param {Line} line @returns {boolean} whether anything looks different now */
  mark({ text }, line) {
    const marked = line.role === "user" ? [{ text: line.text, mark: "heard" }] : acted(parts(line, this.call.heardMs(line)));
    const spans = text.children;
    let changed = spans.length !== marked.length;
    marked.forEach((part, index) => {
      const span = spans[index] ?? text.appendChild(h("span"));
      if (span.textContent !== part.text) span.textContent = part.text;
      span.toggleAttribute("data-acting", "acting" in part);
      if (span.getAttribute("data-mark") === part.mark) return;
      span.setAttribute("data-mark", part.mark);
      changed = true;
    });
    while (spans.length > marked.length) spans[spans.length - 1].remove();
    return changed;
  }

  /** @param {Row} row @param {Correction[] | undefined} corrected */
  correct(row, corrected) {
    if (row.corrected === corrected) return;
    const known = row.corrected ?? [];
    row.corrected = corrected;
    const fresh = (corrected ?? []).filter((one) => !known.includes(one));
    row.corrections.append(...fresh.map((one) => correctionLine(this.call, row.element.dataset.item ?? "", one)));
  }

  /** @param {Row} row @param {Timing | undefined} timing @param {Used[] | undefined} used */
  time(row, timing, used) {
    if (row.timing === timing && row.used === used) return;
    row.timing = timing;
    row.used = used;
    const old = row.element.querySelector("details");
    const fresh = timing && timingOf(timing, used);
    if (fresh && old?.open) fresh.setAttribute("open", "");
    old?.remove();
    if (!fresh) return;
    row.element.append(fresh);
    fresh.addEventListener("toggle", () => fresh.scrollIntoView({ block: "nearest" }));
  }
}

/** Who listens first sees the words on a press. @param {HTMLElement} text hidden until then */
function uncover(text) {
  text.hidden = true;
  const show = () => {
    text.hidden = false;
    button.remove();
    text.tabIndex = -1;
    text.focus();
  };
  const button = h("button", { type: "button", class: "link uncover", onclick: show }, t("practising.uncover"));
  return button;
}
