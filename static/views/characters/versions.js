/** The versions of a character: when each was saved, what was changed, and the way back to it. */
import { dateAndTime } from "../../components/dates.js";
import { h, icon } from "../../components/dom.js";
import { language, t } from "../../i18n.js";
import { fetchVersion, listVersions, restoreVersion } from "../../protocol/characters.js";
import { go, hashOf } from "../../router.js";
import { differences } from "./difference.js";
import { textIn } from "./form/paths.js";

/** @typedef {import("../../protocol/characters.js").Version} Version */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @param {import("../../protocol/characters.js").Made} made */
export const versions = (root, page, made) => new Versions(root, page, made);

class Versions {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page @param {import("../../protocol/characters.js").Made} made */
  constructor(root, page, made) {
    this.page = page;
    this.made = made;
    this.closing = new AbortController();
    this.list = h("ol", { id: "versions", class: "rows", "aria-label": t("versions") });
    this.word = h("p", { class: "note", role: "status" });
    const name = made.file ? textIn(made.file, "name", language) : t("editor.unnamed");
    page.title(`${name}: ${t("versions")}`);
    root.append(
      h(
        "section",
        { class: "view versions" },
        h("a", { class: "quiet back", href: hashOf(["characters", made.id]), html: icon("back") }, h("span", { dir: "auto" }, name)),
        h("h1", {}, t("versions")),
        h("p", { class: "note" }, t("versions.note")),
        this.word,
        this.list,
      ),
    );
    void this.fetch();
  }

  close() {
    this.closing.abort();
  }

  async fetch() {
    const { signal } = this.closing;
    try {
      const { items } = await listVersions(this.made.id, signal);
      if (signal.aborted) return;
      this.list.replaceChildren(...items.map((version, at) => this.row(version, items[at + 1])));
    } catch (error) {
      if (!signal.aborted) this.page.refused(error);
    }
  }

  /** @param {Version} version @param {Version | undefined} before */
  row({ version, created_at }, before) {
    const current = version === this.made.version;
    const place = h("div", { class: "compared" });
    const compare = h("button", { type: "button", class: "plain", "aria-expanded": "false" }, t(before ? "versions.changes" : "versions.whole"));
    compare.onclick = async () => {
      const open = compare.getAttribute("aria-expanded") !== "true";
      compare.setAttribute("aria-expanded", String(open));
      place.replaceChildren(...(open ? [await this.changes(version, before?.version)] : []));
    };
    const restore = h("button", { type: "button", class: "plain" }, t("versions.restore"));
    restore.onclick = () => void this.restore(version);
    return h(
      "li",
      { class: "entry", "data-version": version },
      h(
        "div",
        { class: "words" },
        h("p", { class: "name" }, t("versions.number", { version }), current && h("span", { class: "tongues" }, ` · ${t("versions.current")}`)),
        h("p", { class: "tongues" }, dateAndTime(new Date(created_at))),
      ),
      h("div", { class: "tools" }, compare, !current && restore),
      place,
    );
  }

  /** @param {number} version @param {number} [before] */
  async changes(version, before) {
    const { signal } = this.closing;
    try {
      const [after, earlier] = await Promise.all([version, before].map((number) => (number ? fetchVersion(this.made.id, number, signal) : null)));
      const told = differences(earlier?.file ?? { languages: after?.file.languages ?? [] }, after?.file ?? { languages: [] });
      return told ?? h("p", { class: "note" }, t("difference.none"));
    } catch {
      return h("p", { class: "problem" }, t("form.unreachable"));
    }
  }

  /** @param {number} version */
  async restore(version) {
    try {
      await restoreVersion(this.made.id, version);
      go(hashOf(["characters", this.made.id]));
    } catch {
      this.word.textContent = t("form.unreachable");
    }
  }
}
