/** What somebody wants to reach: seen, set and given up. */
import { h, iconButton } from "../../components/dom.js";
import { reasonOf } from "../../components/reasons.js";
import { t } from "../../i18n.js";
import { dropGoal, setGoal } from "../../protocol/progress.js";
import { figure, reachedSign } from "./plot.js";

/** @typedef {import("../../protocol/progress.js").GoalState} GoalState */
/** @typedef {{ language: string, labels: Map<string, string>, changed: () => Promise<void> }} How `labels`: of what a goal may be about, by its id */

/** @param {GoalState[]} goals @param {How} how */
export function goalsOf(goals, how) {
  const said = h("p", { class: "note", role: "status" });
  const list = h("ul", { id: "goals", class: "rows" }, ...goals.map((goal) => row(goal, how, said)));
  return h("section", { class: "goals" }, h("h2", {}, t("progress.goals")), goals.length ? list : h("p", { class: "note" }, t("progress.goals.none")), said, form(how, said));
}

/** @param {GoalState} goal @param {How} how @param {HTMLElement} said */
function row(goal, how, said) {
  const label = how.labels.get(goal.measure) ?? goal.measure;
  const [key, target] = goal.at_least === null ? ["progress.at-most", goal.at_most] : ["progress.at-least", goal.at_least];
  const text = t(key, { label, target: figure(target ?? 0) });
  const now = goal.value === null ? t("progress.goal.unknown") : t(goal.reached ? "progress.goal.reached" : "progress.goal.now", { value: figure(goal.value) });
  const drop = async () => {
    try {
      await dropGoal(goal);
      await how.changed();
    } catch {
      said.textContent = t("progress.failed");
    }
  };
  return h(
    "li",
    { class: "goal", "data-goal": goal.measure, "data-reached": goal.reached },
    h("div", { class: "words" }, h("p", { class: "name", dir: "auto" }, text), h("p", { class: "tongues" }, goal.reached && reachedSign(), now)),
    h("div", { class: "tools" }, iconButton("trash", t("progress.goal.drop", { text }), { class: "round small give-up", onclick: () => void drop() })),
  );
}

/** @param {How} how @param {HTMLElement} said */
function form(how, said) {
  const measure = h("select", { id: "goal-measure" }, ...[...how.labels].map(([id, label]) => h("option", { value: id }, label)));
  const side = h("select", { id: "goal-side", "aria-label": t("progress.goal.side") }, h("option", { value: "at_least" }, t("progress.side.at_least")), h("option", { value: "at_most" }, t("progress.side.at_most")));
  const target = h("input", { id: "goal-target", type: "text", inputmode: "decimal", required: true, autocomplete: "off", pattern: "[0-9]+([.,][0-9]+)?", "aria-label": t("progress.goal.target") });
  const matched = () => {
    const days = measure.value === "days";
    side.value = /fill|pause|repair|mistake|delay/.test(measure.value) ? "at_most" : "at_least";
    side.disabled = days;
  };
  measure.onchange = matched;
  matched();
  const element = h(
    "form",
    { id: "new-goal" },
    h("label", { for: "goal-measure" }, t("progress.goal.new")),
    h("div", { class: "setting" }, measure, side, target, h("button", { class: "plain" }, t("progress.goal.set"))),
  );
  element.onsubmit = async (event) => {
    event.preventDefault();
    const value = Number(target.value.replace(",", "."));
    try {
      await setGoal({ language: how.language, measure: measure.value }, side.value === "at_most" ? { at_most: value } : { at_least: value });
      await how.changed();
      document.getElementById("goal-measure")?.focus();
    } catch (error) {
      said.textContent = reasonOf(/** @type {any} */ (error));
    }
  };
  return element;
}
