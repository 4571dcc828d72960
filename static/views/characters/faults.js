/** What is missing in the form or wrong: asked of the server while one writes, said beside the fields, with the way to each. */
import { checkFile } from "../../protocol/characters.js";
import { isBlank, tidied } from "./form/paths.js";
import { sectionOf } from "./form/sections.js";
import { worded } from "./preview.js";

const CHECK_MS = 500;

/** @typedef {import("../../protocol/characters.js").Fault} Fault */
/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */

export class Faults {
  /** @param {HTMLElement} fields the form @param {() => CharacterFile} file as it is now @param {(problems: Fault[], warnings: Fault[]) => void} told */
  constructor(fields, file, told) {
    this.fields = fields;
    this.file = file;
    this.told = told;
    /** @type {Fault[]} */
    this.problems = [];
    /** Fields of which it is said beside them; those that nobody came to yet are only listed. @type {Set<string>} */
    this.touched = new Set();
    this.checking = new AbortController();
    this.timer = 0;
    fields.addEventListener("focusout", ({ target }) => this.left(/** @type {Element} */ (target)));
  }

  close() {
    clearTimeout(this.timer);
    this.checking.abort();
  }

  /** Something was written. */
  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.check(), CHECK_MS);
  }

  /** What is wrong now; without an answer what was known before. */
  async check() {
    clearTimeout(this.timer);
    this.checking.abort();
    this.checking = new AbortController();
    const { signal } = this.checking;
    const checked = await checkFile(tidied(this.file()), signal).catch(() => null);
    if (!checked || signal.aborted) return this.problems;
    this.problems = checked.problems;
    const begun = !isBlank(this.file());
    this.told(begun ? checked.problems : [], begun ? checked.warnings : []);
    this.show();
    return this.problems;
  }

  /** Say all of it beside the fields, also beside those that nobody came to. */
  sayAll() {
    for (const { field } of this.problems) this.touched.add(field);
    this.show();
  }

  /** @param {Element} field */
  left(field) {
    const row = field.closest("[data-field]");
    if (row && field.matches("input, textarea, select")) this.touched.add(row.getAttribute("data-field") ?? "");
    this.show();
  }

  show() {
    for (const row of this.fields.querySelectorAll("[data-field]")) {
      const path = row.getAttribute("data-field") ?? "";
      const fault = this.touched.has(path) && this.problems.find(({ field }) => field === path);
      const said = row.querySelector(":scope > .problem");
      if (said) said.textContent = fault ? worded(fault) : "";
      const field = row.querySelector(":scope > :is(input, textarea, select)");
      if (fault) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
    }
  }

  /** To a field of the language that is shown, whatever section it is in. @param {string} path */
  goTo(path) {
    const section = this.fields.querySelector(`#section-${sectionOf(path)}`);
    if (!(section instanceof HTMLDetailsElement) || section.open) return this.focusOn(path);
    section.addEventListener("toggle", () => this.focusOn(path), { once: true }); // Its fields are made then.
    section.open = true;
  }

  /** On the field, or the nearest that it is a part of. @param {string} path */
  focusOn(path) {
    this.touched.add(path);
    this.show();
    for (let parts = path.split("."); parts.length; parts = parts.slice(0, -1)) {
      const row = this.fields.querySelector(`[data-field="${parts.join(".")}"]`);
      if (row instanceof HTMLDetailsElement) row.open = true;
      const field = row?.querySelector("input, textarea, select, button");
      if (field) return /** @type {HTMLElement} */ (field).focus();
    }
  }
}
