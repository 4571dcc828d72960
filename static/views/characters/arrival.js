/** A file that is dropped or chosen becomes a character: how far it is, what was kept of it, and the talk. */
import { applyAccent } from "../../components/accent.js";
import { h, iconButton } from "../../components/dom.js";
import { faceOf } from "../../components/portraits.js";
import { inEnglish, reasonOf } from "../../components/reasons.js";
import { hasText, language as pageLanguage, t } from "../../i18n.js";
import { ServerRefused } from "../../protocol/api.js";
import { importCharacter, wholeLink, withPicture } from "../../protocol/characters.js";
import { go, hashOf } from "../../router.js";
import { asRead, cardOf } from "./card.js";
import { listOf, mainLanguage, textIn } from "./form/paths.js";
import "../../components/texts.js";
import "./texts.js";
import "./form/texts.js";

/** @typedef {import("../../protocol/characters.js").Imported} Imported */
/** @typedef {Pick<import("../../app.js").PageContext, "characters" | "talk" | "prepare" | "charactersChanged">} Page */

/** The largest card that the server reads. */
const MOST_BYTES = 32 * 2 ** 20;

/** @param {File[]} files one after the other @param {Page} page */
export async function arrive([file, ...others], page) {
  /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog.arrival"))?.close();
  const reading = new AbortController();
  const body = h("div", { class: "sheet" });
  const title = h("h1", { dir: "auto" }, file.name);
  const dialog = h("dialog", { class: "arrival", "aria-label": t("arrival") }, h("header", {}, title, iconButton("close", t("arrival.close"), { onclick: () => dialog.close() })), body);
  dialog.onclose = () => {
    reading.abort();
    dialog.remove();
  };
  const next = others.length > 0 && h("button", { type: "button", class: "plain", id: "arrived-next", onclick: () => void arrive(others, page) }, t("arrival.next", { count: others.length }));
  document.body.append(dialog);
  dialog.showModal();
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("arrival.reading") });
  body.replaceChildren(h("p", { class: "note", role: "status" }, t("arrival.reading")), bar);
  page.prepare();
  try {
    if (file.size > MOST_BYTES) throw new ServerRefused(413, "card_too_large");
    const imported = await importCharacter(file, (part) => (bar.value = part), reading.signal);
    page.charactersChanged();
    if (!reading.signal.aborted) show(imported, dialog, title, body, page, next);
  } catch (error) {
    body.replaceChildren(
      h("p", { class: "problem", role: "alert" }, reasonOf(error)),
      h("p", { class: "note" }, t("arrival.kinds")),
      ...(next ? [h("p", { class: "actions" }, next)] : []),
    );
  }
}

/**
 * @param {Imported} imported @param {HTMLDialogElement} dialog @param {HTMLElement} title @param {HTMLElement} body @param {Page} page
 * @param {HTMLElement | false} next the way to the next file
 */
function show(imported, dialog, title, body, page, next) {
  const made = withPicture(imported.character);
  const file = made.file ?? made.draft ?? { languages: [pageLanguage] };
  const card = cardOf(made, file, page.characters, false);
  const language = file.languages.includes(pageLanguage) ? pageLanguage : mainLanguage(file);
  const name = textIn(file, "name", pageLanguage);
  const greetings = [file[language]?.greeting, ...listOf(file[language]?.greetings)].filter(Boolean).map((text) => asRead(text, name, language));
  let chosen = 0;
  title.textContent = name;
  applyAccent(dialog, card.accent);
  const talk = () => {
    dialog.close();
    page.talk(chosen ? { ...card, greeting: chosen } : card);
  };
  const button = h("button", { type: "button", class: "primary", id: "arrived-talk", onclick: talk }, t("arrival.talk"));
  body.replaceChildren(
    h("div", { class: "face", html: faceOf(card) }),
    h("p", { role: "status", class: "note" }, t("arrival.here")),
    h("p", { class: "actions" }, button, h("button", { type: "button", class: "plain", id: "arrived-edit", onclick: () => (dialog.close(), go(hashOf(["characters", made.id]))) }, t("arrival.edit")), next),
    greetings.length > 1 ? greetingChoice(greetings, (number) => (chosen = number)) : h("blockquote", { class: "said", dir: "auto" }, ...(greetings[0] ?? [])),
    ...account(imported),
  );
  button.focus();
}

/** @param {(Node | string)[][]} greetings @param {(number: number) => void} choose */
const greetingChoice = (greetings, choose) =>
  h(
    "fieldset",
    { class: "greetings" },
    h("legend", {}, t("arrival.greeting")),
    ...greetings.map((greeting, number) =>
      h("label", {}, h("input", { type: "radio", name: "greeting", checked: number === 0, onchange: () => choose(number) }), h("span", { dir: "auto" }, ...greeting)),
    ),
  );

/** What of the card is different here, and what it says about itself. @param {Imported} imported */
function account({ warnings, kept, voice }) {
  const told = warnings.map(({ field, code, message }) => h("li", {}, hasText(`card.${code}`) ? t(`card.${code}`, { field }) : inEnglish(message) || field));
  const { creator, version, notes, tags } = kept;
  const about = [creator && t("arrival.kept.creator", { text: creator }), version && t("arrival.kept.version", { text: version }), tags.join(" · "), notes].filter(Boolean);
  return [
    told.length > 0 && h("div", { class: "faults" }, h("p", { class: "label" }, t("arrival.warnings")), h("ul", {}, ...told)),
    voice && h("div", {}, h("p", { class: "note" }, t("arrival.voice")), h("audio", { controls: true, preload: "none", src: wholeLink(voice.link) })),
    about.length > 0 && h("details", { class: "folded" }, h("summary", {}, t("arrival.kept")), ...about.map((text) => h("p", { dir: "auto" }, text)), h("p", { class: "note" }, t("arrival.kept.note"))),
  ].filter((part) => part instanceof Node);
}
