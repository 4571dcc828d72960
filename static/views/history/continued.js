/** A conversation that was kept, as a talk shows it that goes on with it. */
import { EMPTY } from "../../conversation/conversation.js";

/** @param {import("../../protocol/history.js").KeptLine[]} lines @returns {import("../../conversation/conversation.js").Conversation} */
export const conversationOf = (lines) => ({
  ...EMPTY,
  lines: lines.map(({ id, role, said, heard, interrupted }) => ({
    id,
    role: role === "user" ? "user" : "character",
    text: interrupted ? heard : said,
    words: [],
    final: true,
    typed: false,
    hasAudio: false,
    over: true,
    cutMs: null,
    totalMs: 0,
    responseId: "",
    emotion: "",
    sounds: [],
  })),
});
