/** A character in a list of what there is: a link to where one talks to it, its voice, and whether it is a favourite. */
import { applyAccent } from "../../components/accent.js";
import { h, iconButton } from "../../components/dom.js";
import { faceOf } from "../../components/portraits.js";
import { reasonOf as serverReason } from "../../components/reasons.js";
import { languageName, localized, t } from "../../i18n.js";
import { setFavourite } from "../../protocol/discover.js";
import { hashOf } from "../../router.js";
import { spokenWith } from "../choose.js";

/** @typedef {import("../../protocol/discover.js").Found} Found */

/** @param {Found} found @param {import("../voice-sample.js").VoiceSample} voice @param {(text: string) => void} say */
export function foundCard(found, voice, say) {
  const card = h(
    "div",
    { class: "card", "data-found": found.id },
    h(
      "a",
      { class: "choice", href: hashOf(["talk", found.id]) },
      h("span", { class: "face", html: faceOf(found) }),
      h(
        "span",
        { class: "words" },
        h("span", { class: "name", dir: "auto" }, nameOf(found)),
        h("span", { class: "line", dir: "auto" }, localized(found.line)),
        h("span", { class: "tongues" }, [found.languages.map(languageName).join(", "), ...about(found)].join(" · ")),
      ),
    ),
    h("div", { class: "tools" }, voice.button(found, spokenWith(found), { class: "round small sample" }), favouriteButton(found, say)),
  );
  applyAccent(card, found.accent);
  return card;
}

/** How it is called; of some there is only a draft yet, without a name. @param {Found} found */
export const nameOf = (found) => localized(found.name) || t("discover.unnamed");

/** What it is for, and what is special about it. @param {Found} found */
export function about({ purpose, talks, mine, published }) {
  const many = talks === 1 ? t("discover.talks.one") : t("discover.talks", { count: talks });
  const parts = [purpose && purpose !== "talk" && t(`purpose.${purpose}`), talks > 0 && many, mine && t(published ? "discover.mine.published" : "discover.mine")];
  return parts.filter((part) => typeof part === "string" && part !== "");
}

/** @param {Found} found @param {(text: string) => void} say @param {() => void} [changed] */
export function favouriteButton(found, say, changed = () => {}) {
  const name = nameOf(found);
  const button = iconButton("favourite", "", { class: "round small favourite" });
  const show = () => {
    button.setAttribute("aria-pressed", String(found.favourite));
    button.setAttribute("aria-label", t("discover.favourite", { name }));
    button.title = t(found.favourite ? "discover.favourite.remove" : "discover.favourite.add");
  };
  button.onclick = async () => {
    found.favourite = !found.favourite; // At once; it is taken back if the server does not take it.
    show();
    try {
      await setFavourite(found.id, found.favourite);
      changed();
    } catch (error) {
      found.favourite = !found.favourite;
      show();
      say(reasonOf(error));
    }
  };
  show();
  return button;
}

/** Why something was not done. @param {any} error */
export const reasonOf = (error) => (error.status ? t("discover.refused", { reason: serverReason(error) }) : t("discover.failed"));
