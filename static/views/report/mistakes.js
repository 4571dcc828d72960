/** What would be said otherwise, by kind; and which known words were taken for others. */
import { h } from "../../components/dom.js";
import { t } from "../../i18n.js";
import { makeCard } from "../../protocol/practice.js";

/** @typedef {import("./report.js").Context} Context */
/** @typedef {import("./clips.js").Clip} Clip */
/** @typedef {{ said: string, better: string, reason: string, clip: Clip, hinders: boolean, source: "rules" | "model" }} Told */
/** @typedef {{ kind: string, label: string, count: number, previous: number | null, items: Told[] }} Group */

/** @param {{ groups: Group[], per_100: number | null, better: { kind: string, label: string, before: number, now: number }[] }} content @param {Context} context */
export function mistakes({ groups, per_100, better }, context) {
  const figures = (/** @type {number} */ value) => value.toLocaleString(undefined, { maximumFractionDigits: 1 });
  return [
    per_100 !== null && h("p", {}, t(context.practice.language === "zh" ? "report.per-100.zh" : "report.per-100", { count: figures(per_100) })),
    better.length > 0 &&
      h("div", { class: "better" }, h("h3", {}, t("report.better")), h("ul", { class: "lines" }, ...better.map(({ label, before, now }) => h("li", {}, t("report.better.one", { label, before: figures(before), now: figures(now) }))))),
    groups.length === 0 && h("p", {}, t("report.no-mistakes")),
    ...groups.map((group) => groupOf(group, context)),
  ];
}

/** @param {Group} group @param {Context} context */
function groupOf({ kind, label, count, previous, items }, context) {
  const told = previous === null ? t("report.times", { count }) : t("report.times.previous", { count, previous });
  return h("div", { class: "group", "data-kind": kind }, h("h3", {}, label, h("span", { class: "unit" }, ` ${told}`)), h("ul", {}, ...items.map((one) => mistake(one, kind, context))));
}

/** @param {Told} told @param {string} kind @param {Context} context */
function mistake({ said, better, reason, clip, hinders, source }, kind, { practice, clips }) {
  const card = h("button", { type: "button", class: "link" }, t("report.card"));
  const shadow = h("button", { type: "button", class: "link" }, t("report.shadow"));
  shadow.onclick = async () => {
    const { shadow: open } = await import("../shadow/shadow.js");
    open({ text: better, language: practice.language, character: practice.character_id });
  };
  const word = h("span", { class: "note", role: "status" });
  card.onclick = async () => {
    card.disabled = true;
    try {
      await makeCard({ language: practice.language, said, better, reason, kind, practice_id: practice.id, line_id: clip.line_id });
      card.replaceWith(h("span", { class: "note" }, t("report.card.made")));
      word.textContent = "";
    } catch {
      card.disabled = false;
      word.textContent = t("report.card.failed");
    }
  };
  return h(
    "li",
    { class: "mistake" },
    h("p", {}, h("del", { dir: "auto" }, said), h("span", { class: "arrow", "aria-label": t("report.better-said") }, " → "), h("ins", { dir: "auto" }, better)),
    h("p", { class: "reason", dir: "auto" }, reason, hinders && ` ${t("report.hinders")}`, h("span", { class: "unit" }, ` ${t(`report.by.${source}`)}`)),
    h("div", { class: "with-presses" }, clips.one(clip), h("span", { class: "presses" }, card, shadow, word)),
  );
}

/** @param {{ items: { expected: string, heard: string, clip: Clip }[], known?: number }} content @param {Context} context */
export function understood({ items, known = 1 }, { clips }) {
  return [
    h("p", { class: "note" }, t("report.understood.note")),
    known === 0 && h("p", {}, t("report.understood.unknown")),
    known > 0 && items.length === 0 && h("p", {}, t("report.understood.all")),
    items.length > 0 &&
      h("ul", { class: "clips" }, ...items.map(({ expected, heard, clip }) => h("li", {}, h("p", {}, t("report.heard", { expected, heard: heard || t("report.heard.nothing") })), clips.one(clip)))),
  ];
}
