/** Where practising begins: what there is to practise, and what was practised. */
import { dayName, timeOfDay } from "../../components/dates.js";
import { h, icon } from "../../components/dom.js";
import { languageName, t } from "../../i18n.js";
import { listPractices } from "../../protocol/practice.js";
import { hashOf } from "../../router.js";

/** @typedef {import("../../protocol/practice.js").ListedPractice} ListedPractice */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export function home(root, page) {
  const closing = new AbortController();
  const list = h("ul", { id: "practices", class: "rows", "aria-labelledby": "earlier" });
  const more = h("button", { type: "button", class: "plain", id: "more", hidden: true }, t("practice.more"));
  const word = h("p", { class: "note", role: "status" });
  const view = h(
    "section",
    { class: "view practice", "aria-busy": "true" },
    h("h1", {}, t("practice")),
    h("div", { class: "doors" }, door("interview", "people"), door("language", "sound")),
    h("p", { class: "ways" }, way("cards"), way("progress")),
    h("h2", { id: "earlier" }, t("practice.earlier")),
    list,
    word,
    more,
  );
  root.append(view);
  const fetchMore = async (/** @type {string} */ cursor) => {
    more.onclick = null; // Or two presses fetch the same page twice.
    try {
      const { items, next } = await listPractices({ cursor, limit: "30" }, closing.signal);
      list.append(...items.map(row));
      more.hidden = next === null;
      more.onclick = () => void fetchMore(next ?? "");
      word.textContent = list.firstChild ? "" : t("practice.none");
    } catch (error) {
      if (closing.signal.aborted) return;
      if (!cursor) page.refused(error);
      else word.textContent = t("practice.failed");
      more.onclick = () => void fetchMore(cursor);
    }
    view.removeAttribute("aria-busy");
  };
  void fetchMore("");
  return { close: () => closing.abort() };
}

/** @param {"interview" | "language"} kind @param {Parameters<typeof icon>[0]} drawing */
const door = (kind, drawing) =>
  h(
    "a",
    { id: `new-${kind}`, class: "door", href: hashOf(["practice", "new", kind]) },
    h("span", { class: "sign", html: icon(drawing) }),
    h("span", { class: "name" }, t(`practice.${kind}`)),
    h("span", { class: "line" }, t(`practice.${kind}.line`)),
  );

/** @param {"cards" | "progress"} view */
const way = (view) => h("a", { class: "plain", id: `${view}-open`, href: hashOf([view]) }, t(`practice.${view}`));

/** @param {ListedPractice} practice */
function row({ id, kind, title, language, state, created_at, began_at }) {
  const date = new Date(began_at ?? created_at);
  const about = [t(`practice.${kind}`), `${dayName(date)}, ${timeOfDay(date)}`, languageName(language), state !== "over" && t(`practice.state.${state}`)];
  const where = state === "over" ? ["practice", id, "report"] : ["practice", id];
  return h(
    "li",
    {},
    h(
      "a",
      { href: hashOf(where), "data-practice": id },
      h("span", { class: "sign", html: icon(kind === "interview" ? "people" : "sound") }),
      h("span", { class: "words" }, h("span", { class: "name", dir: "auto" }, title), h("span", { class: "tongues" }, about.filter(Boolean).join(" · "))),
      h("span", { class: "tongues" }, state === "over" ? t("practice.report") : ""),
    ),
  );
}
