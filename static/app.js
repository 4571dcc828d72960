/** The page: which view is shown, and what goes from one to the next. */
import { fetchCharacters, fetchStatus, ServerRefused } from "./protocol/api.js";
import { reducedMotion, loadStylesheet } from "./components/dom.js";
import { language, localized, t } from "./i18n.js";
import { preferences } from "./preferences.js";
import { go, hashOf, parseAddress } from "./router.js";
import { choose, spokenWith } from "./views/choose.js";
import { languageButton, navigation } from "./views/navigation.js";
import { noServer } from "./views/no-server.js";

/** @typedef {import("./protocol/api.js").Character} Character */
/** @typedef {import("./conversation/call.js").Call} Call */
/** @typedef {{ close(): void, changed?(): void }} View */

/**
 * What a view with an address is given of the page.
 * @typedef {object} PageContext
 * @property {import("./router.js").Address} address
 * @property {Character[]} characters
 * @property {(text: string) => void} title name what is shown, in the window's title
 * @property {(hash: string) => void} entered somebody logged in or out: show this address
 * @property {(error: unknown) => void} refused the server's answer to a view that can show nothing without another
 * @property {(character: Character, continued?: Continued) => void} talk from a press
 * @property {() => void} prepare a talk becomes likely
 * @property {(character: Character, context: AudioContext) => void} talkIn with what a press made, a while ago
 * @property {() => void} charactersChanged there are other characters to talk to than before
 * @property {() => void} captionsChanged
 */
/** @typedef {import("./conversation/call.js").Practised} Practised */
/** @typedef {{ id?: string, language: string, conversation?: import("./conversation/conversation.js").Conversation, practice?: Practised }} Continued a conversation to go on with, `id` where it is kept; or a practice to begin */

const main = /** @type {HTMLElement} */ (document.querySelector("#main"));
const corner = /** @type {HTMLElement} */ (document.querySelector("#corner"));
const skip = /** @type {HTMLElement} */ (document.querySelector(".skip"));

const DEFERRED_STYLES = new URL("./deferred.css", import.meta.url).href;
const VIEW_STYLES = new URL("./views.css", import.meta.url).href;

/**
 * The views with addresses of their own, fetched when they are opened.
 * @type {Record<string, () => Promise<{ open: (root: HTMLElement, page: PageContext) => View }>>}
 */
const VIEWS = {
  characters: () => import("./views/characters/characters.js"),
  discover: () => import("./views/discover/discover.js"),
  talk: () => import("./views/discover/character.js"),
  practice: () => import("./views/practice/practice.js"),
  cards: () => import("./views/cards/cards.js"),
  progress: () => import("./views/progress/progress.js"),
  history: () => import("./views/history/history.js"),
  memory: () => import("./views/memory/memory.js"),
  files: () => import("./views/files/files.js"),
  account: () => import("./views/account/account.js"),
  settings: () => import("./views/settings/settings.js"),
};

/** What a talk needs, fetched when it becomes likely; the player too, so that it does not wait for the call that imports it. */
const talkModules = () =>
  Promise.all([
    import("./conversation/call.js"),
    import("./views/talk/talk.js"),
    loadStylesheet(DEFERRED_STYLES),
    import("./audio/player.js"),
  ]);

const prepare = () => void talkModules();

const page = {
  /** @type {Character[]} */
  characters: [],
  /** @type {import("./protocol/api.js").Status | null} */
  status: null,
  /** @type {Call | null} */
  call: null,
  /** Which view with an address is shown; "" is the first one. */
  showing: "",
  /** Whether there are other characters than those known here. */
  stale: false,
  /** Whether somebody came as a guest, without a log-in. */
  guest: false,
  /** Draws the current view again, in another language say. */
  redraw: () => {},
  /** @type {View} */
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

/** Replace the view, softly where that is wanted. @param {() => View} make */
async function show(make) {
  page.redraw = () => {
    page.view.close();
    /** @type {HTMLDialogElement | null} */ (document.querySelector("dialog[open]"))?.close();
    main.replaceChildren();
    corner.replaceChildren(...cornerParts());
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

/** The way to the other views, which a talk does without, and to the other language. */
function cornerParts() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  skip.textContent = t("skip");
  const talking = page.call && !page.call.ended;
  return [...(talking ? [] : [navigation(page.showing)]), languageButton(() => page.redraw())];
}

/** Settings have an address, but for those who talk: a dialog over the talk. @param {string} [section] */
async function openSettings(section) {
  const { call } = page;
  if (!call) return void go(hashOf(["settings", ...(section ? [section] : [])]));
  const modules = await Promise.all([import("./views/settings/settings.js"), loadStylesheet(DEFERRED_STYLES)]).catch(() => null);
  if (!modules || document.querySelector("dialog[open]")) return; // Pressed twice.
  const [{ settings }] = modules;
  settings({ call, character: call.character, captionsChanged }, section);
}

const charactersChanged = () => void (page.stale = true);

function captionsChanged() {
  document.documentElement.dataset.captions = preferences.captions;
}

// --- What is shown ---------------------------------------------------------------------------------------------------

async function refetchCharacters() {
  page.stale = false;
  [page.characters, page.status] = await Promise.all([fetchCharacters(), fetchStatus().catch(() => null)]);
  return page.characters;
}

async function load() {
  try {
    await refetchCharacters();
  } catch (error) {
    return refused(error);
  }
  await showAddress();
  markSeen();
}

/** So that the way back to this entry of the browser's history can be told from a link. */
const markSeen = () => history.replaceState({ ...history.state, seen: true }, "");

/** Show what the address names. */
async function showAddress() {
  const { hash } = location;
  const address = parseAddress(hash);
  const fetchView = VIEWS[address.view];
  if (!fetchView) return showChoose(address.view && t("address.unknown"));
  const modules = await Promise.all([fetchView(), loadStylesheet(DEFERRED_STYLES), loadStylesheet(VIEW_STYLES)]).catch(() => null);
  if (location.hash !== hash) return; // Somewhere else, meanwhile.
  if (!modules) return showNoServer("no-server");
  page.call = null;
  page.showing = address.view;
  setState(address.view);
  const title = (/** @type {string} */ text) => (document.title = `${text} · Kaikou`);
  title(t(address.view));
  const talkIn = (/** @type {Character} */ character, /** @type {AudioContext} */ context) => void showTalk(character, context);
  const context = { address, characters: page.characters, title, entered, refused, talk: talkTo, talkIn, prepare, charactersChanged, captionsChanged };
  await show(() => modules[0].open(main, context));
}

/** Another view, for the focus was on something that is no more. A talk that goes on ends with it. */
async function changeView() {
  page.call?.end();
  await (page.characters.length && !page.stale ? showAddress() : load());
  main.focus({ preventScroll: true });
  if (!history.state?.seen) scrollTo(0, 0);
  markSeen();
}

/** @param {string} [word] about what was looked for */
async function showChoose(word = "") {
  page.call = null;
  page.showing = "";
  setState("choose");
  document.title = "Kaikou 开口";
  await show(() =>
    choose(main, {
      characters: page.characters,
      status: page.status,
      word,
      talk: talkTo,
      prepare,
      settings: (section) => void openSettings(section),
      renew: refetchCharacters,
    }),
  );
}

/** From a press, which is what lets the page make sound. @param {Character} character @param {Continued} [continued] */
const talkTo = (character, continued) =>
  void showTalk(character, new AudioContext({ latencyHint: "interactive" }), continued);

/**
 * @param {Character} character
 * @param {AudioContext} context made in the press that leads here
 * @param {Continued} [continued]
 */
async function showTalk(character, context, continued) {
  const modules = await talkModules().catch(() => null);
  if (!modules) {
    void context.close();
    return showNoServer("no-server");
  }
  if (page.call && !page.call.ended) return void context.close(); // Pressed twice.
  const [{ Call }, { talk }] = modules;
  const call = new Call(character, continued?.language ?? spokenWith(character), continued?.conversation, continued?.id, continued?.practice);
  page.call = call;
  call.onchange = () => {
    if (page.call !== call) return;
    setState(call.state);
    page.view.changed?.();
  };
  setState(call.state);
  // The way back from a draft leads to where it is written, from a practice to its plan.
  if (!history.state?.talk) history.pushState({ talk: true }, "", character.draft || call.practice ? location.hash : hashOf([]));
  document.title = `${localized(character.name)} · Kaikou`;
  const started = call.start(context);
  const actions = { end: () => void showAfter(call), settings: (/** @type {string | undefined} */ section) => void openSettings(section) };
  const kept = { draft: "", dismissed: null };
  await show(() => talk(main, call, actions, kept));
  main.focus({ preventScroll: true });
  await started;
  // What may be pressed while the server is away.
  await Promise.all([import("./views/talk/after.js"), import("./views/settings/settings.js")]).catch(() => {});
}

/** @param {Call} call */
async function showAfter(call) {
  call.end();
  if (call.practice) {
    history.replaceState(null, "", hashOf(["practice", call.practice.id, "report"]));
    return void changeView();
  }
  const view = await import("./views/talk/after.js").catch(() => null);
  if (page.call !== call) return; // Back, meanwhile.
  if (!view) return showNoServer("no-server");
  const { after } = view;
  const resume = () => talkTo(call.character, { id: call.continued, language: call.language, conversation: call.conversation });
  await show(() => after(main, call, { resume, leave: () => void changeView() }));
  main.focus({ preventScroll: true });
}

/** Somebody else asks now, who sees other things. @param {string} hash of what to show */
function entered(hash) {
  if (location.hash !== hash) history.pushState(null, "", hash);
  page.characters = [];
  void changeView();
}

/** The server did not give what a view is made of. @param {unknown} error */
function refused(error) {
  if (!(error instanceof ServerRefused)) throw error;
  const { problem } = error;
  if (problem === "log-in") return void showLogIn();
  void showNoServer(problem === "key" || problem === "origin" ? problem : "no-server");
}

/** Whoever comes to a server that asks who they are goes on where they were; as a guest, where guests may come. */
async function showLogIn() {
  const modules = await Promise.all([
    import("./views/account/enter.js"),
    import("./protocol/account.js"),
    loadStylesheet(DEFERRED_STYLES),
    loadStylesheet(VIEW_STYLES),
  ]).catch(() => null);
  if (!modules) return showNoServer("no-server");
  const [{ enter }, { fetchMe, comeAsGuest }] = modules;
  try {
    const me = await fetchMe();
    const done = () => entered(location.hash);
    if (me.mode === "optional" && !page.guest) {
      page.guest = true; // Once: a browser that keeps no cookies would come again and again.
      return void comeAsGuest().then(done, refused);
    }
    page.call = null;
    page.showing = parseAddress(location.hash).view;
    setState("log-in");
    const { view, rest } = parseAddress(location.hash);
    const asked = view === "account" ? { way: rest[0], token: rest[1] } : { why: t("account.log-in.why") };
    await show(() => enter(main, me, { done, ...asked }));
  } catch (error) {
    refused(error);
  }
}

/** @param {string} problem in one word */
function showNoServer(problem) {
  page.call = null;
  page.showing = parseAddress(location.hash).view;
  setState("gone");
  return show(() => noServer(main, problem, () => void load()));
}

/** A card that is dropped anywhere becomes a character; where files are wanted, they are taken before. @param {DragEvent} event */
function dragged(event) {
  const { dataTransfer, type } = event;
  document.documentElement.toggleAttribute("data-dropping", type === "dragover" && Boolean(dataTransfer?.types.includes("Files")));
  if (event.defaultPrevented || !dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  const files = [...dataTransfer.files];
  if (type === "drop" && files.length) void takeCards(files);
}

/** @param {File[]} files */
async function takeCards(files) {
  const modules = await Promise.all([import("./views/characters/arrival.js"), loadStylesheet(DEFERRED_STYLES), loadStylesheet(VIEW_STYLES)]).catch(() => null);
  if (!modules) return showNoServer("no-server");
  const talk = (/** @type {Character} */ character) => {
    page.call?.end();
    talkTo(character);
  };
  void modules[0].arrive(files, { characters: page.characters, talk, prepare, charactersChanged });
}

for (const type of /** @type {const} */ (["dragover", "dragleave", "drop"])) addEventListener(type, dragged);

// A link, and the way back: out of a talk, too, on phones above all.
addEventListener("popstate", () => void changeView());
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a");
  // Browsers do not say when a link leads to where one is, which is where a talk was left, say.
  if (!link || link.getAttribute("href") !== location.hash || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  void changeView();
});
skip.addEventListener("click", (event) => {
  event.preventDefault(); // `#main` would be an address.
  main.focus();
});
document.querySelector("#late")?.remove();
captionsChanged();
void load();
