/** A practice while it is talked: where one is, how long is left, what helps. A quiet panel; nothing in it moves by itself. */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";

/** How often it is looked how many minutes are left. */
const LOOK_MS = 10_000;

/** From this width on the panel stands beside the talk. */
const WIDE = matchMedia("(min-width: 68rem) and (min-height: 30rem)");

/** What a press says for the person, in the language that is practised, as one would say it. @type {Record<string, Record<string, string>>} */
export const ASKED = {
  en: {
    slower: "Could you speak more slowly, please?",
    again: "Could you say that again, please?",
    explain: "What does that mean?",
    translate: "Could you translate that, please?",
    hint: "Could you give me a hint, please?",
    skip: "Could we skip this one, please?",
  },
  zh: {
    slower: "请说慢一点。",
    again: "请再说一遍。",
    explain: "这是什么意思？",
    translate: "请翻译一下。",
    hint: "请给我一个提示。",
    skip: "跳过这个问题。",
  },
};

/** The key of each, while nothing on the page wants keys. @type {Record<string, string>} */
const KEYS = { s: "slower", a: "again", e: "explain", t: "translate", h: "hint", k: "skip" };

/** What helps with a language, and what is asked of an interviewer. */
const AIDS = { language: ["slower", "again", "explain", "translate", "hint", "skip"], interview: ["again", "explain", "hint", "skip"] };

/** @typedef {import("../../conversation/conversation.js").Progress} Progress */

export class PracticePanel {
  /** @param {import("../../conversation/call.js").Call} call @param {import("../../conversation/call.js").Practised} practice @param {() => void} end to the report */
  constructor(call, practice, end) {
    this.call = call;
    this.practice = practice;
    this.end = end;
    /** @type {Progress | null} what is shown */
    this.shown = null;
    /** What the body has, as text: what did not change stays, with what somebody marked in it. */
    this.drawn = "";
    this.toldAt = 0;
    this.step = h("span", { class: "step", dir: "auto" });
    this.place = h("span", { class: "tongues" });
    this.left = h("span", { class: "tongues" });
    this.body = h("div", { class: "body" });
    this.hint = h("p", { class: "hint", role: "status", dir: "auto" });
    this.over = h("p", { class: "over", role: "status" });
    this.details = h("details", { open: WIDE.matches }, h("summary", {}, this.step, this.place, this.left), this.body);
    this.element = h("aside", { id: "practice", "aria-label": t("practising"), hidden: true }, this.details);
    /** What is said of it in between: a hint that was asked for, and that it is over. */
    this.told = h("div", { id: "practice-told" }, this.hint, this.over);
    const aids = AIDS[practice.kind].filter((aid) => aid !== "hint" || practice.hints);
    this.aids = h("div", { id: "aids", role: "group", "aria-label": t("practising.aids") }, ...aids.map((aid) => this.button(aid)));
    this.timer = setInterval(() => this.recount(), LOOK_MS);
    this.widened = () => (this.details.open = WIDE.matches);
    WIDE.addEventListener("change", this.widened);
    this.render();
  }

  close() {
    clearInterval(this.timer);
    WIDE.removeEventListener("change", this.widened);
  }

  /** @param {string} aid */
  button(aid) {
    const key = Object.keys(KEYS).find((one) => KEYS[one] === aid) ?? "";
    const label = t(`practising.${aid}`);
    const more = { "aria-keyshortcuts": key, title: `${label} (${key.toUpperCase()})`, "data-aid": aid };
    return h("button", { type: "button", class: "plain", ...more, onclick: () => this.ask(aid) }, label);
  }

  /** @param {string} key @returns {boolean} whether it means something here */
  pressed(key) {
    const button = KEYS[key] && this.aids.querySelector(`[data-aid="${KEYS[key]}"]`);
    if (!(button instanceof HTMLButtonElement)) return false;
    button.click();
    return true;
  }

  /** A hint that is there already is shown; everything else is said to the other one. @param {string} aid */
  ask(aid) {
    const hint = this.call.conversation.practice?.hint;
    if (aid === "hint" && hint) {
      this.hint.textContent = hint;
      return;
    }
    if (!this.call.reachable) return;
    void this.call.say((ASKED[this.practice.language] ?? ASKED.en)[aid]);
  }

  /** Show how far it is, if that changed. */
  render() {
    const progress = this.call.conversation.practice;
    if (!progress || progress === this.shown) return;
    const moved = progress.step !== this.shown?.step;
    this.shown = progress;
    this.toldAt = performance.now();
    const at = progress.steps.findIndex(({ state }) => state === "now");
    const settled = progress.steps.filter(({ state }) => state === "done" || state === "skipped").length;
    this.element.hidden = false;
    this.step.textContent = at >= 0 ? progress.steps[at].title : t(progress.over ? "practising.over" : settled ? "practising.between" : "practising.opening");
    this.place.textContent = at >= 0 ? t("practising.place", { at: at + 1, count: progress.steps.length }) : "";
    if (moved) this.hint.textContent = "";
    const drawn = JSON.stringify([progress.steps, progress.phrases]);
    if (drawn !== this.drawn) this.body.replaceChildren(this.steps(progress), ...(progress.phrases.length ? [this.phrases(progress)] : []));
    this.drawn = drawn;
    this.showOver(progress.over);
    this.recount();
  }

  /** @param {Progress} progress */
  steps({ steps }) {
    const rows = steps.map(({ id, title, state }) =>
      h(
        "li",
        { "data-step": id, "data-state": state, "aria-current": state === "now" && "step" },
        h("span", { dir: "auto" }, title),
        state !== "open" && h("span", { class: "unseen" }, ` (${t(`practising.state.${state}`)})`),
      ),
    );
    return h("ol", { "aria-label": t("practising.steps") }, ...rows);
  }

  /** @param {Progress} progress */
  phrases({ phrases }) {
    const rows = phrases.map(({ text, meaning }) => h("li", {}, h("span", { dir: "auto" }, text), meaning && h("span", { class: "tongues", dir: "auto" }, meaning)));
    return h("div", {}, h("h2", {}, t("practising.phrases")), h("ul", { class: "phrases" }, ...rows));
  }

  /** @param {boolean} over */
  showOver(over) {
    if (over === Boolean(this.over.firstChild)) return;
    if (!over) return this.over.replaceChildren();
    this.over.replaceChildren(t("practising.over.text"), " ", h("button", { type: "button", class: "link", id: "to-report", onclick: this.end }, t("practising.to-report")));
  }

  /** In minutes: nobody should have to watch seconds. */
  recount() {
    const { shown } = this;
    if (!shown) return;
    const seconds = shown.leftS === null ? null : shown.leftS - (performance.now() - this.toldAt) / 1000;
    let text = "";
    if (seconds !== null && !shown.over) text = seconds < 60 ? t("practising.last-minute") : t("practising.left", { minutes: Math.ceil(seconds / 60) });
    if (this.left.textContent !== text) this.left.textContent = text;
  }
}
