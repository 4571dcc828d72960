/** The page: which view is shown, and what goes from one to the next. */
import { fetchCharacters, fetchStatus, ServerRefused } from "./protocol/api.js";
import { h, iconButton, keyFields, reducedMotion, loadStylesheet } from "./components/dom.js";
import { language, localized, setLanguage, t } from "./i18n.js";
import { serverKey, preferences } from "./preferences.js";
import { choose, spokenWith } from "./views/choose.js";

/** @typedef {import("./protocol/api.js").Character} Character */
/** @typedef {import("./conversation/call.js").Call} Call */

const main = /** @type {HTMLElement} */ (document.querySelector("#main"));
const corner = /** @type {HTMLElement} */ (document.querySelector("#corner"));

const DEFERRED_STYLES = new URL("./deferred.css", import.meta.url).href;

/** What a talk needs, fetched when it becomes likely; the player too, so that it does not wait for the call that imports it. */
const talkModules = () =>
  Promise.all([
    import("./conversation/call.js"),
    import("./views/talk.js"),
    loadStylesheet(DEFERRED_STYLES),
    import("./audio/player.js"),
  ]);

const page = {
  /** @type {Character[]} */
  characters: [],
  /** @type {import("./protocol/api.js").Status | null} */
  status: null,
  /** @type {Call | null} */
  call: null,
  /** Draws the current view again, in another language say. */
  redraw: () => {},
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
      return page.call?.audio.player?.stats ?? { samples: 0, peak: 0, rms: 0, gaps: 0 };
    },
    get muted() {
      return page.call?.audio.muted ?? false;
    },
  },
});

/** @param {string} state */
const setState = (state) => (document.documentElement.dataset.state = state);

/** Replace the view, softly where that is wanted. @param {() => { close(): void, changed?(): void }} make */
async function show(make) {
  page.redraw = () => {
    page.view.close();
    /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog[open]"))?.close();
    main.replaceChildren();
    corner.replaceChildren(...cornerButtons());
    page.view = make();
  };
  if (!document.startViewTransition || reducedMotion.matches || document.hidden || !main.firstChild) return page.redraw();
  const { style } = document.documentElement;
  const transition = document.startViewTransition(() => {
    page.redraw();
    // The new view is no picture, only the old one, which fades above it: pictures cannot be pressed.
    style.viewTransitionName = "none";
  });
  // The browser skips it when it cannot draw it, after a turn of the phone say; the view is there all the same.
  transition.ready.catch(() => {});
  const over = () => (style.viewTransitionName = "");
  transition.finished.then(over, over);
  await transition.updateCallbackDone;
}

function cornerButtons() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  const skip = /** @type {HTMLElement} */ (document.querySelector(".skip"));
  skip.textContent = t("skip");
  const other = language === "zh" ? "en" : "zh";
  const change = () => {
    setLanguage(other);
    page.redraw();
    document.getElementById("language")?.focus();
  };
  return [
    !page.call && iconButton("settings", t("settings"), { id: "settings-open", onclick: () => void openSettings() }),
    h(
      "button",
      { type: "button", id: "language", class: "quiet", lang: other, "aria-label": t("other.label"), onclick: change },
      t("other.language"),
    ),
  ].filter((part) => part instanceof Node);
}

/** @param {string} [section] */
async function openSettings(section) {
  const modules = await Promise.all([import("./views/settings.js"), loadStylesheet(DEFERRED_STYLES)]).catch(() => null);
  if (!modules) return page.call ? undefined : showNoServer("no-server");
  if (document.querySelector("dialog[open]")) return; // Pressed twice.
  const [{ settings }] = modules;
  const chosen = page.characters.find(({ id }) => id === preferences.character) ?? page.characters[0];
  settings({ call: page.call, character: page.call?.character ?? chosen, changedCaptions }, section);
}

function changedCaptions() {
  document.documentElement.dataset.captions = preferences.captions;
}

// --- The views -------------------------------------------------------------------------------------------------------

async function fetchCast() {
  [page.characters, page.status] = await Promise.all([fetchCharacters(), fetchStatus().catch(() => null)]);
  return page.characters;
}

async function load() {
  try {
    await fetchCast();
  } catch (error) {
    if (!(error instanceof ServerRefused)) throw error;
    const { problem } = error;
    return showNoServer(problem === "key" || problem === "origin" ? problem : "no-server");
  }
  await showChoose();
}

/** Back from a talk; the focus was on something that is no more. */
async function leaveTalk() {
  await showChoose();
  main.focus({ preventScroll: true });
}

async function showChoose() {
  page.call = null;
  setState("choose");
  document.title = "Kaikou 开口";
  const prepare = () => void talkModules();
  await show(() =>
    choose(main, {
      characters: page.characters,
      status: page.status,
      talk: (character) => void showTalk(character, new AudioContext({ latencyHint: "interactive" })),
      prepare,
      settings: (section) => void openSettings(section),
      renew: fetchCast,
    }),
  );
}

/**
 * @param {Character} character
 * @param {AudioContext} context made in the press that leads here
 * @param {import("./conversation/conversation.js").Conversation} [conversation] to go on with
 */
async function showTalk(character, context, conversation) {
  const modules = await talkModules().catch(() => null);
  if (!modules) {
    void context.close();
    return showNoServer("no-server");
  }
  if (page.call && !page.call.ended) return void context.close(); // Pressed twice.
  const [{ Call }, { talk }] = modules;
  const call = new Call(character, spokenWith(character), conversation);
  page.call = call;
  call.onchange = () => {
    if (page.call !== call) return;
    setState(call.state);
    page.view.changed?.();
  };
  setState(call.state);
  if (!history.state?.talk) history.pushState({ talk: true }, "");
  document.title = `${localized(character.name)} · Kaikou`;
  const started = call.start(context);
  const actions = { end: () => void showAfter(call), settings: (/** @type {string | undefined} */ section) => void openSettings(section) };
  const kept = { draft: "", dismissed: null };
  await show(() => talk(main, call, actions, kept));
  main.focus({ preventScroll: true });
  await started;
  // What may be pressed while the server is away.
  await Promise.all([import("./views/after.js"), import("./views/settings.js")]).catch(() => {});
}

/** @param {Call} call */
async function showAfter(call) {
  call.end();
  const view = await import("./views/after.js").catch(() => null);
  if (page.call !== call) return; // Back, meanwhile.
  if (!view) return showNoServer("no-server");
  const { after } = view;
  const resume = () => void showTalk(call.character, new AudioContext({ latencyHint: "interactive" }), call.conversation);
  await show(() => after(main, call, { resume, leave: () => void leaveTalk() }));
  main.focus({ preventScroll: true });
}

/** @param {string} problem in one word */
function showNoServer(problem) {
  page.call = null;
  setState("gone");
  return show(() => noServer(problem));
}

/** Nobody answers, or not to us. @param {string} problem in one word */
function noServer(problem) {
  const locked = problem === "key";
  const [name, field] = keyFields({ id: "key", "aria-label": t("key"), required: true });
  const retry = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    if (locked) serverKey.value = field.value;
    void load();
  };
  main.append(
    h(
      "form",
      { class: "panel no-server", role: "alert", onsubmit: retry },
      h("h1", {}, t(`problem.${problem}.title`)),
      h("p", {}, t(`problem.${problem}.text`, { origin: location.origin })),
      h("p", { class: "field" }, ...(locked ? [name, field] : []), h("button", { id: "again", class: "plain" }, t(locked ? "continue" : "again"))),
    ),
  );
  return { close() {} };
}

// The way back out of a talk, on phones above all.
addEventListener("popstate", () => {
  page.call?.end();
  if (page.call) void leaveTalk();
});
document.querySelector("#late")?.remove();
changedCaptions();
void load();
