/** What is shown at `#/characters`: one's own, a new one, one that is edited, its versions. */
import { h, icon } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { fetchMade } from "../../protocol/characters.js";
import { hashOf } from "../../router.js";
import { Editor } from "./editor.js";
import { mine } from "./mine.js";
import { versions } from "./versions.js";
import "../../components/texts.js";
import "./texts.js";
import "./form/texts.js";

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @returns {import("../../app.js").View} */
export function open(root, page) {
  const [id, place] = page.address.rest;
  if (!id) return mine(root, page);
  if (id === "new") return new Editor(root, page, null);
  const waiting = h("section", { class: "view", "aria-busy": "true" });
  root.append(waiting);
  const closing = new AbortController();
  /** @type {import("../../app.js").View | null} */
  let shown = null;
  fetchMade(id, closing.signal).then(
    (made) => {
      if (closing.signal.aborted) return;
      waiting.remove();
      if (!made.mine) root.append(unknown());
      else shown = place === "versions" ? versions(root, page, made) : new Editor(root, page, made);
    },
    (error) => {
      if (closing.signal.aborted) return;
      if (error.status !== 404) return page.refused(error);
      waiting.remove();
      root.append(unknown());
    },
  );
  return {
    close() {
      closing.abort();
      shown?.close();
    },
  };
}

const unknown = () =>
  h(
    "section",
    { class: "view" },
    h("a", { class: "quiet back", href: hashOf(["characters"]), html: icon("back") }, h("span", {}, t("characters"))),
    h("div", { class: "panel" }, h("h2", {}, t("unknown.title")), h("p", {}, t("unknown.text"))),
  );
