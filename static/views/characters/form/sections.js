/** What stands in the form, section by section. What most characters need is open; the rest opens on request. */
import { h } from "../../../components/dom.js";
import { hasText, languageName, t } from "../../../i18n.js";
import { bookField } from "./book.js";
import { choiceField, lineField, rangeField, textField, wordsField } from "./fields.js";
import { exchangesField, questionsField, textsField } from "./lists.js";
import { portraitField } from "./portrait-field.js";

/** @typedef {import("./fields.js").Form} Form */
/**
 * @typedef {object} Surroundings what some fields need beside the form
 * @property {import("./portrait-field.js").Picture} picture
 * @property {{ id: string, name: string, language?: string }[]} voices
 * @property {() => HTMLElement} hear
 * @property {() => void} redraw
 */

/** Wishes that every engine understands in its way. */
export const WISHES = ["neutral", "female", "female-2", "female-3", "male", "male-2", "male-low"];
const PURPOSES = ["talk", "practice", "interview", "story"];

/** @type {{ name: string, open: boolean, fields: (form: Form, around: Surroundings) => (Node | string | false)[], about: (form: Form) => unknown[] }[]} `about`: what is in it, for whoever has not opened it */
const SECTIONS = [
  {
    name: "who",
    open: true,
    fields: (form) => [
      ...form.get("languages").map((/** @type {string} */ code) => (code === form.language ? lineField(form, `${code}.name`, 80) : otherName(form, code))),
      lineField(form, at(form, "line"), 500),
      textField(form, at(form, "who"), 4),
      textField(form, at(form, "manner"), 2),
      textField(form, at(form, "scenario"), 2),
    ],
    about: () => [],
  },
  {
    name: "portrait",
    open: false,
    fields: (form, { picture, redraw }) => [portraitField(form, picture, redraw)],
    about: () => [],
  },
  {
    name: "greeting",
    open: true,
    fields: (form, { hear }) => [textField(form, at(form, "greeting"), 2), hear(), textsField(form, at(form, "greetings"))],
    about: (form) => form.get(at(form, "greetings")) ?? [],
  },
  {
    name: "voice",
    open: true,
    fields: (form, { voices, hear }) => [
      choiceField(form, at(form, "voice"), voicesFor(form.language, voices), "neutral"),
      rangeField(form, "speed", { least: 0.5, most: 1.5, step: 0.05, usual: 1, said: (value) => `${Math.round(value * 100)} %` }),
      rangeField(form, "pitch", { least: -12, most: 12, step: 1, usual: 0, said: (value) => (value > 0 ? `+${value}` : String(value).replace("-", "−")) }),
      hear(),
    ],
    about: () => [],
  },
  {
    name: "talk",
    open: false,
    fields: (form) => [wordsField(form, at(form, "topics")), questionsField(form, at(form, "questions")), textField(form, at(form, "limits"), 2)],
    about: (form) => form.get(at(form, "questions")) ?? [],
  },
  {
    name: "examples",
    open: false,
    fields: (form) => [exchangesField(form, at(form, "exchanges"))],
    about: (form) => form.get(at(form, "exchanges")) ?? [],
  },
  { name: "book", open: false, fields: (form) => [bookField(form)], about: (form) => form.get("book.entries") ?? [] },
  {
    name: "more",
    open: false,
    fields: (form) => [
      choiceField(form, "purpose", PURPOSES.map((purpose) => [purpose, t(`purpose.${purpose}`)]), "talk"),
      form.get("languages").length > 1 &&
        choiceField(form, "default_language", form.get("languages").map((/** @type {string} */ code) => [code, languageName(code)]), form.get("languages")[0]),
      accentField(form),
      lineField(form, at(form, "nickname"), 80),
      textField(form, at(form, "instructions"), 3),
      textField(form, at(form, "after"), 2),
    ],
    about: () => [],
  },
];

/** @param {Form} form @param {string} field */
const at = (form, field) => `${form.language}.${field}`;

/** The name in a language that is not being written now. @param {Form} form @param {string} code */
function otherName(form, code) {
  const field = lineField(form, `${code}.name`, 80);
  const label = /** @type {HTMLElement} */ (field.querySelector("label"));
  label.textContent = t("field.name.in", { language: languageName(code) });
  field.querySelector(".note")?.remove();
  return field;
}

/** @param {string} language @param {Surroundings["voices"]} voices @returns {[string, string][]} */
const voicesFor = (language, voices) => [
  ...WISHES.map((wish) => /** @type {[string, string]} */ ([wish, t(`voice.${wish}`)])),
  ...voices.filter((voice) => !voice.language || voice.language.startsWith(language)).map(({ id, name }) => /** @type {[string, string]} */ ([id, name])),
];

/** @param {Form} form */
function accentField(form) {
  const field = h("input", { type: "color", value: form.get("accent") ?? "#5b6470", "aria-label": t("field.accent") });
  field.oninput = () => form.put("accent", field.value);
  return h("div", { class: "row", "data-field": "accent" }, h("span", { class: "label" }, t("field.accent")), h("p", { class: "note" }, t("field.accent.note")), field);
}

/** Which sections are open; they stay so while one writes. @type {Record<string, boolean>} */
const opened = {};

/** @param {Form} form @param {Surroundings} around */
export const sections = (form, around) =>
  SECTIONS.map(({ name, open, fields, about }) => {
    const count = h("span", { class: "count" });
    const tell = () => (count.textContent = about(form).length ? String(about(form).length) : "");
    const section = h(
      "details",
      { class: "section", id: `section-${name}`, open: opened[name] ?? open },
      h("summary", {}, h("h2", {}, t(`section.${name}`)), count, hasText(`section.${name}.note`) && h("span", { class: "note" }, t(`section.${name}.note`))),
    );
    const fill = () => section.childElementCount === 1 && section.append(h("div", { class: "fields" }, ...fields(form, around).filter((field) => field !== false)));
    if (section.open) fill();
    section.addEventListener("toggle", () => {
      opened[name] = section.open;
      if (section.open) fill();
    });
    section.addEventListener("input", tell);
    section.addEventListener("click", tell);
    tell();
    return section;
  });

/** The section that a field stands in, by its path. @param {string} path */
export function sectionOf(path) {
  const field = path.replace(/^[a-z]{2,3}\./, "").split(".")[0];
  /** @type {Record<string, string>} */
  const places = { portrait: "portrait", greeting: "greeting", greetings: "greeting", voice: "voice", speed: "voice", pitch: "voice", topics: "talk", questions: "talk", limits: "talk", exchanges: "examples", book: "book", purpose: "more", default_language: "more", accent: "more", nickname: "more", instructions: "more", after: "more" };
  return places[field] ?? "who";
}
