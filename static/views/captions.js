/** What is being said, word by word: the last exchange large, the rest above it. */
import { parts } from "../conversation.js";
import { h } from "../dom.js";
import { own, t } from "../i18n.js";
import { timingOf } from "./timing.js";

/** Nearer to the end than this, the captions follow what is said. */
const FOLLOW_PX = 80;

/** @typedef {import("../conversation.js").Line} Line */
/** @typedef {{ element: HTMLElement, text: HTMLElement, line: Line | null, timing: import("../conversation.js").Timing | undefined }} Row */

export class Captions {
  /** @param {import("../call.js").Call} call */
  constructor(call) {
    this.call = call;
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.element = h("div", { id: "captions", role: "log", "aria-live": "polite", "aria-label": t("captions"), tabindex: 0 });
    this.following = true;
    this.element.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.element;
      this.following = scrollHeight - scrollTop - clientHeight < FOLLOW_PX;
    });
    this.resized = new ResizeObserver(() => this.follow());
    this.resized.observe(this.element);
  }

  /** Show the conversation as it is. */
  render() {
    const { lines, timings } = this.call.conversation;
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
      row.element.classList.toggle("past", index < last);
      if (row.line !== line) this.write(row, line);
      const timing = timings[line.responseId];
      if (row.timing !== timing) this.time(row, timing);
    });
    this.follow();
  }

  /** Light up what has been heard by now. */
  light() {
    for (const row of this.rows.values()) {
      if (row.line?.role === "character" && row.line.voiced && !row.line.over) this.mark(row, row.line);
    }
  }

  close() {
    this.resized.disconnect();
  }

  follow() {
    if (this.following) this.element.scrollTop = this.element.scrollHeight;
  }

  /** @param {Line} line @returns {Row} */
  add({ id, role }) {
    const text = h("p", { class: "said", dir: "auto" });
    const speaker = h("p", { class: "speaker", dir: "auto" }, role === "user" ? t("you") : own(this.call.character.name));
    const element = h("div", { "data-role": role, "data-item": id }, speaker, text);
    const row = { element, text, line: null, timing: undefined };
    this.rows.set(id, row);
    return row;
  }

  /** @param {Row} row @param {Line} line */
  write(row, line) {
    row.line = line;
    row.element.toggleAttribute("data-partial", line.role === "user" && !line.final);
    row.element.setAttribute("aria-busy", String(line.role === "user" ? !line.final : !line.over));
    row.element.toggleAttribute("data-cut", line.cutMs !== null);
    this.mark(row, line);
  }

  /** @param {Row} row @param {Line} line */
  mark({ text }, line) {
    const marked = line.role === "user" ? [{ text: line.text, mark: "heard" }] : parts(line, this.call.heardMs(line));
    const spans = text.children;
    marked.forEach((part, index) => {
      const span = spans[index] ?? text.appendChild(h("span"));
      if (span.textContent !== part.text) span.textContent = part.text;
      if (span.getAttribute("data-mark") !== part.mark) span.setAttribute("data-mark", part.mark);
    });
    while (spans.length > marked.length) spans[spans.length - 1].remove();
  }

  /** @param {Row} row @param {import("../conversation.js").Timing | undefined} timing */
  time(row, timing) {
    row.timing = timing;
    const old = row.element.querySelector("details");
    const fresh = timing && timingOf(timing);
    if (fresh && old?.open) fresh.setAttribute("open", "");
    old?.remove();
    if (!fresh) return;
    row.element.append(fresh);
    fresh.addEventListener("toggle", () => fresh.scrollIntoView({ block: "nearest" }));
  }
}
