/** What can be done with a character as a whole: versions, who may see it, taking it along, deleting it. */
import { h } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { showUndoBar } from "../../components/undo-bar.js";
import { t } from "../../i18n.js";
import { deleteCharacter, exportPath, publish, restoreCharacter } from "../../protocol/characters.js";
import { download } from "../../protocol/download.js";
import { go, hashOf } from "../../router.js";

/** Format and how its file ends. */
const FORMATS = [["toml", "toml"], ["png", "png"], ["v3", "json"], ["v2", "json"], ["v1", "json"], ["charx", "charx"], ["jpeg", "jpeg"], ["pygmalion", "json"], ["book", "json"]];

/** @param {import("./editor.js").Editor} editor @param {import("../../protocol/characters.js").Made} made */
export function toolsMenu(editor, made) {
  const { id } = made;
  const saved = made.version > 0;
  const name = editor.heading.textContent ?? "";
  const failed = (/** @type {unknown} */ error) => editor.warn(reasonOf(error));
  const share = () =>
    publish(id, made.visibility !== "published").then(() => {
      made.visibility = made.visibility === "published" ? "private" : "published";
      editor.menu.replaceChildren(toolsMenu(editor, made));
      editor.word.textContent = t(`tools.${made.visibility}.done`);
    }, (error) => editor.warn(reasonOf(error)));
  const remove = () => {
    deleteCharacter(id).then(() => deleted(id, name, () => go(hashOf(["characters", id]))), failed);
  };
  const action = (/** @type {string} */ key, /** @type {() => unknown} */ act) => h("li", {}, h("button", { type: "button", id: `tool-${key}`, onclick: () => void act() }, t(`tools.${key}`)));
  return h(
    "details",
    { class: "menu", id: "tools", onkeydown: close },
    h("summary", { class: "plain" }, t("tools")),
    h(
      "ul",
      {},
      saved && action("versions", () => go(hashOf(["characters", id, "versions"]))),
      saved && action(made.visibility === "published" ? "unpublish" : "publish", share),
      saved && h("li", { class: "label" }, t("tools.export")),
      ...(saved ? FORMATS : []).map(([format, ending]) => h("li", {}, h("button", { type: "button", "data-format": format, onclick: () => void download(exportPath(id, format), `${name || "character"}.${ending}`).catch(failed) }, t(`export.${format}`)))),
      action("delete", remove),
    ),
  );
}

/** @param {KeyboardEvent} event */
function close({ key, currentTarget }) {
  if (key !== "Escape") return;
  const menu = /** @type {HTMLDetailsElement} */ (currentTarget);
  menu.open = false;
  menu.querySelector("summary")?.focus();
}

/** Say so, with the way back, where one's characters are. @param {string} id @param {string} name @param {() => void} back shows it again */
export function deleted(id, name, back) {
  const act = async () => {
    try {
      await restoreCharacter(id);
    } catch {
      return t("tools.undo.failed");
    }
    back();
    return t("tools.undone", { name });
  };
  go(hashOf(["characters"]));
  showUndoBar(t("tools.deleted", { name }), { label: t("tools.undo"), act });
}
