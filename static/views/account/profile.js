/** One's own account: name and addresses, password, log-out, and its end. */
import { dateAndTime } from "../../components/dates.js";
import { form } from "../../components/form.js";
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { changePassword, deleteAccount, editAccount, logOut } from "../../protocol/account.js";
import { download } from "../../protocol/download.js";
import { hashOf } from "../../router.js";
import { knownPassword, newPassword } from "./passwords.js";
import { questionsForm } from "./questions.js";

/** @typedef {import("../../protocol/account.js").Me} Me */
/** @typedef {import("../../protocol/account.js").Account} Account */

/** @param {HTMLElement} view @param {Me} me @param {Account} account @param {() => void} again show it as it is now */
export function profile(view, me, account, again) {
  const operator = account.role === "owner" || account.role === "operator";
  const behind = ["keys", ...(me.passkeys || me.sign_on ? ["ways"] : []), "log", ...(operator ? ["people", "everything"] : [])];
  view.append(
    h("h1", { dir: "auto" }, account.name || t("account")),
    h("p", { class: "note" }, [account.email, t(`role.of.${account.role}`), t("account.since", { date: dateAndTime(new Date(account.created_at)) })].filter(Boolean).join(" · ")),
    h("ul", { class: "ways" }, ...behind.map((place) => h("li", {}, h("a", { class: "plain", href: hashOf(["account", place]) }, t(`account.${place}`))))),
    logOuts(again),
    h("p", {}, h("button", { type: "button", class: "link", id: "take-along", onclick: () => void takeAlong() }, t("account.take-along"))),
    folded("account.edit", editForm(account, again)),
    folded(account.has_password ? "account.password" : "account.password.first", passwordForm(me, account)),
    ...(me.questions && account.has_password ? [questions(account)] : []),
    folded("account.delete", deleteForm(account, again)),
  );
}

/** What is kept of the account itself, as a file. */
const takeAlong = () => download("api/account/export", "Kaikou.json").catch(() => {});

/** @param {() => void} again */
function logOuts(again) {
  const word = h("p", { class: "note", role: "status" });
  const left = () => {
    sessionStorage.clear(); // What was written and not sent is for nobody else.
    again();
  };
  const button = (/** @type {boolean} */ everywhere, /** @type {string} */ id) =>
    h(
      "button",
      { type: "button", class: "plain", id, onclick: () => logOut(everywhere).then(left, () => (word.textContent = t("form.unreachable"))) },
      t(`account.${id}`),
    );
  return h("div", {}, h("p", { class: "actions" }, button(false, "logout"), button(true, "logout-everywhere")), word);
}

/** What is seldom needed opens on request. @param {string} key @param {...HTMLElement} content */
const folded = (key, ...content) => h("details", { class: "folded", id: key.replaceAll(".", "-") }, h("summary", {}, t(key)), ...content);

/** @param {Account} account */
function questions(account) {
  const element = folded("account.questions");
  questionsForm(element, account);
  return element;
}

/** @param {Account} account @param {() => void} again */
const editForm = (account, again) =>
  form(
    "profile",
    [
      { name: "name", label: t("enter.name"), autocomplete: "name", value: account.name },
      { name: "email", label: t("enter.email"), type: "email", autocomplete: "email", value: account.email ?? "", optional: !account.email },
      { name: "phone", label: t("enter.phone"), type: "tel", autocomplete: "tel", value: account.phone ?? "", optional: true },
      { name: "password", label: t("account.edit.password"), type: "password", autocomplete: "current-password", optional: true, note: t("account.edit.note") },
    ],
    t("account.save"),
    ({ name, email, phone, password }) => {
      /** @type {Record<string, string>} */
      const moved = email === (account.email ?? "") ? {} : { email, password };
      return editAccount(account, { name, phone, ...moved }).then(again);
    },
    account.email ?? "",
  );

/** @param {Me} me @param {Account} account */
function passwordForm(me, account) {
  const word = h("p", { class: "note", role: "status" });
  const current = knownPassword(account, "current", t("account.password.current"));
  const save = async (/** @type {Record<string, string>} */ values) => {
    await changePassword(values);
    element.reset();
    word.textContent = t("account.password.saved");
  };
  const element = form("password", [...current, newPassword("new", me)], t("account.password.save"), save, account.email ?? "");
  return h("div", {}, element, word);
}

/** What cannot be taken back wants to be typed. @param {Account} account @param {() => void} again */
function deleteForm(account, again) {
  const typed = account.email ?? account.name;
  const fields = [{ name: "typed", label: t("account.delete.type", { typed }) }, ...knownPassword(account)];
  const send = (/** @type {Record<string, string>} */ values) => {
    if (values.typed.trim() !== typed) return Promise.reject({ status: 422, code: "", text: "", details: { fields: [{ field: "typed", code: "other_text", message: "" }] } });
    return deleteAccount(values.password ?? "").then(again);
  };
  return h("div", {}, h("p", { class: "note" }, t("account.delete.text")), form("delete", fields, t("account.delete.yes"), send, account.email ?? ""));
}
