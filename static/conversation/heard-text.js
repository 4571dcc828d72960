/** How much of a line was heard, as text: for captions that light up, for the transcript, and for a session that goes on. Pure. */

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./conversation.js").Line} Line */
/** @typedef {import("./conversation.js").Word} Word */

/**
 * A line in parts as they are to be shown: heard, being said now, still to come, or never heard.
 * @param {Line} line
 * @param {number} heardMs how far it was heard; Infinity for all of it
 * @returns {Part[]}
 */
export function parts(line, heardMs) {
  const rest = line.cutMs === null ? "coming" : "unheard";
  const timed = line.words.map((word) => word.text).join("");
  const at = timed.startsWith(line.text) ? 0 : line.text.indexOf(timed);
  if (timed && at >= 0) {
    // What was said before the first word with a time ends where that begins.
    const head = { text: line.text.slice(0, at), start_ms: 0, end_ms: line.words[0].start_ms };
    /** @type {Part[]} */
    const words = (at ? [head, ...line.words] : line.words).map((word) => ({ text: word.text, mark: markOf(word, heardMs, rest) }));
    const tail = line.text.slice(at + timed.length);
    return spaced(tail ? [...words, { text: tail, mark: heardMs === Infinity ? "heard" : rest }] : words);
  }
  if (heardMs === Infinity || !line.hasAudio) return [{ text: line.text, mark: "heard" }];
  const share = line.totalMs ? Math.min(1, heardMs / line.totalMs) : Number(line.cutMs === null && heardMs > 0);
  const heard = Math.round(share * line.text.length);
  return [
    { text: line.text.slice(0, heard), mark: "heard" },
    { text: line.text.slice(heard), mark: rest },
  ];
}

/**
 * The spaces between parts as parts of their own, so that a mark begins and ends with its word.
 * @typedef {{ text: string, mark: "heard" | "now" | "coming" | "unheard" }} Part
 * @param {Part[]} marked @returns {Part[]}
 */
const spaced = (marked) =>
  marked.flatMap(({ text, mark }, i) => {
    const word = text.trimStart();
    const space = i ? text.slice(0, text.length - word.length) : "";
    const both = mark === marked[i - 1]?.mark && mark !== "now" ? mark : "heard";
    return space ? [{ text: space, mark: both }, { text: word, mark }] : [{ text: word, mark }];
  });

/**
 * What a character does and does not say, "*smiles*", as parts of their own, without the asterisks.
 * @param {Part[]} marked @returns {(Part & { acting?: true })[]}
 */
export const acted = (marked) =>
  marked.flatMap(({ text, mark }) =>
    text
      .split(/(?<![A-Za-z0-9_*])\*(?! )([^*\n]+)(?<! )\*(?![A-Za-z0-9_*])/)
      .map((piece, i) => (i % 2 ? { text: piece, mark, acting: /** @type {true} */ (true) } : { text: piece, mark }))
      .filter((part) => part.text),
  );

/** @param {Word} word @param {number} heardMs @param {"coming" | "unheard"} rest @returns {"heard" | "now" | "coming" | "unheard"} */
function markOf(word, heardMs, rest) {
  if (word.end_ms <= heardMs) return "heard";
  if (word.start_ms >= heardMs) return rest;
  return rest === "unheard" ? "heard" : "now";
}

/**
 * The conversation as items for a new session to begin with.
 * @param {Conversation} state @param {number} [most] lines
 */
export const history = (state, most = 40) =>
  state.lines
    .filter((line) => heardText(line))
    .slice(-most)
    .map((line) => ({
      id: line.id,
      type: "message",
      role: line.role === "user" ? "user" : "assistant",
      content: [{ type: line.role === "user" ? "input_text" : "output_text", text: heardText(line) }],
    }));

/** The part of a line that was heard. @param {Line} line */
export const heardText = (line) =>
  parts(line, line.cutMs ?? Infinity)
    .filter((part) => part.mark !== "unheard")
    .map((part) => part.text)
    .join("")
    .trim();
