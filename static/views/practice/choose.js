/** Choosing what is practised: nothing is guessed, and what was chosen the last time is there again. */
import { h, icon } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { language as ofPage, t } from "../../i18n.js";
import { ServerRefused } from "../../protocol/api.js";
import { listTemplates, makePractice } from "../../protocol/practice.js";
import { go, hashOf } from "../../router.js";
import { remember, remembered } from "./choices.js";
import { choice, row, showFaults, toggle, withWhom } from "./controls.js";
import { documentField } from "./documents.js";
import { TemplateChoice } from "./template-choice.js";

const LANGUAGES = ["en", "zh"];
const LEVELS = ["A1", "A2", "B1", "B2", "C1"];
const GOALS = ["travel", "work", "exam", "small_talk"];
const SPEEDS = ["0.8", "0.9", "1"];

/** Advert and CV stay as long as the page: others may use this browser later. */
const documents = { advert: "", resume: "" };

/** @typedef {import("../../protocol/practice.js").Kind} Kind */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @param {Kind} kind */
export const choose = (root, page, kind) => new Choose(root, page, kind);

class Choose {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @param {Kind} kind */
  constructor(root, page, kind) {
    this.page = page;
    this.kind = kind;
    this.closing = new AbortController();
    this.choices = remembered(kind);
    this.choices.language ||= kind === "interview" ? ofPage : ofPage === "zh" ? "en" : "zh";
    this.fields = h("div", { class: "fields" });
    this.word = h("p", { class: "problem", role: "alert" });
    this.button = h("button", { class: "primary", id: "make-plan" }, t("practice.make"));
    this.form = h("form", { id: "choose", class: "form", novalidate: true }, this.fields, this.word, h("p", { class: "actions" }, this.button));
    this.form.onsubmit = (event) => {
      event.preventDefault();
      void this.send();
    };
    this.view = h(
      "section",
      { class: "view practice", "aria-busy": "true" },
      h("a", { class: "quiet back", href: hashOf(["practice"]), html: icon("back") }, h("span", {}, t("practice"))),
      h("h1", {}, t(`practice.${kind}`)),
      this.form,
    );
    root.append(this.view);
    page.title(t(`practice.${kind}`));
    void this.begin();
  }

  close() {
    this.closing.abort();
  }

  async begin() {
    const { signal } = this.closing;
    try {
      const { items } = await listTemplates(this.kind, signal);
      if (signal.aborted) return;
      this.templates = new TemplateChoice(this.kind, items, this.choices, () => this.keep());
      this.show();
    } catch (error) {
      if (!signal.aborted) this.page.refused(error);
    }
    this.view.removeAttribute("aria-busy");
  }

  keep() {
    remember(this.kind, this.choices);
  }

  /** Put a value into what is chosen, and remember it. @template {object} T @template {keyof T} K @param {T} place @param {K} name @returns {(value: any) => void} */
  put(place, name) {
    return (value) => {
      place[name] = value;
      this.keep();
      this.templates?.filter();
    };
  }

  show() {
    const { choices } = this;
    const tongue = choice("language", this.kind === "interview" ? "tongue" : "practised", LANGUAGES, choices.language, (value) => {
      this.choices.language = value === "zh" ? "zh" : "en";
      this.keep();
      this.templates?.filter();
      whom.replaceWith((whom = this.whom()));
    });
    let whom = this.whom();
    const parts = this.kind === "interview" ? this.interview(tongue) : this.language(tongue);
    this.fields.replaceChildren(...parts, choice("patience", "patience", ["patient", "quick"], choices.patience, this.put(choices, "patience")), whom);
  }

  whom() {
    return withWhom(this.page.characters, this.choices.language, this.choices.character_id, this.put(this.choices, "character_id"));
  }

  /** @param {HTMLElement} tongue */
  interview(tongue) {
    const { interview } = this.choices;
    const { signal } = this.closing;
    return [
      tongue,
      /** @type {TemplateChoice} */ (this.templates).element,
      choice("interview.seniority", "seniority", ["entry", "middle", "senior"], interview.seniority, this.put(interview, "seniority")),
      choice("interview.questions", "questions", ["behavioural", "technical", "case"], interview.questions, this.put(interview, "questions")),
      this.minutes("interview.minutes", interview, ["10", "20", "30", "45"]),
      choice("interview.strictness", "strictness", ["friendly", "neutral", "pressure"], interview.strictness, this.put(interview, "strictness")),
      documentField("interview.advert", "advert", documents.advert, (text) => (documents.advert = text), signal),
      documentField("interview.resume", "resume", documents.resume, (text) => (documents.resume = text), signal),
    ];
  }

  /** @param {HTMLElement} tongue */
  language(tongue) {
    const { scene } = this.choices;
    return [
      tongue,
      choice("scene.level", "level", LEVELS, scene.level, this.put(scene, "level")),
      choice("scene.goal", "goal", GOALS, scene.goal, this.put(scene, "goal")),
      /** @type {TemplateChoice} */ (this.templates).element,
      choice("scene.correcting", "correcting", ["all", "hindering", "end"], scene.correcting, this.put(scene, "correcting")),
      choice("scene.speed", "speed", SPEEDS, String(scene.speed), (value) => this.put(scene, "speed")(Number(value))),
      this.minutes("scene.minutes", scene, ["5", "10", "15", "20"]),
      toggle("scene.subtitles", "subtitles", scene.subtitles, this.put(scene, "subtitles")),
      toggle("scene.hints", "hints", scene.hints, this.put(scene, "hints")),
    ];
  }

  /** @param {string} field @param {{ minutes: number }} place @param {string[]} values */
  minutes(field, place, values) {
    const name = h("select", { id: `choose-${field.replace(".", "-")}` }, ...values.map((value) => h("option", { value, selected: value === String(place.minutes) }, t("length.minutes", { minutes: value }))));
    name.onchange = () => this.put(place, "minutes")(Number(name.value));
    place.minutes = Number(name.value);
    return row(field, h("label", { for: name.id }, t("practice.minutes")), name);
  }

  async send() {
    const { kind, choices } = this;
    this.word.textContent = "";
    this.button.disabled = true;
    const chosen = { kind, language: choices.language || "en", own_language: ofPage, character_id: choices.character_id };
    const setup = kind === "interview" ? { interview: { ...choices.interview, ...documents } } : { scene: choices.scene };
    try {
      const practice = await makePractice({ ...chosen, ...setup });
      if (!this.closing.signal.aborted) go(hashOf(["practice", practice.id]));
    } catch (error) {
      if (!(error instanceof ServerRefused)) throw error;
      const lost = showFaults(this.form, error.details?.fields ?? []);
      this.word.textContent = error.details?.fields ? lost.join(" ") || t("reason.validation_failed") : reasonOf(error);
      this.button.disabled = false;
    }
  }
}
