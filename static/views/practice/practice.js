/** Practising: what was practised, choosing and planning, roles and scenes of one's own, and the report. */
import { loadStylesheet } from "../../components/dom.js";
import { ServerRefused } from "../../protocol/api.js";
import { choose } from "./choose.js";
import { home } from "./home.js";
import { plan } from "./plan.js";
import "./texts.js";

// Before anything of it is drawn.
await loadStylesheet(new URL("../../practice.css", import.meta.url).href);

/** @typedef {import("../../app.js").PageContext} PageContext */

/** @param {HTMLElement} root @param {PageContext} page @returns {import("../../app.js").View} */
export function open(root, page) {
  const [place = "", more = ""] = page.address.rest;
  if (!place) return home(root, page);
  if (place === "new") return choose(root, page, more === "language" ? "language" : "interview");
  if (place === "own") return later(root, page, async () => (await import("./own.js")).own);
  if (more === "report") return later(root, page, async () => (await import("../report/report.js")).report);
  return plan(root, page, place);
}

/** A view that is fetched first. @param {HTMLElement} root @param {PageContext} page @param {() => Promise<(root: HTMLElement, page: PageContext) => import("../../app.js").View>} fetchView */
function later(root, page, fetchView) {
  /** @type {import("../../app.js").View | null} */
  let view = null;
  let closed = false;
  fetchView().then(
    (open) => !closed && (view = open(root, page)),
    () => closed || page.refused(new ServerRefused(0)),
  );
  return {
    close() {
      closed = true;
      view?.close();
    },
  };
}
