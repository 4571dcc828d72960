/** The lorebook: what the character knows and recalls only when the talk comes to it. */
import { h, iconButton } from "../../../components/dom.js";
import { t } from "../../../i18n.js";
import { choiceField, lineField, rangeField, switchField, textField, wordsField } from "./fields.js";
import { listOf } from "./paths.js";

/** @typedef {import("./fields.js").Form} Form */

const ENTRIES = "book.entries";
/** Entries that are shown at once: some books have thousands. */
const SHOWN = 50;
/** What an entry has where it says nothing of its order. */
const USUAL_ORDER = 100;

/** @param {Form} form */
export function bookField(form) {
  const list = h("ul", { class: "entries" });
  let wanted = "";
  let shown = SHOWN;
  /** What opens each that is shown, and gives its first field. @type {Map<number, () => HTMLElement>} */
  const rows = new Map();
  const search = h("input", { type: "search", "aria-label": t("book.search"), placeholder: t("book.search") });
  search.oninput = () => {
    wanted = search.value.trim().toLowerCase();
    redraw();
  };
  const more = h("button", { type: "button", class: "link" }, t("list.more"));
  more.onclick = () => {
    shown += SHOWN;
    redraw();
  };
  const add = h("button", { type: "button", class: "link", "data-add": ENTRIES }, t("field.book.entries.add"));
  add.onclick = () => {
    const all = listOf(form.get(ENTRIES));
    form.put(ENTRIES, [...all, { keys: [], content: "" }]);
    search.value = wanted = "";
    shown = Math.max(shown, all.length + 1);
    redraw();
    rows.get(all.length)?.().focus();
  };
  const remove = (/** @type {number} */ at) => {
    form.put(ENTRIES, listOf(form.get(ENTRIES)).filter((_entry, place) => place !== at));
    redraw();
    add.focus();
  };
  function redraw() {
    const all = listOf(form.get(ENTRIES));
    const found = all.flatMap((entry, at) => (saysOf(entry).toLowerCase().includes(wanted) ? [at] : []));
    rows.clear();
    list.replaceChildren(...found.slice(0, shown).map((at) => {
      const { element, open } = entryRow(form, at, () => remove(at));
      rows.set(at, open);
      return element;
    }));
    more.hidden = found.length <= shown;
    search.hidden = all.length < 8;
  }
  redraw();
  return h(
    "div",
    { class: "row list book", "data-field": ENTRIES, role: "group", "aria-label": t("section.book") },
    h("p", { class: "note" }, t("book.note")),
    search,
    list,
    more,
    h("p", { class: "problem" }),
    add,
    listOf(form.get(ENTRIES)).length > 0 && ofAll(form),
  );
}

/** @param {any} entry */
const saysOf = (entry) => [entry.name, ...listOf(entry.keys), entry.content].filter(Boolean).join(" ");

/** What an entry is called in the list. @param {any} entry */
const titleOf = (entry) => entry.name || listOf(entry.keys).join(", ") || String(entry.content ?? "").slice(0, 60) || t("book.empty");

/** An entry, closed; its fields are made when it is opened. @param {Form} form @param {number} at @param {() => void} remove */
function entryRow(form, at, remove) {
  const path = `${ENTRIES}.${at}`;
  const entry = form.get(path);
  const title = h("span", { class: "name", dir: "auto" }, titleOf(entry));
  const about = h("span", { class: "tongues" });
  const retitle = () => {
    const now = form.get(path) ?? {};
    title.textContent = titleOf(now);
    about.textContent = [now.enabled === false && t("book.off"), now.constant && t("book.constant"), t("book.order", { order: now.insertion_order ?? USUAL_ORDER })].filter(Boolean).join(" · ");
  };
  retitle();
  const row = h("details", { class: "entry-fields folded", "data-field": path }, h("summary", {}, title, about));
  const fill = () => row.childElementCount === 1 && row.append(fieldsOf(form, path), iconButton("trash", t("list.remove", { what: titleOf(entry) }), { class: "round small", onclick: remove }));
  row.addEventListener("toggle", () => row.open && fill());
  row.addEventListener("input", retitle);
  const open = () => {
    fill();
    row.open = true;
    return /** @type {HTMLElement} */ (row.querySelector("input"));
  };
  return { element: h("li", {}, row), open };
}

/** @param {Form} form @param {string} path */
function fieldsOf(form, path) {
  return h(
    "div",
    { class: "fields" },
    wordsField(form, `${path}.keys`),
    textField(form, `${path}.content`, 3),
    switchField(form, `${path}.constant`),
    numberField(form, `${path}.insertion_order`),
    choiceField(form, `${path}.position`, [["after_char", t("book.after")], ["before_char", t("book.before")]], "after_char"),
    wordsField({ ...form, put: (at, value) => putSecondary(form, path, at, value) }, `${path}.secondary_keys`),
    lineField(form, `${path}.name`, 500),
    offSwitch(form, path),
  );
}

/** Further keys count once there are some. @param {Form} form @param {string} path @param {string} at @param {any} value */
function putSecondary(form, path, at, value) {
  form.put(at, value);
  form.put(`${path}.selective`, value.length > 0 || "");
}

/** @param {Form} form @param {string} path */
function numberField(form, path) {
  const label = t("field.book.entries.insertion_order");
  const field = h("input", { type: "text", inputmode: "numeric", pattern: "-?[0-9]*", value: form.get(path) ?? USUAL_ORDER, "aria-label": label });
  field.oninput = () => field.value.trim() && Number.isFinite(Number(field.value)) && form.put(path, Number(field.value));
  return h("div", { class: "row", "data-field": path }, h("span", { class: "label" }, label), h("p", { class: "note" }, t("field.book.entries.insertion_order.note")), field, h("p", { class: "problem" }));
}

/** @param {Form} form @param {string} path */
function offSwitch(form, path) {
  const field = h("input", { type: "checkbox", checked: form.get(`${path}.enabled`) !== false });
  field.onchange = () => form.put(`${path}.enabled`, field.checked ? "" : false);
  return h("label", { class: "switch" }, field, h("span", {}, t("field.book.entries.enabled")));
}

/** How the whole book is searched. @param {Form} form */
const ofAll = (form) =>
  h(
    "div",
    { class: "fields" },
    rangeField(form, "book.scan_depth", { least: 1, most: 20, step: 1, usual: 4, said: String }),
    rangeField(form, "book.token_budget", { least: 100, most: 4000, step: 100, usual: 500, said: String }),
    switchField(form, "book.recursive_scanning"),
  );
