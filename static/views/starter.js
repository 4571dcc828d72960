/** What the server fetches in the background: how far it is, what comes of it, and the press that stops it. */
import { askStarter } from "../protocol/api.js";
import { h, iconButton } from "../components/dom.js";
import { languageName, t } from "../i18n.js";
import { preferences, savePreferences } from "../preferences.js";

/** @typedef {import("../protocol/api.js").Starter} Starter */

/** Milliseconds from one look to the next; where nothing is said of a state, nothing changes by itself. @type {Record<string, number>} */
const LOOK_AGAIN_MS = { fetching: 1000, failed: 30_000, stopped: 30_000 };
const UNREACHED_MS = 10_000;

/** What the preferences call a card that was stopped and put away. */
const DISMISSED = "starter";

/** Kept from one showing to the next: whether this visit saw it on its way, and the engines that the characters are told by. */
const visit = { seen: false, generation: NaN };

/**
 * The card, hidden while there is nothing to say. @param {() => void} renewed is called when the engines are others
 * @returns {{ element: HTMLElement, close(): void }}
 */
export function starterCard(renewed) {
  const said = h("p", { role: "status" });
  const gains = h("p");
  const bar = h("progress", { max: 100, "aria-label": t("starter") });
  const amount = h("span", { class: "amount" });
  const list = h("ul", { translate: "no" });
  const origins = h("details", {}, h("summary", {}, t("starter.from")), list);
  const button = h("button", { type: "button", class: "link", onclick: () => void look(command) });
  const way = h("div", { class: "way" }, bar, amount, button);
  const dismiss = iconButton("close", t("dismiss"), {
    class: "round small",
    onclick: () => {
      savePreferences({ dismissed: [...preferences.dismissed, DISMISSED] });
      element.hidden = true;
    },
  });
  const element = h("aside", { id: "starter", "aria-label": t("starter"), hidden: true }, said, gains, way, origins, dismiss);
  /** What the button asks for. @type {"stop" | "start"} */
  let command = "stop";
  let timer = 0;
  let closed = false;
  let asked = 0;

  /** @param {"stop" | "start"} [press] */
  const look = async (press) => {
    clearTimeout(timer);
    if (document.hidden && !press) return void (timer = setTimeout(look, UNREACHED_MS));
    const number = ++asked;
    const starter = await askStarter(press).catch(() => null);
    if (closed || number !== asked) return;
    if (starter) show(starter);
    const again = starter ? LOOK_AGAIN_MS[starter.state] : UNREACHED_MS;
    if (again) timer = setTimeout(look, again);
  };

  /** @param {Starter} starter */
  const show = (starter) => {
    const { state, done, total } = starter;
    visit.seen ||= state === "fetching";
    if (visit.generation >= 0 && visit.generation !== starter.generation) renewed();
    visit.generation = starter.generation;
    const dismissed = preferences.dismissed.includes(DISMISSED);
    if (dismissed && state === "fetching") savePreferences({ dismissed: preferences.dismissed.filter((one) => one !== DISMISSED) });
    const unwanted = state === "stopped" && dismissed;
    element.hidden = state === "absent" || unwanted || (state === "done" && !visit.seen);
    dismiss.hidden = state !== "stopped";
    say(said, t(`starter.${state}`));
    say(gains, state === "failed" ? starter.error : gained(starter));
    gains.lang = state === "failed" ? "en" : document.documentElement.lang;
    const percent = total ? Math.floor((100 * done) / total) : 0;
    bar.value = percent;
    bar.hidden = amount.hidden = state !== "fetching";
    say(amount, t("starter.amount", { percent: String(percent), done: megabytes(done), total: megabytes(total) }));
    command = state === "fetching" ? "stop" : "start";
    button.hidden = !starter.may_change || state === "done";
    say(button, t(command === "stop" ? "starter.stop" : state === "failed" ? "starter.again" : "starter.start"));
    way.hidden = bar.hidden && button.hidden;
    origins.hidden = state === "done" || state === "failed";
    const from = starter.entries.map(({ name, publisher, licence }) => `${name}: ${publisher}; ${licence}`);
    if ([...list.children].map((item) => item.textContent).join() !== from.join()) list.replaceChildren(...from.map((line) => h("li", {}, line)));
  };

  void look();
  return {
    element,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** What a person gets of it. @param {Starter} starter */
function gained({ hears, speaks }) {
  const named = (/** @type {string[]} */ codes) => codes.map(languageName).join(t("and"));
  const parts = [hears.length > 0 && t("starter.hears", { languages: named(hears) }), speaks.length > 0 && t("starter.speaks", { languages: named(speaks) })];
  return parts.filter(Boolean).join(" ");
}

/** Change a text that is another one: a reader would say it again. @param {HTMLElement} element @param {string} text */
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** @param {number} bytes */
const megabytes = (bytes) => String(Math.round(bytes / 1e6));
