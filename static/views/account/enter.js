/** Coming in: log in, register, ask for another password. Each a form that password managers know. */
import { form } from "../../components/form.js";
import { h } from "../../components/dom.js";
import { hasText, t } from "../../i18n.js";
import { forgotPassword, logIn, register, resetPassword } from "../../protocol/account.js";
import { canUsePasskeys, logInWithPasskey } from "../../protocol/passkeys.js";
import { newPassword } from "./passwords.js";
import { answerForm } from "./questions.js";
import { signOnAddress } from "./ways.js";
import "./texts.js";

/** @typedef {import("../../protocol/account.js").Me} Me */
/** @typedef {import("../../protocol/api.js").ServerRefused} ServerRefused */
/** @typedef {"login" | "register" | "forgot" | "reset"} Way */

/** @type {Record<Way, (me: Me, actions: { done: () => void, say: (text: string) => void, token: string }) => HTMLElement>} */
const FORMS = { login: logInForm, register: registerForm, forgot: forgotForm, reset: resetForm };

/**
 * @param {HTMLElement} root
 * @param {Me} me
 * @param {{ done: () => void, way?: string, token?: string, why?: string, problem?: string }} how `done`: somebody is in; `why` one should;
 *   `problem`: why one came back from elsewhere without being in
 */
export function enter(root, me, { done, way = "", token = "", why = "", problem = "" }) {
  const place = h("div", {});
  const word = h("p", { class: "note", role: "status" });
  const show = (/** @type {Way} */ chosen, focus = true) => {
    word.textContent = "";
    const say = (/** @type {string} */ text) => (word.textContent = text);
    place.replaceChildren(h("h1", {}, t(`enter.${chosen}`)), FORMS[chosen](me, { done, say, token }), others(chosen));
    if (focus) place.querySelector("input")?.focus();
  };
  const others = (/** @type {Way} */ chosen) => {
    const open = me.registration === "open" || me.owner_missing;
    /** @type {Way[]} */
    const ways = ["login", ...(open ? /** @type {const} */ (["register"]) : []), "forgot"];
    return h(
      "p",
      { class: "ways" },
      ...ways
        .filter((other) => other !== chosen)
        .map((other) => h("button", { type: "button", class: "link", id: `way-${other}`, onclick: () => show(other) }, t(`enter.to.${other}`))),
    );
  };
  root.append(h("section", { class: "view enter" }, why && h("p", { class: "note" }, why), problem && h("p", { class: "problem", role: "alert" }, refusal(problem)), place, word));
  show(way in FORMS ? /** @type {Way} */ (way) : me.owner_missing ? "register" : "login", false);
  return { close() {} };
}

/** @param {string} code */
const refusal = (code) => t(hasText(`refused.${code}`) ? `refused.${code}` : "enter.sign-on.failed");

/** @type {(typeof FORMS)["login"]} */
function logInForm(me, { done, say }) {
  const byPasskey = () =>
    logInWithPasskey().then(done, (/** @type {ServerRefused} */ error) => say(error.status ? refusal(error.code) : t("form.unreachable")));
  const here = ["", "#", "#/account/login"].includes(location.hash) ? "#/" : location.hash;
  return h(
    "div",
    {},
    passwordForm(done),
    h(
      "p",
      { class: "actions" },
      me.passkeys && canUsePasskeys() && h("button", { type: "button", class: "plain", id: "by-passkey", onclick: () => void byPasskey() }, t("enter.passkey")),
      me.sign_on && h("a", { class: "plain", id: "by-provider", href: signOnAddress(here, false) }, t("enter.sign-on", { provider: me.sign_on })),
    ),
  );
}

/** @param {() => void} done */
const passwordForm = (done) =>
  form(
    "login",
    [
      { name: "email", label: t("enter.email"), type: "email", autocomplete: "username" },
      { name: "password", label: t("enter.password"), type: "password", autocomplete: "current-password" },
    ],
    t("enter.login"),
    (values) => logIn(values).then(done),
  );

/** @type {(typeof FORMS)["register"]} */
function registerForm(me, { done }) {
  const code = { name: "code", label: t("enter.code"), note: t("enter.code.note"), optional: me.registration === "open" };
  return form(
    "register",
    [
      { name: "name", label: t("enter.name"), autocomplete: "name" },
      { name: "email", label: t("enter.email"), type: "email", autocomplete: "username" },
      newPassword("password", me),
      { name: "phone", label: t("enter.phone"), type: "tel", autocomplete: "tel", optional: true },
      ...(me.owner_missing ? [code] : []),
    ],
    t("enter.register"),
    (values) => register(values).then(done),
  );
}

/** @type {(typeof FORMS)["forgot"]} */
function forgotForm(me, { say }) {
  if (!me.mail && !me.questions) return h("p", { class: "note" }, t("enter.forgot.no-mail"));
  return h("div", {}, me.mail && mailForm(say), me.questions && answerForm(newPassword("password", me), say));
}

/** @param {(text: string) => void} say */
const mailForm = (say) =>
  form(
    "forgot",
    [{ name: "email", label: t("enter.email"), type: "email", autocomplete: "username" }],
    t("enter.forgot.send"),
    ({ email }) => forgotPassword(email).then(() => say(t("enter.forgot.sent"))),
  );

/** @type {(typeof FORMS)["reset"]} */
function resetForm(me, { say, token }) {
  return form("reset", [newPassword("password", me)], t("enter.reset"), ({ password }) =>
    resetPassword(token, password).then(() => say(t("enter.reset.done"))),
  );
}
