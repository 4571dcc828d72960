/** Who is there to talk to: one person on stage, the others around; *Talk* is one press away. */
import { applyAccent } from "../components/accent.js";
import { h, icon, iconButton, segmentedControl } from "../components/dom.js";
import { language, languageName, localized, t } from "../i18n.js";
import { faceOf } from "../components/portraits.js";
import { preferences, savePreferences } from "../preferences.js";
import { hashOf } from "../router.js";
import { starterCard } from "./starter.js";
import { VoiceSample } from "./voice-sample.js";

/** More than these are worth searching. */
const FITS = 12;

/** More advice at once is nagging. */
const ADVICE = 2;

/** @typedef {import("../protocol/api.js").Character} Character */

/**
 * The language a character is talked to in: the person's choice, the page's if it can, its own. A coach is talked to in
 * the language it teaches, whoever comes.
 * @param {Character} character
 */
export function spokenWith(character) {
  const chosen = preferences.spoken[character.id];
  if (character.languages.includes(chosen)) return chosen;
  if (character.id.endsWith("-coach")) return character.language;
  return character.languages.includes(language) ? language : character.language;
}

/** What must be said about being understood in `spoken`; "" if nothing. @param {Character} character @param {string} spoken */
export function hearing(character, spoken) {
  if (character.hears.includes(spoken)) return "";
  if (character.hears.length === 0) return t("hears.none");
  return t("hears.only", { known: character.hears.map(languageName).join(t("and")), language: languageName(spoken) });
}

/**
 * @param {HTMLElement} root
 * @param {{ characters: Character[], status: import("../protocol/api.js").Status | null, word: string, talk: (character: Character) => void,
 *   prepare: () => void, settings: (section?: string) => void, renew: () => Promise<Character[]> }} page
 */
export function choose(root, page) {
  const voice = new VoiceSample();
  let chosen = page.characters.find(({ id }) => id === preferences.character) ?? page.characters[0];
  const stage = h("section", { class: "stage", "aria-live": "polite" });
  const list = h("ul", { class: "cards" });

  const refresh = () => {
    applyAccent(document.documentElement, chosen.accent);
    stage.replaceChildren(...staged(chosen, page, voice, refresh));
    for (const card of list.querySelectorAll("[data-character]")) {
      card.setAttribute("aria-pressed", String(card.getAttribute("data-character") === chosen.id));
    }
  };
  const pick = (/** @type {Character} */ character) => {
    voice.stop();
    chosen = character;
    savePreferences({ character: character.id });
    refresh();
  };

  const fill = (/** @type {Character[]} */ characters) =>
    list.replaceChildren(...characters.map((character) => card(character, voice, () => pick(character))));
  /** Other engines may understand and speak other languages. */
  const renew = async () => {
    const before = JSON.stringify(page.characters);
    const characters = await page.renew().catch(() => page.characters);
    if (closed || JSON.stringify(characters) === before) return;
    page.characters = characters;
    const back = placeOfFocus();
    voice.stop();
    chosen = characters.find(({ id }) => id === chosen.id) ?? characters[0];
    fill(characters);
    refresh();
    if (back) /** @type {HTMLElement | null} */ (document.querySelector(back))?.focus();
  };
  let closed = false;
  const starter = starterCard(() => void renew());
  fill(page.characters);
  const cast = h(
    "section",
    { class: "cast", "aria-label": t("cast") },
    page.word && h("p", { class: "note", id: "word", role: "status" }, page.word),
    h("h1", {}, t("welcome")),
    page.characters.length > FITS && search(list),
    list,
    h(
      "p",
      { class: "others" },
      h("a", { id: "others", class: "quiet", href: hashOf(["discover"]), html: icon("discover") }, h("span", {}, t("others"))),
      h("a", { id: "own", class: "quiet", href: hashOf(["characters"]), html: icon("pencil") }, h("span", {}, t("own"))),
    ),
    starter.element,
    advice(page.status),
  );
  root.append(
    h(
      "div",
      { class: "choose" },
      h("div", { class: "side" }, stage, h("div", { class: "act" }, talkButton(() => page.talk(chosen), page.prepare))),
      cast,
    ),
  );
  refresh();
  return {
    close() {
      closed = true;
      voice.stop();
      starter.close();
    },
  };
}

/** A selector that finds what has the focus when it was drawn anew; "" if nothing here has it. */
function placeOfFocus() {
  const focused = document.activeElement;
  if (focused?.id) return `#${focused.id}`;
  if (focused?.closest("#spoken")) return `#spoken [value="${focused.getAttribute("value")}"]`;
  const character = focused?.closest(".card")?.querySelector("[data-character]")?.getAttribute("data-character");
  return character ? `[data-character="${character}"]` : "";
}

/** @param {Character} character @param {{ settings: (section?: string) => void }} page @param {VoiceSample} voice @param {() => void} refresh @param {"h1" | "h2"} [heading] */
export function staged(character, page, voice, refresh, heading = "h2") {
  const name = localized(character.name) || "…";
  const spoken = spokenWith(character);
  const note = hearing(character, spoken);
  const topics = localized(/** @type {any} */ (character.topics)) || [];
  return [
    h("div", { class: "face", html: faceOf(character) }),
    h(heading, { class: "name", dir: "auto" }, name),
    h("p", { class: "line", dir: "auto" }, localized(character.line)),
    topics.length > 0 && h("p", { class: "topics", dir: "auto" }, `${t("about")} ${[...topics].slice(0, 3).join(" · ")}`),
    h(
      "div",
      { class: "voice" },
      character.languages.length === 1
        ? h("span", { class: "tongue" }, languageName(spoken))
        : segmentedControl("spoken", t("spoken.language"), character.languages.map((code) => [code, languageName(code)]), spoken, (code) => {
          savePreferences({ spoken: { ...preferences.spoken, [character.id]: code } });
          refresh();
          /** @type {HTMLElement | null} */ (document.querySelector(`#spoken [value="${code}"]`))?.focus();
        }),
      voice.button(character, spoken, { id: "sample", class: "quiet sample" }, h("span", {}, t("sample.short"))),
    ),
    note &&
      h(
        "p",
        { class: "note" },
        note,
        " ",
        h("button", { type: "button", class: "link", onclick: () => page.settings("server") }, t("hears.how")),
      ),
  ].filter((part) => part instanceof Node);
}

/** @param {Character} character @param {VoiceSample} voice @param {() => void} pick */
function card(character, voice, pick) {
  const spoken = spokenWith(character);
  const understood = character.hears.includes(spoken);
  const tongues = character.languages.map(languageName);
  if (!understood) tongues.push(t("hears.short", { language: languageName(spoken) }));
  const item = h(
    "li",
    { class: "card" },
    h(
      "button",
      { type: "button", class: "choice", "data-character": character.id, onclick: pick },
      h("span", { class: "face", html: faceOf(character) }),
      h(
        "span",
        { class: "words" },
        h("span", { class: "name", dir: "auto" }, localized(character.name)),
        h("span", { class: "line", dir: "auto" }, localized(character.line)),
        h("span", { class: "tongues" }, tongues.join(" · ")),
      ),
    ),
    voice.button(character, spoken),
  );
  applyAccent(item, character.accent);
  return item;
}

/** @param {() => void} talk @param {() => void} prepare */
export function talkButton(talk, prepare) {
  const button = h("button", { type: "button", id: "talk", html: icon("microphone"), onclick: talk }, h("span", {}, t("talk")));
  for (const hint of ["pointerenter", "pointerdown", "focus"]) button.addEventListener(hint, prepare, { once: true });
  return button;
}

/** @param {HTMLElement} list */
function search(list) {
  const none = h("p", { class: "note", role: "status", hidden: true }, t("search.none"));
  const filter = (/** @type {InputEvent} */ { target }) => {
    const wanted = /** @type {HTMLInputElement} */ (target).value.trim().toLowerCase();
    const items = /** @type {HTMLElement[]} */ ([...list.children]);
    for (const item of items) item.hidden = !(item.textContent ?? "").toLowerCase().includes(wanted);
    none.hidden = items.some((item) => !item.hidden);
  };
  const field = h("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), oninput: filter });
  return h("div", { class: "search" }, field, none);
}

/** The one banner: what would make it better, each with the one command. @param {import("../protocol/api.js").Status | null} status */
function advice(status) {
  const shown = (status?.advice ?? []).filter(({ code }) => !preferences.dismissed.includes(code)).slice(0, ADVICE);
  if (shown.length === 0) return null;
  const dismiss = () => {
    savePreferences({ dismissed: [...preferences.dismissed, ...shown.map(({ code }) => code)] });
    banner.remove();
  };
  const banner = h(
    "aside",
    { id: "banner", "aria-label": t("advice") },
    ...shown.flatMap(({ text, command: line }) => [h("p", {}, localized(text)), line ? copyableCommand(line) : ""]),
    iconButton("close", t("dismiss"), { class: "round small", onclick: dismiss }),
  );
  return banner;
}

/** A command to copy. @param {string} text */
export function copyableCommand(text) {
  const button = iconButton("copy", t("copy"), {
    class: "round small",
    onclick: async () => {
      await navigator.clipboard?.writeText(text);
      button.title = t("copied");
      button.classList.add("done");
    },
  });
  return h("span", { class: "command" }, h("code", { tabindex: 0 }, text), navigator.clipboard && button);
}
