/** Who one sees: a portrait put together from parts, or a picture. */
import { h, iconButton } from "../../../components/dom.js";
import { CHOICES, parsePortrait, portraitText, randomPortrait } from "../../../components/portrait-parts.js";
import { portrait } from "../../../components/portraits.js";
import { t } from "../../../i18n.js";
import { cropper } from "./crop.js";

/** @typedef {import("./fields.js").Form} Form */
/** @typedef {import("../../../components/portrait-parts.js").Parts} Parts */
/** @typedef {{ readonly shown: string, give: (file: Blob, square: import("./crop.js").Square) => Promise<void>, remove: () => Promise<void> }} Picture */

const COLOURS = new Set(["skin", "hairColour", "cloth"]);
const KINDS = "image/png,image/jpeg,image/webp,image/gif";

/** @param {Form} form @param {Picture} picture @param {() => void} redraw */
export function portraitField(form, picture, redraw) {
  const problem = h("p", { class: "problem", role: "alert" });
  const place = h("div", { class: "cropping-place" });
  const chooser = h("input", { type: "file", id: "choose-picture", accept: KINDS });
  const failed = () => (problem.textContent = t("picture.failed"));
  chooser.onchange = async () => {
    const [file] = chooser.files ?? [];
    chooser.value = "";
    if (!file) return;
    problem.textContent = "";
    const bitmap = await createImageBitmap(file).catch(() => null);
    if (!bitmap) return void (problem.textContent = t("picture.unreadable"));
    const leave = () => {
      place.replaceChildren();
      chooser.focus();
    };
    place.replaceChildren(cropper(bitmap, (square) => void picture.give(file, square).then(redraw, failed), leave));
    /** @type {HTMLElement | null} */ (place.querySelector("canvas"))?.focus();
  };
  const remove = h("button", { type: "button", class: "plain", id: "remove-picture", onclick: () => void picture.remove().then(redraw, failed) }, t("picture.remove"));
  return h(
    "div",
    { class: "row", "data-field": "portrait" },
    h("p", { class: "note" }, t(picture.shown ? "picture.note" : "portrait.note")),
    !picture.shown && partsChooser(form),
    h("p", { class: "actions" }, h("label", { class: "plain choose-file" }, t(picture.shown ? "picture.other" : "picture.choose"), chooser), picture.shown && remove),
    place,
    problem,
  );
}

/** @param {Form} form */
function partsChooser(form) {
  const face = h("div", { class: "face" });
  const parts = parsePortrait(form.get("portrait") ?? "") ?? /** @type {Parts} */ (parsePortrait(randomPortrait(() => 0)));
  const rows = h("div", { class: "parts" });
  const draw = () => {
    face.innerHTML = portrait(form.get("portrait") ?? "", form.get("accent") ?? "");
    rows.replaceChildren(...Object.keys(CHOICES).map((name) => partRow(/** @type {keyof Parts} */ (name), parts, changed)));
  };
  const changed = () => {
    form.put("portrait", portraitText(parts));
    face.innerHTML = portrait(form.get("portrait"), "");
  };
  const shuffle = () => {
    Object.assign(parts, parsePortrait(randomPortrait()));
    changed();
    draw();
  };
  draw();
  return h("div", { class: "drawn" }, h("div", { class: "face-side" }, face, h("button", { type: "button", class: "plain", id: "shuffle", onclick: shuffle }, t("portrait.shuffle"))), rows);
}

/** One part: the one before, which it is, the one after; or its colours. @param {keyof Parts} name @param {Parts} parts @param {() => void} changed */
function partRow(name, parts, changed) {
  const label = t(`part.${name}`);
  const choose = (/** @type {string} */ value) => {
    parts[name] = value;
    changed();
  };
  if (COLOURS.has(name)) return colourRow(name, label, parts[name], choose);
  const word = h("span", { class: "which", role: "status" }, t(`part.${name}.${parts[name]}`));
  const step = (/** @type {number} */ by) => {
    const all = CHOICES[name];
    choose(all[(all.indexOf(parts[name]) + by + all.length) % all.length]);
    word.textContent = t(`part.${name}.${parts[name]}`);
  };
  return h(
    "div",
    { class: "part", role: "group", "aria-label": label },
    h("span", { class: "label" }, label),
    iconButton("back", t("part.before", { part: label }), { class: "round small", onclick: () => step(-1) }),
    word,
    iconButton("back", t("part.after", { part: label }), { class: "round small forward", onclick: () => step(1) }),
  );
}

/** @param {string} name @param {string} label @param {string} chosen @param {(value: string) => void} choose */
const colourRow = (name, label, chosen, choose) =>
  h(
    "fieldset",
    { class: "part colours" },
    h("legend", { class: "label" }, label),
    h("div", {}, ...CHOICES[/** @type {keyof Parts} */ (name)].map((value, at) => {
      const radio = h("input", { type: "radio", name: `part-${name}`, value, checked: value === chosen, "aria-label": `${label} ${at + 1}`, onchange: () => choose(value) });
      radio.style.backgroundColor = `#${value}`;
      return radio;
    })),
  );
