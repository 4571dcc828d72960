/** What the model was shown for an answer beside what was said: memory, lorebook, knowledge, a summary. */
import { h } from "./dom.js";
import { t } from "../i18n.js";
import { hashOf } from "../router.js";
import "./texts.js";

/** @typedef {import("../conversation/conversation.js").Used} Used */

/** What is said of it where there is little room: a summary is there in every long talk. @param {Used[]} used */
export const usedKinds = (used) => [...new Set(used.map(({ kind }) => kind))].filter((kind) => kind !== "summary").map((kind) => t(`used.${kind}`));

/** All of it; nothing if there is none. @param {Used[]} used */
export const usedList = (used) => used.length > 0 && h("ul", { class: "used", "aria-label": t("used") }, ...used.map(part));

/** @param {Used} used */
function part({ kind, id, label }) {
  const named = label && kind === "memory" && id ? memoryLink(id, label) : label && h("span", { dir: "auto" }, label);
  return h("li", {}, named ? `${t(`used.${kind}`)}: ` : t(`used.${kind}`), named || null);
}

/** Beside the talk, which would end if its page were left. The opener is what the other page has the server's key from. @param {string} id of a fact @param {string} text */
export const memoryLink = (id, text) => h("a", { class: "link", href: hashOf(["memory", id]), target: "_blank", rel: "opener", dir: "auto" }, text);
