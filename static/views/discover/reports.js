/** What people reported, for operators: who of the characters, why, and the press that hides it from everybody else. */
import { dateAndTime } from "../../components/dates.js";
import { h, icon } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { fetchMe } from "../../protocol/account.js";
import { listReports, setHidden } from "../../protocol/discover.js";
import { hashOf } from "../../router.js";
import { reasonOf } from "./card.js";

/** @typedef {import("../../protocol/discover.js").Report} Report */

/** The way to them, hidden from who is no operator. */
export function reportsLink() {
  const link = h("a", { id: "reports", class: "quiet", href: hashOf(["discover", "reports"]), hidden: true }, t("reports"));
  const show = (/** @type {import("../../protocol/account.js").Me} */ { mode, account }) => (link.hidden = mode !== "off" && !["owner", "operator"].includes(account?.role ?? ""));
  fetchMe().then(show, () => {});
  return link;
}

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export function reports(root, page) {
  const closing = new AbortController();
  const list = h("ul", { class: "rows" });
  const word = h("p", { class: "note", role: "status" });
  const more = h("button", { type: "button", class: "plain", id: "more", hidden: true }, t("reports.more"));
  const back = h("a", { class: "quiet back", href: hashOf(["discover"]), html: icon("back") }, h("span", {}, t("discover")));
  root.append(h("section", { class: "view" }, back, h("h1", {}, t("reports")), h("p", { class: "note" }, t("reports.text")), list, word, more));
  const fetchPage = async (/** @type {string} */ cursor) => {
    try {
      const { items, next } = await listReports(cursor, closing.signal);
      list.append(...items.map(row));
      if (!list.firstChild) word.textContent = t("reports.none");
      more.hidden = next === null;
      more.onclick = () => void fetchPage(next ?? "");
    } catch (error) {
      if (closing.signal.aborted) return;
      if (/** @type {any} */ (error).status === 403) word.textContent = t("reports.not-yours");
      else page.refused(error);
    }
  };
  void fetchPage("");
  return { close: () => closing.abort() };
}

/** @param {Report} report */
function row(report) {
  const { character } = report;
  const { name } = character;
  const problem = h("p", { class: "problem", role: "alert" });
  const tools = h("div", { class: "tools" });
  const act = (/** @type {string} */ key, /** @type {boolean} */ hidden) => {
    const onclick = () => setHidden(character.id, hidden).then(() => done(hidden), (error) => (problem.textContent = reasonOf(error)));
    return h("button", { type: "button", class: "plain", "aria-label": `${t(key)}: ${name}`, onclick }, t(key));
  };
  const done = (/** @type {boolean} */ hidden) => {
    problem.textContent = "";
    tools.replaceChildren(hidden ? act("reports.show", false) : act("reports.hide", true));
    tools.querySelector("button")?.focus();
  };
  const hidden = character.visibility === "hidden";
  tools.append(hidden ? act("reports.show", false) : act("reports.hide", true), ...(hidden ? [] : [act("reports.leave", false)]));
  return h(
    "li",
    { class: "entry", "data-report": report.id },
    h(
      "div",
      { class: "words" },
      h("a", { class: "name", href: hashOf(["talk", character.id]), dir: "auto" }, name),
      h("p", {}, t(`report.reason.${report.reason}`)),
      report.text && h("p", { class: "line", dir: "auto" }, report.text),
      h("p", { class: "tongues" }, dateAndTime(new Date(report.created_at))),
      problem,
    ),
    tools,
  );
}
