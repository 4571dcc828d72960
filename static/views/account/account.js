/** What is shown at `#/account`: by who asks, and by what accounts are for on this server. */
import { h, icon } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { fetchMe } from "../../protocol/account.js";
import { hashOf } from "../../router.js";
import { enter } from "./enter.js";
import { keys } from "./keys.js";
import { log } from "./log.js";
import { people } from "./people.js";
import { profile } from "./profile.js";
import { ways } from "./ways.js";
import "./texts.js";

/** @typedef {import("../../protocol/account.js").Me} Me */

/** Views behind the account, by their addresses. @type {Record<string, (view: HTMLElement, me: Me) => Promise<void>>} */
const BEHIND = { keys, ways, log: (view) => log(view, false), people: (view) => people(view), everything: (view) => log(view, true) };

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export function open(root, page) {
  const busy = h("section", { class: "view", "aria-busy": "true" });
  root.append(busy);
  let closed = false;
  fetchMe().then(
    async (me) => {
      if (closed) return;
      busy.remove();
      await show(root, page, me).catch((error) => closed || page.refused(error));
    },
    (error) => closed || page.refused(error),
  );
  return { close: () => (closed = true) };
}

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @param {Me} me */
async function show(root, page, me) {
  const [place = "", token = ""] = page.address.rest;
  if (me.mode === "off") return void root.append(withoutAccounts());
  const again = () => page.entered(hashOf(["account"]));
  const problem = page.address.query.get("problem") ?? "";
  if (!me.account || me.account.role === "guest" || place === "reset") {
    return void enter(root, me, { done: again, way: place, token, problem, why: me.account?.role === "guest" ? t("account.guest") : "" });
  }
  const view = h("section", { class: "view account" });
  root.append(view);
  const behind = BEHIND[place];
  if (!behind) return profile(view, me, me.account, again);
  view.append(h("a", { class: "quiet back", href: hashOf(["account"]), html: icon("back") }, h("span", {}, t("account"))));
  page.title(t(`account.${place}`));
  await behind(view, me);
}

/** On a machine of one's own. */
const withoutAccounts = () =>
  h(
    "section",
    { class: "view account" },
    h("h1", {}, t("account")),
    h("div", { class: "panel" }, h("h2", {}, t("account.off.title")), h("p", {}, t("account.off.text"))),
  );
