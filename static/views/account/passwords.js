/** The fields for the password that an account has, and for one that it is to have. */
import { t } from "../../i18n.js";

/** @typedef {import("../../components/form.js").Field} Field */

/** Asked once more before something weighty; nothing where there is none. @param {{ has_password: boolean } | null} account @returns {Field[]} */
export const knownPassword = (account, name = "password", label = t("enter.password")) =>
  account?.has_password ? [{ name, label, type: "password", autocomplete: "current-password" }] : [];

/** @param {string} name @param {import("../../protocol/account.js").Me} me @returns {Field} */
export const newPassword = (name, me) => ({
  name,
  label: t("enter.new-password"),
  type: "password",
  autocomplete: "new-password",
  note: t("enter.password.note", { least: me.password.least }),
});
