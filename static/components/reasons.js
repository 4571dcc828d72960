/** Why the server did not do something, in the page's words: its own are English. */
import { hasText, language, t } from "../i18n.js";
import "./texts.js";

/** @param {any} error of a call of the server, see `ServerRefused` in `protocol/api.js` */
export function reasonOf({ status, code, text, problem }) {
  if (!status) return t("form.unreachable");
  if (problem === "log-in") return t("reason.login_required");
  return hasText(`reason.${code}`) ? t(`reason.${code}`) : inEnglish(text) || t("form.failed");
}

/** What the server says, where the page has no words for it and is in the same language; otherwise "". @param {string} text */
export const inEnglish = (text) => (language === "en" ? text : "");
