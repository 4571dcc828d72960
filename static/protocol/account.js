/** What the page asks the server of the person's account; the cookie that a log-in sets is out of the page's reach. */
import { askData } from "./api.js";

/** @typedef {"owner" | "operator" | "member" | "guest"} Role */
/**
 * @typedef {object} Account
 * @property {string} id @property {Role} role @property {string} name
 * @property {string | null} email @property {boolean} email_verified @property {string | null} phone
 * @property {boolean} has_password
 * @property {string} created_at
 * @property {number} version
 */
/**
 * @typedef {object} Me who asks, and how one can come in
 * @property {"off" | "optional" | "required"} mode
 * @property {"open" | "closed"} registration
 * @property {boolean} owner_missing whether the owner's account waits for its code
 * @property {boolean} mail whether a forgotten password can be reset by mail
 * @property {{ least: number, most: number }} password
 * @property {boolean} [passkeys] whether they can be made and shown
 * @property {boolean} [questions] whether security questions can be chosen and answered
 * @property {string | null} [sign_on] what the provider of single sign-on is called, if there is one
 * @property {Account | null} account null for whoever has to log in, or to come as a guest
 */
/** @typedef {{ id: string, name: string, hint: string, scopes: string[], created_at: string, used_at: string | null }} Key */
/** @typedef {{ number: number, at: string, person_id: string, action: string, address: string, details: Record<string, any> }} Entry */
/**
 * @typedef {{ id: string, role: Role, name: string, email: string | null, created_at: string, seen_at: string | null,
 *   suspended: boolean, usage: { conversations: number, files: number, file_bytes: number } }} Person as operators see somebody
 */
/** @template T @typedef {{ items: T[], next: string | null }} Page */

const HERE = "api/account";

/** @param {string} path @param {unknown} [body] */
const post = (path, body = {}) => askData(`${HERE}/${path}`, { method: "POST", body });

/** @returns {Promise<Me>} */
export const fetchMe = () => askData(HERE);

export const comeAsGuest = () => askData(`${HERE}/guest`, { method: "POST" });

/** @param {Record<string, string>} sent */
export const logIn = (sent) => post("login", sent);

/** @param {Record<string, string>} sent */
export const register = (sent) => post("register", sent);

/** @param {string} email */
export const forgotPassword = (email) => post("password/forgot", { email });

/** @param {string} token @param {string} password */
export const resetPassword = (token, password) => post("password/reset", { token, password });

/** @typedef {{ offered: string[], chosen: string[], asked: number }} Questions */

/** @returns {Promise<Questions>} */
export const fetchQuestions = () => askData(`${HERE}/questions`);

/** @param {Record<string, string>} answers @param {string} password @returns {Promise<Questions>} */
export const chooseQuestions = (answers, password) => askData(`${HERE}/questions`, { method: "PUT", body: { answers, password } });

/** What is asked of who forgot the password of this account. @param {string} email @returns {Promise<string[]>} */
export const questionsOf = async (email) => (await post("password/questions", { email })).questions;

/** @param {string} email @param {Record<string, string>} answers @param {string} password */
export const answerQuestions = (email, answers, password) => post("password/answers", { email, answers, password });

/** @param {Record<string, string>} sent */
export const changePassword = (sent) => post("password", sent);

/** @param {boolean} everywhere */
export const logOut = (everywhere) => askData(`${HERE}/${everywhere ? "logout-everywhere" : "logout"}`, { method: "POST" });

/** @param {Account} account @param {Record<string, string>} changes @returns {Promise<Account>} */
export const editAccount = ({ version }, changes) =>
  askData(HERE, { method: "PATCH", body: changes, headers: { "If-Match": `"${version}"` } });

/** With everything in it. @param {string} password "" where the account has none */
export const deleteAccount = (password) => askData(HERE, { method: "DELETE", body: { password } });

/** @returns {Promise<Key[]>} */
export const listKeys = () => askData(`${HERE}/keys`);

/** @param {string} name @param {string[]} scopes @returns {Promise<{ key: Key, secret: string }>} */
export const makeKey = (name, scopes) => post("keys", { name, scopes });

/** @param {string} id */
export const revokeKey = (id) => askData(`${HERE}/keys/${encodeURIComponent(id)}`, { method: "DELETE" });

/** Log-ins of a provider that lead to this account. @returns {Promise<{ issuer: string, email: string, linked_at: string }[]>} */
export const listLinks = async () => (await askData(`${HERE}/sign-on/links`)).items;

/** @param {string} issuer */
export const unlink = (issuer) => askData(`${HERE}/sign-on/links?${new URLSearchParams({ issuer })}`, { method: "DELETE" });

/** What happened to the account, or to all. @param {boolean} all @param {string} cursor @returns {Promise<Page<Entry>>} */
export const fetchAudit = (all, cursor) => askData(`${all ? "api/audit" : `${HERE}/audit`}?${new URLSearchParams(cursor ? { cursor } : {})}`);

/** @param {string} cursor @returns {Promise<Page<Person>>} */
export const listPeople = (cursor) => askData(`api/people?${new URLSearchParams(cursor ? { cursor } : {})}`);

/** @param {string} id @param {{ role?: "member" | "operator", suspended?: boolean }} changes @returns {Promise<Person>} */
export const changePerson = (id, changes) => askData(`api/people/${encodeURIComponent(id)}`, { method: "PATCH", body: changes });
