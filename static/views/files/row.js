/** One file in the list: what it is, and what can be done with it. */
import { askFirst } from "../../components/confirm.js";
import { lengthOf, sizeOf } from "../../components/dates.js";
import { h, icon, iconButton } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { contentPath, deleteFile, wholeLink } from "../../protocol/files.js";
import { download } from "../../protocol/download.js";

/** @typedef {import("../../protocol/files.js").StoredFile} StoredFile */

/** @param {string} type @returns {"image" | "audio" | "video" | "other"} */
export function kindOf(type) {
  const [kind] = type.split("/");
  return kind === "image" || kind === "audio" || kind === "video" ? kind : "other";
}

/** @param {StoredFile} file @param {(text: string) => void} say @param {() => void} deleted */
export function fileRow(file, say, deleted) {
  const { name } = file;
  const kind = kindOf(file.type);
  const left = file.expires_at && t("files.expires", { length: lengthOf(Date.parse(file.expires_at) - Date.now()) });
  const failed = () => say(t("files.failed"));
  const remove = iconButton("trash", t("files.delete", { name }), { class: "round small" });
  const words = { question: t("files.delete.sure"), yes: t("files.delete.yes"), no: t("files.delete.no") };
  askFirst(remove, words, () => {
    deleteFile(file.id).then(() => {
      row.remove();
      deleted();
    }, failed);
  });
  const link = async () => {
    await navigator.clipboard.writeText(wholeLink(file));
    say(t("files.linked"));
  };
  const row = h(
    "li",
    { class: "file", "data-file": file.id },
    h("span", { class: "kind", role: "img", "aria-label": t(`type.${kind}`), title: file.type, html: icon(kind === "other" ? "document" : kind) }),
    h("div", { class: "words" }, h("p", { class: "name", dir: "auto" }, name), h("p", { class: "tongues" }, [sizeOf(file.bytes), left].filter(Boolean).join(" · "))),
    h(
      "div",
      { class: "tools" },
      navigator.clipboard && iconButton("link", t("files.link", { name }), { class: "round small", onclick: () => void link().catch(failed) }),
      iconButton("download", t("files.download", { name }), { class: "round small", onclick: () => void download(contentPath(file.id), name).catch(failed) }),
      remove,
    ),
  );
  return row;
}

export const emptyFiles = () => h("li", {}, h("div", { class: "panel" }, h("h2", {}, t("files.empty.title")), h("p", {}, t("files.empty.text"))));
