/** Who there is to talk to, of all: searched for, sorted out, heard. */
import { h, segmentedControl } from "../../components/dom.js";
import { languageName, t } from "../../i18n.js";
import { findCharacters } from "../../protocol/discover.js";
import { hashOf, replaceAddress } from "../../router.js";
import { VoiceSample } from "../voice-sample.js";
import { foundCard } from "./card.js";
import { Feed } from "./feed.js";
import { reports, reportsLink } from "./reports.js";
import "./texts.js";

/** How long nobody typed before it is searched. */
const TYPED_MS = 180;

/** What can be asked for, the usual first. */
const CHOICES = {
  whose: ["all", "favourites", "mine"],
  sort: ["popular", "new", "name"],
  language: ["", "en", "zh"],
  purpose: ["", "talk", "practice", "interview", "story"],
  voice: ["", "female", "male", "neutral"],
};

/** @typedef {import("../../protocol/discover.js").Found} Found */
/** @typedef {import("../../protocol/discover.js").Wanted} Wanted */

/** Where the list was left, for whoever comes back to it. @type {{ wanted: Wanted | null, items: Found[], next: string | null, top: number }} */
let left = { wanted: null, items: [], next: null, top: 0 };

/** The address of what was looked for last. */
export const leftAddress = () => hashOf(["discover"], left.wanted ? addressed(left.wanted) : {});

/** What became of a character since the list was left. @param {string} id @param {Partial<Found>} changes */
export function changedSince(id, changes) {
  const known = left.items.find((one) => one.id === id);
  if (known) Object.assign(known, changes);
}

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const open = (root, page) => (page.address.rest[0] === "reports" ? reports(root, page) : new Discover(root, page));

class Discover {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    this.wanted = wantedOf(page.address.query);
    this.voice = new VoiceSample();
    this.timer = 0;
    this.asking = new AbortController();
    this.field = h("input", { id: "search", type: "search", value: this.wanted.q, placeholder: t("discover.search"), "aria-label": t("discover.search") });
    this.field.oninput = () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.want({ q: this.field.value.trim() }), TYPED_MS);
    };
    this.word = h("p", { class: "note", role: "status" });
    this.place = h("div", { id: "found" });
    const whose = /** @type {[string, string][]} */ (CHOICES.whose.map((value) => [value, t(`discover.${value}`)]));
    root.append(
      h(
        "section",
        { class: "view discover" },
        h("header", {}, h("h1", {}, t("discover")), reportsLink()),
        this.field,
        h("div", { class: "filters" }, segmentedControl("whose", t("discover.whose"), whose, this.wanted.whose, (value) => this.want({ whose: value })), ...this.selects()),
        this.word,
        this.place,
      ),
    );
    this.feed = this.newFeed();
    if (history.state?.seen && leftAddress() === hashOf(["discover"], addressed(this.wanted)) && left.items.length) this.comeBack();
    else void this.begin();
  }

  close() {
    left = { wanted: this.wanted, items: this.feed.items, next: this.feed.next, top: scrollY };
    clearTimeout(this.timer);
    this.asking.abort();
    this.feed.close();
    this.voice.stop();
  }

  selects() {
    return /** @type {const} */ (["language", "purpose", "voice", "sort"]).map((name) => {
      const label = (/** @type {string} */ value) => (name === "language" && value ? languageName(value) : t(`${name}.${value || "any"}`));
      const options = CHOICES[name].map((value) => h("option", { value, selected: value === this.wanted[name] }, label(value)));
      const select = h("select", { id: name, "aria-label": t(`discover.${name}`) }, ...options);
      select.onchange = () => this.want({ [name]: select.value });
      return select;
    });
  }

  newFeed() {
    const { signal } = this.asking;
    const { wanted } = this;
    return new Feed(
      t("discover"),
      (cursor, limit) => findCharacters(wanted, cursor, limit, signal),
      (/** @type {Found} */ found) => foundCard(found, this.voice, (text) => this.say(text)),
      (element) => element.contains(document.activeElement) || (this.voice.playing !== null && element.contains(this.voice.playing)),
      (error) => (this.feed.items.length ? this.say(t("discover.failed")) : this.page.refused(error)),
    );
  }

  /** @param {string} text */
  say(text) {
    this.word.textContent = text;
  }

  /** @param {Partial<Wanted>} changes */
  want(changes) {
    if (Object.entries(changes).every(([name, value]) => this.wanted[/** @type {keyof Wanted} */ (name)] === value)) return;
    this.wanted = { ...this.wanted, ...changes };
    replaceAddress(hashOf(["discover"], addressed(this.wanted)));
    void this.begin();
  }

  /** From the first page. What is shown stays until that is there. */
  async begin() {
    this.asking.abort();
    this.asking = new AbortController();
    this.feed.close();
    this.feed = this.newFeed();
    const { feed } = this;
    await feed.fetchMore();
    if (feed !== this.feed || feed.closed) return;
    this.voice.stop();
    this.place.replaceChildren(feed.element);
    this.tell();
  }

  /** To where it was left. */
  comeBack() {
    this.feed.add(left.items, left.next);
    this.place.replaceChildren(this.feed.element);
    scrollTo(0, left.top);
  }

  /** How many were found, as it is read out, or what to do where there are none. */
  tell() {
    const { items, next } = this.feed;
    const { q, whose } = this.wanted;
    const asked = Object.keys(addressed(this.wanted)).length > 0;
    if (items.length === 0) return this.say(t(whose !== "all" && !q ? `discover.none.${whose}` : "discover.none"));
    this.say(!asked ? "" : next ? t("discover.found.more", { count: items.length }) : items.length === 1 ? t("discover.found.one") : t("discover.found", { count: items.length }));
  }
}

/** What an address asks for; the usual where it asks for what there is not. @param {URLSearchParams} query @returns {Wanted} */
function wantedOf(query) {
  const asked = Object.entries(CHOICES).map(([name, values]) => [name, values.find((value) => value === query.get(name)) ?? values[0]]);
  return /** @type {Wanted} */ ({ q: query.get("q") ?? "", ...Object.fromEntries(asked) });
}

/** What of it an address needs to say. @param {Wanted} wanted @returns {Record<string, string>} */
function addressed(wanted) {
  const usual = /** @type {Record<string, string[]>} */ (CHOICES);
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => value && value !== usual[name]?.[0]));
}
