/** The way to the page's views: a line of words at the top, on phones a row under the thumb. */
import { h, icon } from "../components/dom.js";
import { language, setLanguage, t } from "../i18n.js";
import { hashOf } from "../router.js";

/** @type {["" | "practice" | "discover" | "history" | "memory" | "files" | "account" | "settings", Parameters<typeof icon>[0]][]} view, icon */
const PLACES = [
  ["", "microphone"],
  ["practice", "practice"],
  ["discover", "discover"],
  ["history", "history"],
  ["memory", "memory"],
  ["files", "files"],
  ["account", "account"],
  ["settings", "settings"],
];

/** @param {string} current the view that is shown */
export const navigation = (current) =>
  h(
    "nav",
    { id: "places", "aria-label": t("places") },
    ...PLACES.map(([view, drawing]) =>
      h(
        "a",
        { id: `${view || "people"}-open`, href: hashOf(view ? [view] : []), "aria-current": view === current && "page", html: icon(drawing) },
        h("span", {}, t(view || "people")),
      ),
    ),
  );

/** The way to the other language. @param {() => void} redraw */
export function languageButton(redraw) {
  const other = language === "zh" ? "en" : "zh";
  const change = () => {
    setLanguage(other);
    redraw();
    document.getElementById("language")?.focus();
  };
  const label = { type: "button", id: "language", class: "quiet", lang: other, "aria-label": t("other.label") };
  return h("button", { ...label, onclick: change }, t("other.language"));
}
