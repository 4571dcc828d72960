/** What was said: the list of conversations, or one of them. */
import { conversation } from "./conversation.js";
import { list } from "./list.js";
import "./texts.js";

/** @param {HTMLElement} root @param {import("../../app.js").PageContext} page */
export const open = (root, page) => (page.address.rest.length ? conversation(root, page) : list(root, page));
