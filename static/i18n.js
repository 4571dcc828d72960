/** The page's words in both languages; a view that is opened later brings its own. So do texts of characters and the server. */
import { preferences, savePreferences } from "./preferences.js";

/** @typedef {Record<"en" | "zh", Record<string, string>>} Tables */

/** @type {Tables} */
export const TABLES = {
  en: {
    "other.language": "中文",
    "other.label": "切换到中文",
    skip: "Skip to the conversation",
    welcome: "Pick someone. Say hello.",
    cast: "Characters",
    search: "Search",
    "search.none": "Nobody by that name.",
    talk: "Talk",
    sample: "Hear {name}",
    "sample.short": "Hear the voice",
    "sample.stop": "Stop the sample",
    "sample.none": "No sample to hear right now.",
    about: "Ask about",
    "spoken.language": "Language",
    en: "English",
    zh: "Chinese",
    "hears.none": "Voice recognition is not installed here. Type, and you will be answered aloud.",
    "hears.only": "Voice recognition here understands {known} only. Type in {language} and you will be answered aloud.",
    and: " and ",
    "hears.short": "Type in {language}",
    advice: "What would make it better",
    starter: "Fetched in the background",
    "starter.fetching": "Better hearing and voices are on their way. You can talk meanwhile.",
    "starter.hears": "{languages} will be understood well.",
    "starter.speaks": "Voices will sound natural in {languages}.",
    "starter.amount": "{percent} % · {done} of {total} MB",
    "starter.from": "What it is and where it comes from",
    "starter.stop": "Stop",
    "starter.stopped": "Better hearing and voices were stopped on their way. What has come is kept.",
    "starter.start": "Get them",
    "starter.failed": "Better hearing and voices did not all arrive. Everything works as before, and it is tried again later.",
    "starter.again": "Try again now",
    "starter.done": "Better hearing and voices are here: from the next talk on.",
    "starter.absent": "",
    "hears.how": "Get better engines",
    dismiss: "Dismiss",
    copy: "Copy",
    copied: "Copied",
    you: "You",
    settings: "Settings",
    places: "Pages",
    people: "Talk",
    characters: "My characters",
    own: "Make your own",
    others: "Find more characters",
    practice: "Practice",
    discover: "Discover",
    history: "History",
    memory: "Memory",
    files: "Files",
    account: "Account",
    "address.unknown": "There is nothing at this address. Perhaps it was deleted, or the address is incomplete.",
    "problem.origin.title": "The server does not know this address",
    "problem.origin.text": "It refuses pages from {origin}. Whoever runs it can allow them: KAIKOU_ALLOWED_ORIGINS={origin}",
    "problem.no-server.title": "The server does not answer",
    "problem.no-server.text": "See whether Kaikou is running, then try again.",
    "problem.key.title": "The server asks for a key",
    "problem.key.text": "Enter the key its operator gave you. It is kept for this tab only.",
    again: "Try again",
    key: "Key",
    continue: "Continue",
  },
  zh: {
    "other.language": "English",
    "other.label": "Switch to English",
    skip: "跳到对话",
    welcome: "选一个人，打个招呼。",
    cast: "角色",
    search: "搜索",
    "search.none": "没有找到这个人。",
    talk: "开口",
    sample: "听听{name}的声音",
    "sample.short": "听听声音",
    "sample.stop": "停止试听",
    "sample.none": "现在没有可以试听的声音。",
    about: "可以聊",
    "spoken.language": "语言",
    en: "英语",
    zh: "中文",
    "hears.none": "这里没有安装语音识别。请打字，对方会出声回答。",
    "hears.only": "这里的语音识别只听得懂{known}。请用{language}打字，对方会出声回答。",
    and: "和",
    "hears.short": "请用{language}打字",
    advice: "怎样更好用",
    starter: "后台下载",
    "starter.fetching": "更好的听力和嗓音正在下载，这期间照常可以聊。",
    "starter.hears": "之后能听懂{languages}。",
    "starter.speaks": "{languages}的嗓音会更自然。",
    "starter.amount": "{percent} % · {done} / {total} MB",
    "starter.from": "都是什么，来自哪里",
    "starter.stop": "停止",
    "starter.stopped": "更好的听力和嗓音已停止下载，已下载的部分会保留。",
    "starter.start": "继续下载",
    "starter.failed": "更好的听力和嗓音没有全部下载成功。一切照旧，稍后会再试。",
    "starter.again": "现在再试",
    "starter.done": "更好的听力和嗓音已就绪，从下一次聊天起使用。",
    "starter.absent": "",
    "hears.how": "换更好的引擎",
    dismiss: "不再显示",
    copy: "复制",
    copied: "已复制",
    you: "你",
    settings: "设置",
    places: "页面",
    people: "聊天",
    characters: "我的角色",
    own: "创建自己的角色",
    others: "发现更多角色",
    practice: "练习",
    discover: "发现",
    history: "历史",
    memory: "记忆",
    files: "文件",
    account: "账户",
    "address.unknown": "这个网址没有内容。也许已经删除，或者网址不完整。",
    "problem.origin.title": "服务器不认识这个网址",
    "problem.origin.text": "它拒绝来自 {origin} 的页面。管理员可以这样放行：KAIKOU_ALLOWED_ORIGINS={origin}",
    "problem.no-server.title": "服务器没有回应",
    "problem.no-server.text": "请看看 Kaikou 是否在运行，再试一次。",
    "problem.key.title": "服务器要一个密钥",
    "problem.key.text": "请输入管理员给你的密钥。它只保留在这个标签页里。",
    again: "再试一次",
    key: "密钥",
    continue: "继续",
  },
};

/** The texts of a view that comes now. @param {Tables} tables */
export function addTexts({ en, zh }) {
  Object.assign(TABLES.en, en);
  Object.assign(TABLES.zh, zh);
}

/** The language of the page. @type {"en" | "zh"} */
export let language = initial();

/** @returns {"en" | "zh"} */
function initial() {
  if (preferences.interface === "en" || preferences.interface === "zh") return preferences.interface;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** @param {"en" | "zh"} choice */
export function setLanguage(choice) {
  language = choice;
  savePreferences({ interface: choice });
}

/** @param {string} key */
export const hasText = (key) => key in TABLES[language];

/** A text, with `{names}` filled in. @param {string} key @param {Record<string, string | number>} [values] */
export function t(key, values = {}) {
  const text = TABLES[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (_match, name) => isolated(String(values[name] ?? "")));
}

/** Text that turns the direction of what stands beside it, in bounds. @param {string} text */
const isolated = (text) => (/[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069]/.test(text) ? `\u2068${text.replace(/[\u2066-\u2069]/g, "")}\u2069` : text);

/** The page's language of a text that comes in both. @param {{ en: string, zh: string }} text */
export const localized = (text) => text?.[language] || text?.en || text?.zh || "";

/** Name of a language. @param {string} code */
export const languageName = (code) => (hasText(code) ? t(code) : code);
