/** The API as its OpenAPI document describes it: to be read, searched and linked to. */
import { h } from "../components/dom.js";
import { preferences, savePreferences } from "../preferences.js";
import { field, fields, marked } from "./schema.js";

/** @type {Record<"en" | "zh", Record<string, string>>} */
const WORDS = {
  en: {
    other: "中文",
    lead: "Every answer comes as {success, data, message, error}. Tools read",
    search: "Search",
    none: "Nothing by that name.",
    open: "No key is asked for.",
    takes: "Takes",
    body: "Body",
    answers: "Answers",
    try: "Try it",
    unreachable: "The description did not come; is the server running?",
  },
  zh: {
    other: "English",
    lead: "所有回答都是 {success, data, message, error}。工具请读取",
    search: "搜索",
    none: "没有找到。",
    open: "不需要密钥。",
    takes: "参数",
    body: "请求体",
    answers: "回答",
    try: "试一试",
    unreachable: "没有取到接口描述；服务器在运行吗？",
  },
};

const chinese = preferences.interface ? preferences.interface === "zh" : navigator.language.toLowerCase().startsWith("zh");
const words = WORDS[chinese ? "zh" : "en"];
const main = /** @type {HTMLElement} */ (document.querySelector("main"));

/**
 * @typedef {object} Operation
 * @property {string} method @property {string} path
 * @property {Record<string, any>} about what the document says of it
 */

/** @param {string} title @param {...(Node | null)} content */
const part = (title, ...content) => (content.some(Boolean) ? [h("h4", {}, title), ...content] : []);

/** @param {Operation} operation */
function command({ method, path, about }) {
  const given = (about.parameters ?? []).filter((/** @type {any} */ one) => one.in === "query" && one.required);
  const query = given.length ? `?${given.map((/** @type {any} */ one) => `${one.name}=…`).join("&")}` : "";
  const address = new URL(`..${path}${query}`, location.href).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  const key = about.security ? ` -H "Authorization: Bearer $KEY"` : "";
  const json = about.requestBody?.content["application/json"] ? ` -H "Content-Type: application/json" -d '{…}'` : "";
  return `curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`}${key}${json} "${decodeURI(address)}"`;
}

/** @param {[string, any]} answer @param {Record<string, any>} known */
function answered([status, { description, content }], known) {
  const [kind, one] = Object.entries(content ?? {})[0] ?? ["", {}];
  const data = one?.schema?.properties?.data ?? one?.schema ?? {};
  const inside = data.$ref?.endsWith("/Failure") ? null : fields(data, known);
  return h("li", {}, h("code", {}, status), " ", ...marked(description), " ", kind !== "application/json" && h("span", { class: "type" }, kind), inside);
}

/** @param {Operation} operation @param {Record<string, any>} known */
function drawn(operation, known) {
  const { method, path, about } = operation;
  const body = /** @type {any} */ (Object.entries(about.requestBody?.content ?? {})[0]);
  const parameters = (about.parameters ?? []).map((/** @type {any} */ one) =>
    field(one.name, { ...one.schema, description: one.description }, one.required, known),
  );
  return h(
    "details",
    { id: about.operationId },
    h("summary", {}, h("b", { class: method }, method.toUpperCase()), h("code", {}, path), h("span", {}, ...marked(about.summary))),
    about.description && h("p", {}, ...marked(about.description)),
    h("p", { class: "type" }, about.security ? `${about["x-role"]} · ${Object.values(about.security[0])[0]}` : words.open),
    ...part(words.takes, parameters.length ? h("ul", { class: "fields" }, ...parameters) : null),
    ...part(words.body, body ? h("div", {}, h("span", { class: "type" }, body[0]), fields(body[1].schema, known)) : null),
    ...part(words.answers, h("ul", { class: "fields" }, ...Object.entries(about.responses).map((one) => answered(one, known)))),
    ...part(words.try, h("pre", { tabindex: "0" }, command(operation))),
  );
}

/** Open what the address names. */
function follow() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(named instanceof HTMLDetailsElement)) return;
  named.open = true;
  named.scrollIntoView();
}

/** @param {Record<string, any>} description */
function draw(description) {
  /** @type {Map<string, Operation[]>} */
  const domains = new Map();
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, about] of Object.entries(/** @type {Record<string, any>} */ (methods))) {
      const domain = about.tags[0];
      domains.set(domain, [...(domains.get(domain) ?? []), { method, path, about }]);
    }
  }
  const known = description.components.schemas;
  const sections = [...domains].map(([domain, operations]) =>
    h("section", {}, h("h2", {}, domain), ...operations.map((operation) => drawn(operation, known))),
  );
  const none = h("p", { role: "status" });
  const search = h("input", { type: "search", placeholder: words.search, "aria-label": words.search });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const section of sections) {
      const all = [...section.querySelectorAll("details")];
      for (const one of all) one.hidden = !one.querySelector("summary")?.textContent?.toLowerCase().includes(wanted);
      section.hidden = all.every((one) => one.hidden);
    }
    none.textContent = sections.every((section) => section.hidden) ? words.none : "";
  });
  main.replaceChildren(h("p", {}, words.lead, " ", h("a", { href: "openapi.json" }, "openapi.json"), "."), search, none, ...sections);
  main.addEventListener("toggle", ({ target }) => {
    if (target instanceof HTMLDetailsElement && target.open) history.replaceState(null, "", `#${target.id}`);
  }, true);
  addEventListener("hashchange", follow);
  follow();
}

const other = /** @type {HTMLButtonElement} */ (document.getElementById("language"));
document.documentElement.lang = chinese ? "zh-Hans" : "en";
other.textContent = words.other;
other.lang = chinese ? "en" : "zh-Hans";
other.addEventListener("click", () => {
  savePreferences({ interface: chinese ? "en" : "zh" });
  location.reload();
});

try {
  draw(await (await fetch("openapi.json")).json());
} catch {
  main.replaceChildren(h("p", { role: "alert" }, words.unreachable));
}
