/** One character, as a link leads to it: ready to talk, and with what can be done with it besides. */
import { applyAccent } from "../../components/accent.js";
import { askFirst } from "../../components/confirm.js";
import { h, icon } from "../../components/dom.js";
import { showUndoBar } from "../../components/undo-bar.js";
import { t } from "../../i18n.js";
import { ServerRefused } from "../../protocol/api.js";
import { copyCharacter, fetchFound, setPublished } from "../../protocol/discover.js";
import { go, hashOf } from "../../router.js";
import { staged, talkButton } from "../choose.js";
import { VoiceSample } from "../voice-sample.js";
import { about, favouriteButton, nameOf, reasonOf } from "./card.js";
import { changedSince, leftAddress } from "./discover.js";
import { reportDialog } from "./report.js";
import "./texts.js";

/** @typedef {Awaited<ReturnType<typeof fetchFound>>} Found */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export function open(root, page) {
  const [id] = page.address.rest;
  const closing = new AbortController();
  const voice = new VoiceSample();
  const view = h("section", { class: "view character", "aria-busy": "true" }, h("a", { class: "quiet back", href: leftAddress(), html: icon("back") }, h("span", {}, t("discover"))));
  const place = h("div", {});
  view.append(place);
  root.append(view);
  const draw = (/** @type {Found} */ found) => place.replaceChildren(...shown(found, page, voice, draw));
  fetchFound(id ?? "", closing.signal)
    .then((found) => {
      if (closing.signal.aborted) return;
      applyAccent(document.documentElement, found.accent);
      page.title(nameOf(found));
      draw(found);
    })
    .catch((error) => {
      if (closing.signal.aborted) return;
      if (error instanceof ServerRefused && error.status === 404) return view.append(missing());
      page.refused(error);
    })
    .finally(() => view.removeAttribute("aria-busy"));
  return {
    close() {
      closing.abort();
      voice.stop();
    },
  };
}

const missing = () =>
  h("div", { class: "panel", role: "alert" }, h("h1", {}, t("character.missing.title")), h("p", {}, t("character.missing.text")));

/** @param {Found} found @param {import("../../app.js").PageContext} page @param {VoiceSample} voice @param {(found: Found) => void} draw it anew */
function shown(found, page, voice, draw) {
  const stage = h("div", { class: "stage" });
  const word = h("p", { class: "note", role: "status" });
  const say = (/** @type {string} */ text) => (word.textContent = text);
  const refresh = () => stage.replaceChildren(...staged(found, { settings: (section) => go(hashOf(["settings", section ?? ""])) }, voice, refresh, "h1"));
  refresh();
  const { origin } = found;
  return [
    stage,
    found.file ? h("div", { class: "act" }, talkButton(() => page.talk(found), page.prepare)) : h("p", { class: "note" }, t("character.unfinished")),
    found.visibility === "hidden" && h("p", { class: "note" }, t("character.hidden")),
    h("p", { class: "note about" }, about(found).join(" · ")),
    origin && h("p", { class: "note" }, t("character.origin"), " ", h("a", { class: "link", id: "origin", href: hashOf(["talk", origin.id]), dir: "auto" }, origin.name)),
    h("div", { class: "actions" }, ...actions(found, page, say, draw)),
    word,
  ].filter((part) => part instanceof Node);
}

/** @param {Found} found @param {import("../../app.js").PageContext} page @param {(text: string) => void} say @param {(found: Found) => void} draw */
function actions(found, page, say, draw) {
  const name = nameOf(found);
  const failed = (/** @type {unknown} */ error) => say(reasonOf(error));
  const act = (/** @type {string} */ id, /** @type {() => void} */ onclick) => h("button", { type: "button", id, class: "plain", onclick }, t(`character.${id}`));
  const copied = (/** @type {{ id: string }} */ { id }) => {
    page.charactersChanged();
    go(hashOf(["characters", id]));
  };
  const share = () => navigator.clipboard.writeText(location.href).then(() => say(t("character.shared")), failed);
  const report = () => reportDialog(found.id, name, () => say(t("report.sent")));
  const favoured = () => {
    page.charactersChanged();
    changedSince(found.id, { favourite: found.favourite });
  };
  return [
    favouriteButton(found, say, favoured),
    found.mine && h("a", { id: "edit", class: "plain", href: hashOf(["characters", found.id]) }, t("character.edit")),
    found.mine && found.file && publishing(found, failed, draw),
    found.file && act("copy", () => void copyCharacter(found.id).then(copied, failed)),
    (found.published || !found.mine) && navigator.clipboard && act("share", () => void share()),
    !found.mine && found.updated_at !== null && act("report", report),
  ].filter((part) => part instanceof Node);
}

/** The press that shows it to everybody, or to nobody else again. @param {Found} found @param {(error: unknown) => void} failed @param {(found: Found) => void} draw */
function publishing(found, failed, draw) {
  const publish = (/** @type {boolean} */ published) =>
    setPublished(found.id, published).then(() => {
      changedSince(found.id, { published });
      draw({ ...found, published });
      document.getElementById("publish")?.focus();
      showUndoBar(t(published ? "character.published" : "character.unpublished", { name: nameOf(found) }), null);
    }, failed);
  const button = h("button", { type: "button", id: "publish", class: "plain" }, t(found.published ? "character.unpublish" : "character.publish"));
  if (found.published) button.onclick = () => void publish(false);
  else askFirst(button, { question: t("character.publish.sure"), yes: t("character.publish"), no: t("character.publish.no") }, () => void publish(true));
  return button;
}
