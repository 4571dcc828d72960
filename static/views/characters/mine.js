/** The characters that one has made, and the ways to make another. */
import { applyAccent } from "../../components/accent.js";
import { dayName } from "../../components/dates.js";
import { h, iconButton } from "../../components/dom.js";
import { faceOf } from "../../components/portraits.js";
import { languageName, localized, t } from "../../i18n.js";
import { deleteCharacter, listMine } from "../../protocol/characters.js";
import { go, hashOf } from "../../router.js";
import { arrive } from "./arrival.js";
import { deleted } from "./tools.js";

/** @typedef {import("../../protocol/characters.js").Card} Card */

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const mine = (root, page) => new Mine(root, page);

class Mine {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    this.closing = new AbortController();
    this.word = h("p", { class: "note", role: "status" });
    this.list = h("ul", { id: "mine", class: "rows", "aria-label": t("mine.list") });
    this.more = h("button", { type: "button", class: "plain", id: "more", hidden: true }, t("list.more"));
    root.append(h("section", { class: "view mine" }, h("h1", {}, t("characters")), this.ways(), this.word, this.list, this.more));
    void this.fetch("");
  }

  close() {
    this.closing.abort();
  }

  ways() {
    const field = h("input", { id: "choose-card", type: "file", accept: ".toml,.json,.png,.charx,.jpg,.jpeg,.zip" });
    field.onchange = () => {
      const [file] = field.files ?? [];
      field.value = "";
      if (file) void arrive([file], this.page);
    };
    return h(
      "div",
      { class: "drop" },
      h("p", { class: "actions" }, h("a", { class: "primary", id: "make", href: hashOf(["characters", "new"]) }, t("mine.make")), h("label", { class: "plain choose-file" }, t("mine.import"), field)),
      h("p", { class: "note" }, t("mine.drop")),
    );
  }

  /** @param {string} cursor */
  async fetch(cursor) {
    const { signal } = this.closing;
    try {
      const { items, next } = await listMine(cursor, signal);
      if (signal.aborted) return;
      this.list.append(...items.map((card) => this.row(card)));
      if (!this.list.firstChild) this.list.append(empty());
      this.more.hidden = next === null;
      this.more.onclick = () => void this.fetch(next ?? "");
    } catch (error) {
      if (signal.aborted) return;
      if (cursor) this.word.textContent = t("form.unreachable");
      else this.page.refused(error);
    }
  }

  /** @param {Card} card */
  row(card) {
    const name = localized(card.name) || t("editor.unnamed");
    const about = [card.languages.map(languageName).join(", "), card.published && t("mine.published"), card.unfinished && t("mine.unfinished"), card.updated_at && dayName(new Date(card.updated_at))].filter(Boolean);
    const link = h(
      "a",
      { href: hashOf(["characters", card.id]), "data-made": card.id },
      h("span", { class: "face", html: faceOf(card) }),
      h("span", { class: "words" }, h("span", { class: "name", dir: "auto" }, name), h("span", { class: "line", dir: "auto" }, localized(card.line)), h("span", { class: "tongues" }, about.join(" · "))),
    );
    applyAccent(link, card.accent);
    const remove = () => deleteCharacter(card.id).then(() => this.gone(row, card.id, name), () => (this.word.textContent = t("form.unreachable")));
    const row = h(
      "li",
      { class: "made" },
      link,
      h(
        "div",
        { class: "tools" },
        !card.unfinished && iconButton("microphone", t("mine.talk", { name }), { class: "round small", onclick: () => this.page.talk(card) }),
        iconButton("trash", t("mine.delete", { name }), { class: "round small", onclick: () => void remove() }),
      ),
    );
    return row;
  }

  /** @param {HTMLElement} row @param {string} id @param {string} name */
  gone(row, id, name) {
    row.remove();
    if (!this.list.firstChild) this.list.append(empty());
    deleted(id, name, () => (this.closing.signal.aborted ? go(hashOf(["characters"])) : this.again()));
  }

  again() {
    this.list.replaceChildren();
    void this.fetch("");
  }
}

const empty = () => h("li", {}, h("div", { class: "panel" }, h("h2", {}, t("mine.empty.title")), h("p", {}, t("mine.empty.text"))));
