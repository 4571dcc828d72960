/** Keys for programs: made, shown once, and let go. */
import { askFirst } from "../../components/confirm.js";
import { dateAndTime } from "../../components/dates.js";
import { form } from "../../components/form.js";
import { h, iconButton } from "../../components/dom.js";
import { hasText, t } from "../../i18n.js";
import { listKeys, makeKey, revokeKey } from "../../protocol/account.js";
import { copyableCommand } from "../choose.js";

const FOR_ALL = ["realtime", "speech", "conversations:read", "conversations:write", "files:read", "files:write", "account:read"];
const FOR_OPERATORS = ["people:read", "people:write", "audit:read", "turns:read", "metrics:read"];

/** @param {HTMLElement} view @param {import("../../protocol/account.js").Me} me */
export async function keys(view, me) {
  const operator = me.account?.role === "owner" || me.account?.role === "operator";
  const word = h("p", { class: "note", role: "status" });
  const list = h("ul", { id: "keys", class: "rows" });
  const show = async () => {
    const known = await listKeys();
    list.replaceChildren(...known.map((key) => row(key, word, show)));
    if (!known.length) list.append(h("li", { class: "note" }, t("keys.none")));
  };
  view.append(h("h1", {}, t("account.keys")), h("p", { class: "note" }, t("keys.text")), list, word);
  await show();
  view.append(newKey(operator, show));
}

/** @param {import("../../protocol/account.js").Key} key @param {HTMLElement} word @param {() => Promise<void>} show */
function row(key, word, show) {
  const revoke = iconButton("trash", t("keys.revoke", { name: key.name }), { class: "round small" });
  askFirst(revoke, { question: t("keys.revoke.sure"), yes: t("keys.revoke.yes"), no: t("keys.revoke.no") }, () => {
    revokeKey(key.id).then(
      async () => {
        word.textContent = t("keys.revoked", { name: key.name });
        await show();
      },
      () => (word.textContent = t("form.unreachable")),
    );
  });
  const used = key.used_at ? t("keys.used", { date: dateAndTime(new Date(key.used_at)) }) : t("keys.unused");
  const about = [`${key.hint}…`, t("keys.made", { date: dateAndTime(new Date(key.created_at)) }), used].join(" · ");
  return h(
    "li",
    { class: "entry", "data-key": key.id },
    h("div", { class: "words" }, h("p", { class: "name", dir: "auto" }, key.name), h("p", { class: "tongues" }, about), h("p", { class: "tongues" }, key.scopes.map(scopeName).join(" · "))),
    h("div", { class: "tools" }, revoke),
  );
}

/** @param {string} scope */
const scopeName = (scope) => (hasText(`scope.${scope}`) ? t(`scope.${scope}`) : scope);

/** @param {boolean} operator @param {() => Promise<void>} show */
function newKey(operator, show) {
  const made = h("div", { role: "status" });
  const offered = operator ? [...FOR_ALL, ...FOR_OPERATORS] : FOR_ALL;
  const boxes = offered.map((scope, i) => h("input", { type: "checkbox", value: scope, checked: i < 2 }));
  const choice = h("fieldset", { class: "scopes" }, h("legend", {}, t("keys.scopes")), ...boxes.map((box) => h("label", { class: "switch" }, box, h("span", {}, scopeName(box.value)))));
  const element = form("new-key", [{ name: "name", label: t("keys.name"), note: t("keys.name.note"), more: { maxlength: 80 } }], t("keys.make"), async ({ name }) => {
    const { secret } = await makeKey(name, boxes.filter(({ checked }) => checked).map(({ value }) => value));
    made.replaceChildren(h("div", { class: "panel" }, h("p", {}, t("keys.once")), copyableCommand(secret)));
    element.reset();
    await show();
  });
  element.insertBefore(choice, element.lastElementChild);
  return h("section", {}, h("h2", {}, t("keys.new")), made, element);
}
