/** One file on its way: how far it is, or why it did not arrive. */
import { sizeOf } from "../../components/dates.js";
import { h, iconButton } from "../../components/dom.js";
import { hasText, t } from "../../i18n.js";
import { uploads } from "./uploads.js";

/** @typedef {import("../../protocol/upload.js").Upload} Upload */

/** @type {WeakMap<Upload, string>} */
const keys = new WeakMap();
let made = 0;

/**
 * The row of an upload: the one there is, with its progress as it is now, or another one for another state.
 * @param {Upload} upload @param {import("../../protocol/files.js").Usage | null} usage
 * @param {Map<string | null, Element>} known rows that are shown, by key
 */
export function uploadRow(upload, usage, known) {
  const number = keys.get(upload) ?? String(++made);
  keys.set(upload, number);
  const key = `${number} ${upload.state}`;
  const row = known.get(key) ?? newRow(upload, usage, key);
  const bar = row.querySelector("progress");
  const percent = Math.floor((100 * upload.sent) / upload.file.size);
  if (bar) bar.value = percent;
  const figure = row.querySelector(".figure");
  if (figure) figure.textContent = t("files.uploading", { percent });
  return row;
}

/** @param {Upload} upload @param {import("../../protocol/files.js").Usage | null} usage @param {string} key */
function newRow(upload, usage, key) {
  const { name } = upload.file;
  const { state } = upload;
  const failed = state === "failed";
  const said = failed ? reason(upload, usage) : state === "sending" ? "" : t(`files.${state}`);
  return h(
    "li",
    { class: "upload", "data-key": key, "data-state": state },
    h(
      "div",
      { class: "words" },
      h("p", { class: "name", dir: "auto" }, name),
      !failed && h("progress", { max: 100, value: 0, "aria-label": name }),
      said && h("p", { class: "note", role: failed ? "alert" : "status" }, said),
    ),
    state === "sending" && h("span", { class: "figure" }),
    failed && h("button", { type: "button", class: "plain", onclick: () => uploads.again(upload) }, t("files.again")),
    iconButton("close", `${t(failed ? "files.dismiss" : "files.cancel")}: ${name}`, { class: "round small", onclick: () => uploads.dismiss(upload) }),
  );
}

/** What went wrong, with figures where they help. @param {Upload} upload @param {import("../../protocol/files.js").Usage | null} usage */
function reason({ error, file }, usage) {
  const code = error?.code ?? "";
  if (!error?.status) return t("files.error.unreachable");
  const free = usage ? sizeOf(Math.max(0, usage.most_bytes - usage.bytes)) : "";
  if (hasText(`files.error.${code}`)) return t(`files.error.${code}`, { size: sizeOf(file.size), free, count: usage?.most_files ?? "" });
  return t("files.error.other", { code: code || error.status });
}
