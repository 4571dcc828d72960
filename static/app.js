/** The page: which view is shown, and what goes from one to the next. */
import { characters, ServerRefused, status } from "./protocol/api.js";
import { h, iconButton, keyFields, stillness, stylesheet } from "./components/dom.js";
import { language, own, speak, t } from "./i18n.js";
import { key, preferences } from "./preferences.js";
import { choose, spokenWith } from "./views/choose.js";

/** @typedef {import("./protocol/api.js").Character} Character */
/** @typedef {import("./conversation/call.js").Call} Call */

const main = /** @type {HTMLElement} */ (document.querySelector("#main"));
const corner = /** @type {HTMLElement} */ (document.querySelector("#corner"));

const ROOM = "/static/room.css";

/** What a talk needs, fetched when it becomes likely. */
const talkModules = () => Promise.all([import("./conversation/call.js"), import("./views/talk.js"), stylesheet(ROOM)]);

const house = {
  /** @type {Character[]} */
  cast: [],
  /** @type {import("./protocol/api.js").Status | null} */
  status: null,
  /** @type {Call | null} */
  call: null,
  /** Draws the current view again, in another language say. */
  again: () => {},
  /** @type {{ close(): void, changed?(): void }} */
  view: { close() {} },
};

/** For tests and the curious: what is going on, and what really went out to the speaker. */
Object.assign(window, {
  kaikou: {
    get state() {
      return document.documentElement.dataset.state;
    },
    get played() {
      return house.call?.player?.stats ?? { samples: 0, peak: 0, rms: 0, gaps: 0 };
    },
    get muted() {
      return house.call?.muted ?? false;
    },
  },
});

/** @param {string} state */
const enter = (state) => (document.documentElement.dataset.state = state);

/** Replace the view, softly where that is wanted. @param {() => { close(): void, changed?(): void }} make */
async function show(make) {
  house.again = () => {
    house.view.close();
    main.replaceChildren();
    corner.replaceChildren(...cornerButtons());
    house.view = make();
  };
  if (!document.startViewTransition || stillness.matches || document.hidden || !main.firstChild) return house.again();
  const transition = document.startViewTransition(house.again);
  // The browser skips it when it cannot draw it, after a turn of the phone say; the view is there all the same.
  transition.ready.catch(() => {});
  await transition.updateCallbackDone;
}

function cornerButtons() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  const skip = /** @type {HTMLElement} */ (document.querySelector(".skip"));
  skip.textContent = t("skip");
  const other = language === "zh" ? "en" : "zh";
  const change = () => {
    speak(other);
    house.again();
  };
  return [
    !house.call && iconButton("settings", t("settings"), { id: "settings-open", onclick: () => void openSettings() }),
    h(
      "button",
      { type: "button", id: "language", class: "quiet", lang: other, "aria-label": t("other.label"), onclick: change },
      t("other.language"),
    ),
  ].filter((part) => part instanceof Node);
}

/** @param {string} [section] */
async function openSettings(section) {
  const [{ settings }] = await Promise.all([import("./views/settings.js"), stylesheet(ROOM)]);
  const chosen = house.cast.find(({ id }) => id === preferences.character) ?? house.cast[0];
  settings({ call: house.call, character: house.call?.character ?? chosen, changedCaptions }, section);
}

function changedCaptions() {
  document.documentElement.dataset.captions = preferences.captions;
}

// --- The views -------------------------------------------------------------------------------------------------------

async function arrive() {
  try {
    [house.cast, house.status] = await Promise.all([characters(), status().catch(() => null)]);
  } catch (error) {
    if (!(error instanceof ServerRefused)) throw error;
    const locked = error.status === 401 || error.status === 403;
    enter("gone");
    return show(() => nobody(locked));
  }
  await choosing();
}

async function choosing() {
  house.call = null;
  enter("choose");
  document.title = "Kaikou 开口";
  const prepare = () => void talkModules();
  await show(() =>
    choose(main, {
      cast: house.cast,
      status: house.status,
      talk: (character) => void talking(character, new AudioContext({ latencyHint: "interactive" })),
      prepare,
      settings: (section) => void openSettings(section),
    }),
  );
}

/**
 * @param {Character} character
 * @param {AudioContext} context made in the press that leads here
 * @param {import("./conversation/conversation.js").Conversation} [conversation] to go on with
 */
async function talking(character, context, conversation) {
  const modules = await talkModules().catch(() => null);
  if (!modules) {
    void context.close();
    enter("gone");
    return show(() => nobody(false));
  }
  const [{ Call }, { talk }] = modules;
  const call = new Call(character, spokenWith(character), conversation);
  house.call = call;
  call.onchange = () => {
    if (house.call !== call) return;
    enter(call.state);
    house.view.changed?.();
  };
  enter(call.state);
  if (!history.state?.talk) history.pushState({ talk: true }, "");
  document.title = `${own(character.name)} · Kaikou`;
  const started = call.start(context);
  await show(() => talk(main, call, { end: () => void ending(call), settings: (section) => void openSettings(section) }));
  main.focus({ preventScroll: true });
  await started;
}

/** @param {Call} call */
async function ending(call) {
  const { after } = await import("./views/after.js");
  call.end();
  const resume = () => void talking(call.character, new AudioContext({ latencyHint: "interactive" }), call.conversation);
  await show(() => after(main, call, { resume, leave: () => void choosing() }));
  main.focus({ preventScroll: true });
}

/** Nobody answers, or not without a key. @param {boolean} locked */
function nobody(locked) {
  const trouble = locked ? "key" : "nobody";
  const [name, field] = keyFields({ id: "key", "aria-label": t("key"), required: true });
  const retry = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (locked) key.value = field.value;
    void arrive();
  };
  main.append(
    h(
      "form",
      { class: "panel nobody", role: "alert", onsubmit: retry },
      h("h1", {}, t(`trouble.${trouble}.title`)),
      h("p", {}, t(`trouble.${trouble}.text`)),
      h("p", { class: "field" }, ...(locked ? [name, field] : []), h("button", { id: "again", class: "plain" }, t(locked ? "continue" : "again"))),
    ),
  );
  return { close() {} };
}

// The way back out of a talk, on phones above all.
addEventListener("popstate", () => {
  house.call?.end();
  if (house.call) void choosing();
});
changedCaptions();
void arrive();
