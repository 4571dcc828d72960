/** Ways to log in besides the password: passkeys, and the log-ins of a provider. */
import { askFirst } from "../../components/confirm.js";
import { dateAndTime } from "../../components/dates.js";
import { form } from "../../components/form.js";
import { h, iconButton } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { listLinks, unlink } from "../../protocol/account.js";
import { serverAddress } from "../../protocol/api.js";
import { canUsePasskeys, listPasskeys, makePasskey, removePasskey } from "../../protocol/passkeys.js";
import { knownPassword } from "./passwords.js";

/** Where a provider is asked who somebody is, and comes back from. @param {string} hash to come back to @param {boolean} link */
export const signOnAddress = (hash, link) =>
  serverAddress(`api/account/sign-on?${new URLSearchParams({ then: hash.split("?")[0], ...(link ? { link: "true" } : {}) })}`).href;

/** @param {HTMLElement} view @param {import("../../protocol/account.js").Me} me */
export async function ways(view, me) {
  view.append(h("h1", {}, t("account.ways")));
  if (me.passkeys) await passkeys(view, me.account);
  if (me.sign_on) await links(view, me.sign_on);
}

/** @param {HTMLElement} view @param {import("../../protocol/account.js").Account | null} account */
async function passkeys(view, account) {
  const word = h("p", { class: "note", role: "status" });
  const list = h("ul", { id: "passkeys", class: "rows" });
  const show = async () => {
    const known = await listPasskeys();
    list.replaceChildren(...known.map((passkey) => row(passkey.id, passkey.name || t("ways.passkey"), passkey.created_at, () => removePasskey(passkey.id), word, show)));
    if (!known.length) list.append(h("li", { class: "note" }, t("ways.no-passkeys")));
  };
  view.append(h("section", {}, h("h2", {}, t("ways.passkeys")), h("p", { class: "note" }, t("ways.passkeys.text")), list, word, canUsePasskeys() ? newPasskey(account, show) : h("p", { class: "note" }, t("ways.cannot"))));
  await show();
}

/** @param {import("../../protocol/account.js").Account | null} account @param {() => Promise<void>} show */
function newPasskey(account, show) {
  const fields = [{ name: "name", label: t("ways.name"), note: t("ways.name.note"), optional: true, more: { maxlength: 100 } }, ...knownPassword(account)];
  const make = async (/** @type {Record<string, string>} */ values) => {
    await makePasskey(values.name, values.password ?? "");
    element.reset();
    await show();
  };
  const element = form("new-passkey", fields, t("ways.make"), make, account?.email ?? "");
  return element;
}

/** @param {HTMLElement} view @param {string} provider */
async function links(view, provider) {
  const word = h("p", { class: "note", role: "status" });
  const list = h("ul", { id: "links", class: "rows" });
  const show = async () => {
    const known = await listLinks();
    list.replaceChildren(...known.map((link) => row(link.issuer, link.email || link.issuer, link.linked_at, () => unlink(link.issuer), word, show)));
  };
  view.append(h("section", {}, h("h2", {}, provider), list, word, h("a", { class: "plain", id: "link", href: signOnAddress("#/account/ways", true) }, t("ways.link", { provider }))));
  await show();
}

/** @param {string} id @param {string} name @param {string} since @param {() => Promise<unknown>} remove @param {HTMLElement} word @param {() => Promise<void>} show */
function row(id, name, since, remove, word, show) {
  const button = iconButton("trash", t("ways.remove", { name }), { class: "round small" });
  askFirst(button, { question: t("ways.remove.sure"), yes: t("ways.remove.yes"), no: t("keys.revoke.no") }, () => {
    remove().then(show, (error) => (word.textContent = error.text || t("form.unreachable")));
  });
  return h("li", { class: "entry", "data-way": id }, h("div", { class: "words" }, h("p", { class: "name", dir: "auto" }, name), h("p", { class: "tongues" }, t("keys.made", { date: dateAndTime(new Date(since)) }))), h("div", { class: "tools" }, button));
}
