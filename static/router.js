/**
 * The addresses of the page's views: behind a `#`, so that no proxy and no server need know them.
 *
 *   #/                          who there is to talk to
 *   #/discover?q=ferry          who else there is, also what others made
 *   #/talk/ID                   one of them, ready to talk
 *   #/practice/ID/report        what is practised, planned, and what came of it; new/interview, new/language, own/ID
 *   #/cards?language=en         what is learnt from corrections; #/progress: how it comes along
 *   #/history?q=rain            what was said, by day or by what is searched for
 *   #/history/ID/LINE           one conversation, at one of its lines
 *   #/characters/ID/versions    one's own characters, how one is written, what it was
 *   #/memory?character=ID       what they know of the person
 *   #/files   #/account/keys   #/settings/server
 *
 * A talk and what comes after it have none: they are gone when the page is left, and say so in `history.state.talk`.
 */

/** @typedef {{ view: string, rest: string[], query: URLSearchParams }} Address `view` is "" for the first one */

/** @param {string} hash as in `location.hash` @returns {Address} */
export function parseAddress(hash) {
  const [path, query] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view, ...rest] = path.split("/").map(decoded);
  return { view, rest: rest.filter(Boolean), query: new URLSearchParams(query ?? "") };
}

/** As it is written, if it is written wrongly. @param {string} part */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** What leads to a view. @param {string[]} parts of the path @param {Record<string, string>} [query] what is empty is left out */
export function hashOf(parts, query = {}) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${asked && `?${asked}`}`;
}

/** Give the view that is shown another address, which neither shows another nor can be gone back from. @param {string} hash */
export const replaceAddress = (hash) => history.replaceState(history.state, "", hash);

/** Show the view of an address. @param {string} hash */
export const go = (hash) => (location.hash = hash);
