/** What happened to an account, or to all of them. */
import { dateAndTime } from "../../components/dates.js";
import { h } from "../../components/dom.js";
import { hasText, t } from "../../i18n.js";
import { fetchAudit } from "../../protocol/account.js";

/** @param {HTMLElement} view @param {boolean} all */
export async function log(view, all) {
  const list = h("ul", { id: "log", class: "rows" });
  view.append(h("h1", {}, t(all ? "account.everything" : "account.log")), h("p", { class: "note" }, t("log.text")), list);
  await fillPages(view, list, (cursor) => fetchAudit(all, cursor), (entry) => row(entry, all));
}

/** @param {import("../../protocol/account.js").Entry} entry @param {boolean} all */
function row({ at, action, address, person_id, details }, all) {
  const more = Object.entries(details).map(([name, value]) => `${name}: ${value}`);
  const about = [dateAndTime(new Date(at)), address, ...(all ? [person_id, ...more] : [])].filter(Boolean).join(" · ");
  return h("li", { class: "entry", "data-action": action }, h("div", { class: "words" }, h("p", { class: "name" }, hasText(`log.${action}`) ? t(`log.${action}`) : action), h("p", { class: "tongues" }, about)));
}

/**
 * A list that comes in pages, each on request.
 * @template T
 * @param {HTMLElement} view @param {HTMLElement} list
 * @param {(cursor: string) => Promise<{ items: T[], next: string | null }>} fetchPage @param {(item: T) => HTMLElement} row
 */
export async function fillPages(view, list, fetchPage, row) {
  let next = "";
  const more = h("button", { type: "button", class: "plain", id: "more" }, t("log.more"));
  const fetchMore = async () => {
    const page = await fetchPage(next);
    list.append(...page.items.map(row));
    next = page.next ?? "";
    more.hidden = !next;
  };
  more.onclick = () => void fetchMore().catch(() => (more.textContent = t("form.unreachable")));
  await fetchMore();
  view.append(more);
}
