/** A role or a scene of one's own: written in a form, begun empty or as a copy of another one. */
import { h, icon, iconButton, segmentedControl } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { showUndoBar } from "../../components/undo-bar.js";
import { language as ofPage, t } from "../../i18n.js";
import { ServerRefused } from "../../protocol/api.js";
import { deleteTemplate, fetchTemplate, makeTemplate, saveTemplate } from "../../protocol/practice.js";
import { go, hashOf } from "../../router.js";
import { showFaults } from "./controls.js";
import { lineField, linesField, manyOf, oneOf, textField } from "./own-fields.js";
import { blank, blankQuestion, blankStep, fileOf, freeId, ownOf } from "./own-file.js";

const GOALS = ["travel", "work", "exam", "small_talk"];
const LEVELS = ["A1", "A2", "B1", "B2", "C1"];
const SENIORITY = ["entry", "middle", "senior"];
const QUESTIONS = ["behavioural", "technical", "case"];

/** @typedef {import("./own-file.js").Own} Own */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const own = (root, page) => new OwnForm(root, page);

class OwnForm {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    const { query, rest } = page.address;
    this.page = page;
    this.closing = new AbortController();
    this.keeping = false;
    /** @type {import("../../protocol/practice.js").OpenedTemplate | null} what is changed; null for a new one */
    this.opened = null;
    this.own = blank(query.get("kind") === "language" ? "language" : "interview", (query.get("language") ?? ofPage) === "zh" ? "zh" : "en");
    this.fields = h("div", { class: "fields" });
    this.word = h("p", { class: "problem", role: "alert" });
    this.heading = h("h1", {});
    this.view = h("section", { class: "view practice", "aria-busy": "true" }, this.back(), this.heading, this.form());
    root.append(this.view);
    void this.begin(rest[1] ?? query.get("copy") ?? "", rest[1] !== undefined, query.get("language") ?? ofPage);
  }

  close() {
    this.closing.abort();
  }

  back() {
    return h("a", { class: "quiet back", href: hashOf(["practice", "new", this.own.kind]), html: icon("back") }, h("span", {}, t("practice.own.back")));
  }

  /** @param {string} id of one to begin with, or "" @param {boolean} mine whether that one is changed @param {string} language */
  async begin(id, mine, language) {
    const { signal } = this.closing;
    try {
      const found = id ? await fetchTemplate(id, signal) : null;
      if (signal.aborted) return;
      if (found) this.own = ownOf(found.file, language);
      if (mine) this.opened = found;
      this.view.firstElementChild?.replaceWith(this.back());
      this.show();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ServerRefused && error.status === 404) this.word.textContent = t("practice.own.gone");
      else this.page.refused(error);
    }
    this.view.removeAttribute("aria-busy");
  }

  form() {
    this.save = h("button", { class: "primary", id: "save" }, t("practice.own.save"));
    this.remove = h("button", { type: "button", class: "plain", id: "delete", hidden: true, onclick: () => void this.delete() }, t("practice.own.delete"));
    const form = h("form", { id: "own", class: "form", novalidate: true }, this.fields, this.word, h("p", { class: "actions" }, this.save, this.remove));
    form.onsubmit = (event) => {
      event.preventDefault();
      void this.keep(form);
    };
    return form;
  }

  show() {
    const { own, opened } = this;
    this.heading.textContent = opened ? own.table.title || t(`practice.own.${own.kind}`) : t(`practice.own.${own.kind}`);
    if (this.remove) this.remove.hidden = !opened;
    const { table } = own;
    const at = `file.${own.language}`;
    const languages = /** @type {[string, string][]} */ (["en", "zh"].map((code) => [code, t(code)]));
    const spoken = segmentedControl("own-language", t("practice.own.tongue"), languages, own.language, (code) => {
      own.language = code === "zh" ? "zh" : "en";
      this.show();
    });
    const scene = own.kind === "language";
    this.fields.replaceChildren(
      h("div", { class: "row", "data-field": "file.kind" }, spoken, h("p", { class: "problem" })),
      lineField(table, "title", at),
      lineField(table, "line", at),
      textField(table, "place", at),
      ...(scene ? [lineField(table, "you", at), lineField(table, "they", at), manyOf(own, "goals", "file", "goal", GOALS), manyOf(own, "levels", "file", "level", LEVELS)] : []),
      textField(table, "opening", at),
      ...(scene ? [this.phrases(table, at)] : []),
      this.entries(table, at),
      textField(table, "closing", at),
    );
  }

  /** What is worth saying: one a line. @param {import("./own-file.js").Table} table @param {string} at */
  phrases(table, at) {
    const texts = { phrases: (table.phrases ?? []).map((/** @type {{ text: string }} */ { text }) => text) };
    return linesField(texts, "phrases", at, () => {
      /** @type {{ id: string, text: string }[]} */
      const known = table.phrases ?? [];
      const same = known.length === texts.phrases.length; // One of them is being changed.
      /** @type {{ id: string, text: string }[]} */
      const kept = [];
      texts.phrases.forEach((/** @type {string} */ text, /** @type {number} */ i) => {
        const id = same ? known[i].id : known.find((one) => one.text === text)?.id;
        kept.push({ id: id ?? freeId([...known, ...kept], "phrase"), text });
      });
      table.phrases = kept;
      const ids = new Set(kept.map(({ id }) => id));
      for (const step of table.steps) step.phrases = (step.phrases ?? []).filter((/** @type {string} */ id) => ids.has(id));
    });
  }

  /** Questions of a role, steps of a scene. @param {import("./own-file.js").Table} table @param {string} at */
  entries(table, at) {
    const name = this.own.kind === "interview" ? "questions" : "steps";
    const blankOne = name === "questions" ? blankQuestion : blankStep;
    const list = h("ol", { class: "own-entries" });
    const draw = () => list.replaceChildren(...table[name].map((/** @type {any} */ entry, /** @type {number} */ number) => one(entry, number)));
    const one = (/** @type {any} */ entry, /** @type {number} */ number) => {
      const remove = () => {
        table[name].splice(number, 1);
        draw();
        add.focus();
      };
      const place = `${at}.${name}.${number}`;
      return h(
        "li",
        { "data-field": place },
        h("header", {}, h("h3", {}, t(`practice.own.${name}.one`, { number: number + 1 })), iconButton("trash", t("practice.own.remove", { number: number + 1 }), { class: "round small", onclick: remove })),
        h("p", { class: "problem" }),
        lineField(entry, "title", place),
        linesField(entry, "ask", place),
        ...(name === "questions" ? [oneOf(entry, "kind", place, "questions", QUESTIONS), manyOf(entry, "levels", place, "seniority", SENIORITY), linesField(entry, "listen_for", place)] : []),
        lineField(entry, "hint", place),
        linesField(entry, "words", place),
      );
    };
    const grow = () => {
      table[name].push(blankOne(table[name]));
      draw();
      /** @type {HTMLElement | null} */ (list.lastElementChild?.querySelector("input"))?.focus();
    };
    const add = h("button", { type: "button", class: "plain", id: "add-entry", onclick: grow }, t(`practice.own.${name}.add`));
    draw();
    return h("fieldset", { class: "row", "data-field": `${at}.${name}` }, h("legend", {}, t(`practice.own.${name}`)), list, h("p", { class: "problem", role: "alert" }), add);
  }

  /** @param {HTMLFormElement} form */
  async keep(form) {
    if (this.keeping) return;
    this.keeping = true;
    this.word.textContent = "";
    const file = fileOf(this.own);
    try {
      const kept = this.opened ? await saveTemplate(this.opened, file) : await makeTemplate({ file });
      showUndoBar(t("practice.own.saved", { title: kept.file[this.own.language]?.title ?? "" }), null);
      go(hashOf(["practice", "new", this.own.kind]));
    } catch (error) {
      this.keeping = false;
      if (!(error instanceof ServerRefused)) throw error;
      const lost = showFaults(form, error.details?.fields ?? []);
      if (error.status === 412) this.word.textContent = t("practice.own.changed");
      else this.word.textContent = error.details?.fields ? lost.join(" ") : reasonOf(error);
    }
  }

  async delete() {
    const { opened, own } = this;
    if (!opened) return;
    try {
      await deleteTemplate(opened.id);
      const act = () => makeTemplate({ file: opened.file }).then(
        (again) => (go(hashOf(["practice", "own", again.id])), t("practice.own.back-again")),
        () => t("practice.failed"),
      );
      showUndoBar(t("practice.own.deleted", { title: own.table.title }), { label: t("practice.undo"), act });
      go(hashOf(["practice", "new", own.kind]));
    } catch (error) {
      this.word.textContent = reasonOf(error);
    }
  }
}
