/** Somebody, or another tab, wrote meanwhile: both are there, and the person says which holds. */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { fetchMade } from "../../protocol/characters.js";
import { differences } from "./difference.js";
import { tidied } from "./form/paths.js";

/** @typedef {import("../../protocol/characters.js").CharacterFile} CharacterFile */

/** A version was saved after the one that this would be saved over. @param {import("./editor.js").Editor} editor */
export async function savedElsewhere(editor) {
  const theirs = await fetchMade(editor.keeper.id).catch(() => null);
  if (!theirs?.file) return editor.warn(t("form.unreachable"));
  // What is there may be this, whose answer was lost.
  if (same(theirs.file, editor.file)) return editor.saved(theirs, false);
  const { version } = theirs;
  editor.alert.replaceChildren(panel(editor, theirs, theirs.file, t("conflict.saved", { version }), () => void editor.saveOver(theirs.etag ?? "")));
}

/**
 * Whoever comes back to what the server did not take goes on with it; if it was written elsewhere meanwhile, they choose.
 * @param {import("./editor.js").Editor} editor @param {import("./unsent.js").Unsent} left
 */
export function goOn(editor, { over }) {
  const { made } = editor;
  const file = made?.draft ?? made?.file;
  if (!made || !file || over === made.updated_at) return editor.changed();
  if (same(file, editor.file)) return editor.keeper.settled(made.updated_at);
  editor.alert.replaceChildren(panel(editor, made, file, t("conflict.written"), () => editor.keepOver(made)));
}

/** Whoever comes back to this tab is told if there is something else on the server than here. @param {import("./editor.js").Editor} editor */
export async function lookForOthers(editor) {
  const { keeper, closing } = editor;
  if (!keeper.id || keeper.state !== "kept") return;
  const theirs = await fetchMade(keeper.id, closing.signal).catch(() => null);
  const file = theirs?.draft ?? theirs?.file;
  if (!theirs || !file || keeper.state !== "kept" || same(file, editor.file)) return;
  editor.alert.replaceChildren(panel(editor, theirs, file, t("conflict.written"), () => editor.keepOver(theirs)));
}

/** @param {CharacterFile} one @param {CharacterFile} other */
const same = (one, other) => differences(tidied(one), tidied(other)) === null;

/**
 * @param {import("./editor.js").Editor} editor @param {import("../../protocol/characters.js").Made} theirs @param {CharacterFile} file theirs
 * @param {string} title @param {() => void} keep mine
 */
function panel(editor, theirs, file, title, keep) {
  const mine = () => {
    editor.alert.replaceChildren();
    keep();
  };
  const other = () => {
    editor.alert.replaceChildren();
    editor.take(theirs);
  };
  return h(
    "div",
    { class: "panel", id: "conflict" },
    h("h2", {}, title),
    h("p", {}, t("conflict.text")),
    differences(file, tidied(editor.file)) ?? h("p", { class: "note" }, t("difference.none")),
    h(
      "p",
      { class: "actions" },
      h("button", { type: "button", class: "primary", id: "conflict-mine", onclick: mine }, t("conflict.mine")),
      h("button", { type: "button", class: "plain", id: "conflict-theirs", onclick: other }, t("conflict.theirs")),
    ),
  );
}
