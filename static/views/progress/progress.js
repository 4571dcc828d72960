/** How somebody came along: how regularly they practise, their goals, and what was measured, practice by practice. */
import { h, loadStylesheet } from "../../components/dom.js";
import { hasText, language, languageName, t } from "../../i18n.js";
import { fetchMeasures } from "../../protocol/practice.js";
import { fetchProgress } from "../../protocol/progress.js";
import { hashOf, replaceAddress } from "../../router.js";
import { goalsOf } from "./goals.js";
import { plot } from "./plot.js";
import "./texts.js";

await loadStylesheet(new URL("../../learning.css", import.meta.url).href);

/** @typedef {import("../../protocol/progress.js").Progress} Progress */
/** @typedef {import("../../protocol/progress.js").Point} Point */
/** @typedef {import("../../protocol/practice.js").Definition} Definition */

/** Measures that are shown at once; all others may be opened. */
const FIRST = ["pace", "pauses", "fillers", "mtld", "mattr"];

/** Kinds of mistakes that are shown, the most frequent ones. */
const MOST_KINDS = 6;

/** What goals are about beside measures. */
const DAYS = "days";
const MISTAKES = "mistakes_per_100";

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const open = (root, page) => new ProgressView(root, page);

class ProgressView {
  /** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
  constructor(root, page) {
    this.page = page;
    const { query } = page.address;
    this.wanted = { language: query.get("language") ?? "", kind: query.get("kind") ?? "" };
    /** @type {Progress | null} */
    this.progress = null;
    /** @type {Map<string, Definition>} */
    this.definitions = new Map();
    this.closing = new AbortController();
    this.body = h("div", {});
    this.view = h("section", { class: "view learning", "aria-busy": "true" }, h("h1", {}, t("progress")), this.body);
    root.append(this.view);
    void this.begin();
  }

  close() {
    this.closing.abort();
  }

  async begin() {
    const { signal } = this.closing;
    try {
      this.progress = await fetchProgress({}, signal);
      await this.define(this.tongue);
      if (signal.aborted) return;
      this.draw();
      this.view.removeAttribute("aria-busy");
    } catch (error) {
      if (!signal.aborted) this.page.refused(error);
    }
  }

  /** The language whose practices are shown. */
  get tongue() {
    return this.wanted.language || this.progress?.practices.at(-1)?.language || (language === "zh" ? "en" : "zh");
  }

  /** What the measures are; their units depend on what is spoken. Without it they have their names. @param {string} spoken */
  async define(spoken) {
    const measured = spoken === "zh" ? "zh" : "en";
    const { items } = await fetchMeasures(language, measured, this.closing.signal).catch(() => ({ items: /** @type {Definition[]} */ ([]) }));
    if (this.tongue === spoken) this.definitions = new Map(items.map((one) => [one.id, one]));
  }

  /** @param {{ language?: string, kind?: string }} changes @param {string} field that has the focus */
  async want(changes, field) {
    this.wanted = { ...this.wanted, ...changes };
    replaceAddress(hashOf(["progress"], this.wanted));
    if (changes.language) await this.define(changes.language);
    if (this.closing.signal.aborted) return;
    this.draw();
    document.getElementById(field)?.focus();
  }

  draw() {
    const { progress, tongue } = this;
    if (!progress) return;
    const { practices } = progress;
    const points = practices.filter((point) => point.language === tongue && (!this.wanted.kind || point.kind === this.wanted.kind));
    const goals = progress.goals.filter((goal) => goal.language === tongue);
    const labels = this.labels(points);
    const changed = async () => {
      this.progress = await fetchProgress({}, this.closing.signal);
      this.draw();
    };
    this.body.replaceChildren(
      weeks(progress),
      this.choosing(tongue),
      ...(points.length ? this.plots(points, goals) : [empty(practices.length > 0)]),
      goalsOf(goals, { language: tongue, labels, changed }),
    );
  }

  /** @param {string} tongue */
  choosing(tongue) {
    const codes = [...new Set(["en", "zh", tongue, ...(this.progress?.practices ?? []).map((point) => point.language)])];
    const tongues = h("select", { id: "progress-language", "aria-label": t("progress.language") }, ...codes.map((code) => h("option", { value: code, selected: code === tongue }, languageName(code))));
    tongues.onchange = () => void this.want({ language: tongues.value }, "progress-language");
    const kinds = h("select", { id: "progress-kind", "aria-label": t("progress.kind") }, ...["", "interview", "language"].map((kind) => h("option", { value: kind, selected: kind === this.wanted.kind }, t(`progress.kind.${kind || "all"}`))));
    kinds.onchange = () => void this.want({ kind: kinds.value }, "progress-kind");
    return h("div", { class: "finding" }, tongues, kinds);
  }

  /** What goals may be about. @param {Point[]} points */
  labels(points) {
    const measured = [...new Set([...FIRST, ...this.definitions.keys(), ...points.flatMap(({ measures }) => Object.keys(measures))])];
    return new Map([[DAYS, t("progress.days")], [MISTAKES, t("progress.mistakes")], ...measured.map((id) => /** @type {[string, string]} */ ([id, this.labelOf(id)]))]);
  }

  /** @param {string} id */
  labelOf(id) {
    const known = this.definitions.get(id)?.label;
    return known ?? (hasText(`progress.measure.${id}`) ? t(`progress.measure.${id}`) : id);
  }

  /** @param {Point[]} points @param {import("../../protocol/progress.js").GoalState[]} goals */
  plots(points, goals) {
    const goalOf = (/** @type {string} */ id) => goals.find(({ measure }) => measure === id) ?? null;
    const all = new Set(points.flatMap(({ measures }) => Object.keys(measures)));
    const series = (/** @type {string} */ id) =>
      plot({
        id,
        label: this.labelOf(id),
        unit: this.definitions.get(id)?.unit ?? "",
        note: this.definitions.get(id)?.definition,
        goal: goalOf(id),
        dots: points.map(({ began_at, measures }) => ({ at: new Date(began_at), value: measures[id]?.value ?? null, estimated: measures[id]?.estimated })),
      });
    const order = [...this.definitions.keys(), ...all];
    const others = [...new Set(order)].filter((id) => all.has(id) && !FIRST.includes(id));
    const told = points.some(({ mistakes }) => mistakes);
    return [
      h("div", { class: "plots" }, ...FIRST.filter((id) => all.has(id)).map(series), ...(told ? [mistakesOf(points, goalOf(MISTAKES))] : [])),
      ...(told ? [kindsOf(points)] : []),
      ...(others.length ? [h("details", { class: "others" }, h("summary", {}, t("progress.more")), h("div", { class: "plots" }, ...others.map(series)))] : []),
    ];
  }
}

/** @param {Point[]} points @param {import("../../protocol/progress.js").Goal | null} goal */
const mistakesOf = (points, goal) =>
  plot({
    id: MISTAKES,
    label: t("progress.mistakes"),
    unit: t("progress.per-100"),
    goal,
    dots: points.map(({ began_at, mistakes }) => ({ at: new Date(began_at), value: mistakes?.per_100 ?? null })),
  });

/** @param {Point[]} points */
function kindsOf(points) {
  /** @type {Map<string, { label: string, count: number }>} */
  const kinds = new Map();
  for (const { mistakes } of points) {
    for (const [kind, { label, count }] of Object.entries(mistakes?.kinds ?? {})) kinds.set(kind, { label, count: count + (kinds.get(kind)?.count ?? 0) });
  }
  const most = [...kinds].sort(([, a], [, b]) => b.count - a.count).slice(0, MOST_KINDS);
  if (!most.length) return "";
  const dots = (/** @type {string} */ kind) =>
    points.map(({ began_at, mistakes }) => ({ at: new Date(began_at), value: mistakes && mistakes.per_100 !== null ? (mistakes.kinds[kind]?.per_100 ?? 0) : null }));
  return h(
    "section",
    { class: "kinds" },
    h("h2", {}, t("progress.kinds")),
    h("div", { class: "plots small" }, ...most.map(([kind, { label }]) => plot({ id: kind, label, unit: t("progress.per-100"), dots: dots(kind) }))),
  );
}

/** In one line, and nothing of what was not done. @param {Progress} progress */
function weeks({ weeks: { days, in_a_row, total } }) {
  const parts = [
    days && t(days === 1 ? "progress.days-this-week.one" : "progress.days-this-week", { days }),
    in_a_row > 1 && t("progress.in-a-row", { weeks: in_a_row }),
    total > in_a_row && t(total === 1 ? "progress.weeks.one" : "progress.weeks", { weeks: total }),
  ];
  return h("p", { id: "weeks" }, parts.filter(Boolean).join(" · "));
}

/** @param {boolean} elsewhere whether there is something of another language or kind */
const empty = (elsewhere) =>
  h(
    "div",
    { class: "panel" },
    h("h2", {}, t(elsewhere ? "progress.none.title" : "progress.empty.title")),
    h("p", {}, t(elsewhere ? "progress.none.text" : "progress.empty.text")),
    h("p", { class: "actions" }, h("a", { class: "plain", href: hashOf(["practice"]) }, t("progress.practise"))),
  );
