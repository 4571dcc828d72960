/** Roles or scenes to choose from: those that fit first, all of them on a press, and the way to one's own. */
import { h } from "../../components/dom.js";
import { language as ofPage, t } from "../../i18n.js";
import { hashOf } from "../../router.js";

/** @typedef {import("../../protocol/practice.js").Template} Template */

/** A title or a line, in the page's language if it has it. @param {Record<string, string>} texts */
export const inPageLanguage = (texts) => texts[ofPage] ?? Object.values(texts)[0] ?? "";

/** Nothing given: one just talks. @type {Template} */
const FREE = { id: "", kind: "language", mine: false, languages: ["en", "zh"], title: {}, line: {}, goals: [], levels: [], steps: 0, questions: {} };

export class TemplateChoice {
  /** @param {"interview" | "language"} kind @param {Template[]} all @param {import("./choices.js").Choices} choices changed by it @param {() => void} changed */
  constructor(kind, all, choices, changed) {
    this.kind = kind;
    this.all = kind === "language" ? [...all, FREE] : all;
    this.choices = choices;
    this.changed = changed;
    this.everything = false;
    this.list = h("div", { class: "templates" });
    this.more = h("button", { type: "button", class: "link", onclick: () => this.showEverything() }, t("practice.scenes.all"));
    const field = kind === "interview" ? "interview.role" : "scene.scene";
    const own = h("a", { class: "link", id: "make-own", href: hashOf(["practice", "own"], { kind, language: choices.language }) }, t(`practice.own.${kind}`));
    this.element = h(
      "fieldset",
      { class: "row", "data-field": field },
      h("legend", {}, t(kind === "interview" ? "practice.role" : "practice.scene")),
      this.list,
      h("p", { class: "problem", role: "alert" }),
      h("p", { class: "ways" }, this.more, own),
    );
    this.filter();
  }

  get chosen() {
    return this.kind === "interview" ? this.choices.interview.role : this.choices.scene.scene;
  }

  /** @param {string} id */
  choose(id) {
    if (this.kind === "interview") this.choices.interview.role = id;
    else this.choices.scene.scene = id;
    this.changed();
  }

  /** Whether it is for somebody like this. @param {Template} template */
  fits({ id, mine, languages, goals, levels }) {
    const { language, scene } = this.choices;
    if (!languages.includes(language)) return false;
    if (this.kind === "interview" || this.everything || mine || id === "") return true;
    return goals.includes(scene.goal) && levels.includes(scene.level);
  }

  showEverything() {
    this.everything = true;
    this.filter();
    /** @type {HTMLElement | null} */ (this.list.querySelector(":checked"))?.focus();
  }

  /** Show those that fit what is chosen besides. What was chosen stays if it can; else it is the first one. */
  filter() {
    const shown = this.all.filter((template) => this.fits(template));
    const spoken = this.all.filter(({ languages }) => languages.includes(this.choices.language));
    if (shown.length && !shown.some(({ id }) => id === this.chosen)) this.choose(shown[0].id);
    this.more.hidden = this.kind === "interview" || shown.length === spoken.length;
    this.list.replaceChildren(...shown.map((template) => this.card(template)));
  }

  /** @param {Template} template */
  card(template) {
    const { id, mine } = template;
    const radio = h("input", { type: "radio", name: `template-${this.kind}`, value: id, checked: id === this.chosen, onchange: () => this.choose(id) });
    const title = id ? inPageLanguage(template.title) : t("practice.free");
    const line = id ? inPageLanguage(template.line) : t("practice.free.line");
    const change = mine ? "edit" : "copy";
    return h(
      "div",
      { class: "template" },
      h("label", {}, radio, h("span", { class: "words" }, h("span", { class: "name", dir: "auto" }, title), h("span", { class: "line", dir: "auto" }, line), mine && h("span", { class: "tongues" }, t("practice.mine")))),
      id !== "" && h("a", { class: "link", href: this.wayTo(template), "aria-label": t(`practice.own.${change}.what`, { title }) }, t(`practice.own.${change}`)),
    );
  }

  /** @param {Template} template */
  wayTo({ id, mine }) {
    const { language } = this.choices;
    return mine ? hashOf(["practice", "own", id]) : hashOf(["practice", "own"], { kind: this.kind, copy: id, language });
  }
}
