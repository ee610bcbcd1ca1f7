/** The states of the gallery: what a core would tell in each, so that the real elements can be looked at. */
import { folded, hasWords } from "../src/words.js";
import { passes } from "../src/elements/sections.js";
import type { Command, ConversationView, EntryView, Face, FoundPerson, HitView, MemberView, MessageView, ReactionView, RosterPerson, Update, WindowView } from "../src/view.js";
import { ARABIC_WORDS, LONG_WORDS, WORDS, type Said } from "./formatted.js";

const ME = 1;
const MINUTE = 60_000;
/** Noon of the browser's day: screenshots do not depend on when they are taken. */
const NOW = new Date().setHours(12, 34, 0, 0);

const NAMES = [
  "Ana Sousa",
  "Bruno Silva",
  "Carla Nunes",
  "Conor O'Brien",
  "<img src=x onerror=alert(1)>",
  "ليلى حسن",
  "Maria da Conceição Vasconcelos de Albuquerque e Menezes Figueiredo",
  "🦊 Felix",
  "דנה כהן",
  "李小龍",
  "Zoë van der Berg",
  "Łukasz Żółć",
];
const FIRST = ["Inês", "Tiago", "Sofia", "Rui", "Marta", "João", "Beatriz"];
const LAST = ["Ferreira", "Costa", "Oliveira", "Martins"];

function person(id: number, name: string, more: Partial<RosterPerson> = {}): RosterPerson {
  return {
    id,
    conversation: `1-${id}`,
    name,
    picture: null,
    profileUrl: `/user/${id}`,
    role: "student",
    shares: ["c7"],
    circles: ["Algebra"],
    status: "online",
    ...more,
  };
}

export function people(count: number): RosterPerson[] {
  return Array.from({ length: count }, (_, index) => {
    const spare = index - NAMES.length;
    const name = NAMES[index] ?? `${FIRST[spare % FIRST.length]} ${LAST[spare % LAST.length]}`;
    const circles = index % 3 === 0 ? ["Algebra", "History of Mathematics in the Iberian Peninsula"] : ["Algebra"];
    const picture = index === 1 ? "/face.svg" : index === 2 ? "/missing.png" : null;
    return person(index + 2, name, { circles, picture, role: index < 2 ? "teacher" : "student" });
  });
}

function arabic(): RosterPerson[] {
  const names = ["ليلى حسن", "عمر الفاروق", "دنا كوهين", "Ana Sousa", "سارة بنت محمد", "يوسف إبراهيم"];
  return names.map((name, index) =>
    person(index + 2, name, { circles: ["الجبر"], role: index === 0 ? "teacher" : "student" }),
  );
}

function windowOf(of: RosterPerson, more: Partial<WindowView> = {}): WindowView {
  const { id, name, picture, profileUrl } = of;
  return {
    conversation: of.conversation,
    kind: "direct",
    title: name,
    contact: { id, name, picture, profileUrl, status: "online" },
    ...PLAIN,
    ...more,
  };
}

const PLAIN = {
  state: "open",
  mentions: 0,
  unread: 0,
  draft: "",
  typing: [],
  writing: "yes",
  verbs: { edit: true, delete: true, reply: true, react: true, mention: true, flag: true },
} as const satisfies Partial<WindowView>;

/** `mine`: or, in a group, whose it is. */
type Line = [mine: boolean | number, minutesAgo: number, text: string | null, more?: Partial<MessageView>];

function talk(conversation: string, lines: Line[], more: Partial<ConversationView> = {}): Update {
  const messages = lines.map(([mine, ago, text, extra], index): MessageView => ({
    key: `${conversation} ${index}`,
    seq: index + 1,
    sender: mine === true ? ME : mine === false ? 2 : mine,
    mine: mine === true,
    text,
    sentAt: NOW - ago * MINUTE,
    ...extra,
  }));
  const marks = { readSeq: messages.length, seenSeq: messages.length };
  return { kind: "conversation", view: { conversation, messages, older: false, loading: false, late: false, ...marks, ...more } };
}

const LESSON: Line[] = [
  [false, 1500, "Good afternoon! Have you had a look at the exercises for Thursday?"],
  [true, 1498, "Yes, most of them"],
  [true, 1498, "Number 7 is the one I can't get"],
  [false, 30, "Look at https://example.org/algebra/eigenvalues?page=2#proof first, then write to ana@example.org"],
  [false, 30, "It is the same idea:\n  1. take the determinant\n  2. find its roots"],
  [true, 29, "Ahh, of course"],
  [true, 29, "🎉🎉"],
  [false, 2, null],
  [false, 2, "Then see you on Thursday"],
  [true, 1, "See you, and thank you!"],
];

const HOSTILE: Line[] = [
  [false, 20, '<img src=x onerror="alert(1)"> <script>alert(2)</script>'],
  [false, 19, "javascript:alert(3) and http://example.org/" + "averylongpath".repeat(9)],
  [true, 18, "مرحبا، كيف حالك؟ I will be there at 5"],
  [false, 17, "w" + "o".repeat(90) + "w"],
  [true, 3, "Did that arrive?", { delivery: "sent" }],
  [true, 2, "The server said no to this one, and it is long enough to break", { delivery: "failed", failure: "not_allowed", seq: 0 }],
  [true, 0, "On its way", { delivery: "sending", seq: 0 }],
];

const ARABIC: Line[] = [
  [false, 40, "السلام عليكم، هل انتهيت من الواجب؟"],
  [true, 39, "وعليكم السلام، نعم تقريباً"],
  [true, 39, "See https://example.org for السؤال السابع"],
  [false, 5, "ممتاز 👍"],
  [false, 5, "👍👏"],
  [true, 1, "شكراً جزيلاً"],
];

const LATER = NOW + 900 * MINUTE;
const ANSWER = "Because the determinant of a product is the product of the determinants, and one of them is zero here, so the whole is.";

const VERBS: Line[] = [
  [false, 40, "Why is the determinant zero?"],
  [true, 39, ANSWER, { editableUntil: LATER, replyTo: 1, edited: true }],
  [false, 38, "Ah. And if it is not?", { replyTo: 2 }],
  [true, 30, "Then there is an inverse, and you find it by elimination", { editableUntil: LATER, edit: { state: "sending" } }],
  [false, 29, null, { deletedBy: "author" }],
  [true, 28, null, { deletedBy: "me" }],
  [false, 27, null, { deletedBy: "moderator" }],
  [false, 26, "That one was not for you", { replyTo: 5 }],
  [true, 5, "See you on Tuesday", { edit: { state: "failed", text: "See you on Wednesday, in the library, second floor", failure: "too_late" } }],
  [true, 3, "Wrong window, sorry", { deleting: true }],
  [true, 2, "مرحبا، كيف حالك؟ I will be there at 5", { editableUntil: LATER, replyTo: 8 }],
  [false, 1, "👍", { replyTo: 11, edited: true }],
  [true, 0, "On its way", { delivery: "sending", seq: 0, editableUntil: LATER, replyTo: 400 }],
];

/** Messages that are answered, edited, deleted, and all at once. */
function verbs(name = "Conor O'Brien", lines = VERBS): Update[] {
  const list = people(6);
  const [first] = list as [RosterPerson];
  const one = list.find((person) => person.name === name) ?? first;
  const { conversation } = one;
  return [ONLINE, roster(list), dock([windowOf(one, { draft: "A draft" })]), talk(conversation, lines), { kind: "quoted", conversation, seq: 400, message: null }];
}

function roster(list: RosterPerson[], more = false): Update {
  return { kind: "roster", roster: { people: list, known: true, more } };
}

function dock(windows: WindowView[]): Update {
  return { kind: "dock", windows, unread: windows.reduce((sum, window) => sum + window.unread, 0) };
}

const ONLINE: Update = { kind: "line", line: { state: "online" } };
const LOST: Update = { kind: "line", line: { state: "lost" } };

function busy(): Update[] {
  const list = people(40);
  return [ONLINE, roster(list, true)];
}

function three(): Update[] {
  const list = people(6);
  const [ana, bruno, carla, conor] = list as [RosterPerson, RosterPerson, RosterPerson, RosterPerson];
  return [
    ONLINE,
    roster(list),
    dock([
      windowOf(ana),
      windowOf(conor, { state: "minimised", unread: 3 }),
      windowOf(bruno, { typing: [2], draft: "I was just about to" }),
      windowOf(carla, { unread: 2, contact: { ...carla, status: "offline" } }),
    ]),
    talk(ana.conversation, LESSON),
    talk(bruno.conversation, []),
    talk(carla.conversation, HOSTILE.slice(0, 5), { older: true, readSeq: 2 }),
  ];
}

function failed(): Update[] {
  const list = people(3);
  const [ana] = list as [RosterPerson];
  return [ONLINE, roster(list), dock([windowOf(ana)]), talk(ana.conversation, HOSTILE)];
}

function phone(): Update[] {
  const list = people(12);
  const [ana, bruno, carla] = list as [RosterPerson, RosterPerson, RosterPerson];
  return [
    ONLINE,
    roster(list),
    dock([windowOf(bruno, { state: "minimised", unread: 1 }), windowOf(carla, { state: "minimised" }), windowOf(ana)]),
    talk(ana.conversation, LESSON),
  ];
}

function phoneBars(): Update[] {
  const [ana, bruno, carla, conor] = people(4) as [RosterPerson, RosterPerson, RosterPerson, RosterPerson];
  const bars = [ana, conor, carla].map((one) => windowOf(one, { state: "minimised" }));
  return [ONLINE, roster([ana, bruno, carla]), dock([...bars, windowOf(bruno, { state: "minimised", unread: 12 })])];
}

function crowded(): Update[] {
  const list = people(12);
  const windows = list.slice(0, 8).map((one, index) =>
    windowOf(one, { state: index % 3 === 2 ? "minimised" : "open", unread: index === 0 ? 4 : 0 }),
  );
  return [ONLINE, roster(list), dock(windows), ...windows.map((window) => talk(window.conversation, LESSON))];
}

function rtl(): Update[] {
  const list = arabic();
  const [layla, omar, dana] = list as [RosterPerson, RosterPerson, RosterPerson];
  return [
    ONLINE,
    roster(list),
    dock([windowOf(layla), windowOf(dana, { state: "minimised", unread: 2 }), windowOf(omar, { typing: [2] })]),
    talk(layla.conversation, ARABIC),
    talk(omar.conversation, ARABIC.slice(0, 2)),
  ];
}

function tooLong(): Update[] {
  const [ana] = people(1) as [RosterPerson];
  const draft = "All of it. ".repeat(375);
  return [ONLINE, roster([ana]), dock([windowOf(ana, { draft })]), talk(ana.conversation, LESSON, { older: true })];
}

const GROUP = "g-1";
const ROOM = "r-c7";
const SELF: Face = { id: ME, name: "Rui Costa", picture: null, profileUrl: null };
const COURSES = [{ circle: "c7", title: "Algebra" }, { circle: "c8", title: "History of Mathematics in the Iberian Peninsula" }];

function several(kind: "group" | "room", title: string, more: Partial<WindowView> = {}): WindowView {
  return { conversation: kind === "group" ? GROUP : ROOM, kind, title, circle: "c7", ...(kind === "group" ? { members: 6 } : {}), ...PLAIN, ...more };
}

function reaction(emoji: string, count: number, mine = false): ReactionView {
  return { emoji, count, users: [...(mine ? [ME] : []), 2, 3, 4].slice(0, count), mine };
}

const PROJECT: Line[] = [
  [2, 200, null, { system: { kind: "made", users: [ME, 3, 4], title: "Project 3" } }],
  [2, 190, "Here we are. Who takes the introduction?", { reactions: [reaction("👍", 3, true), reaction("🎉", 1)] }],
  [true, 189, "I do", { reactions: [reaction("❤️", 14)] }],
  [2, 188, null, { system: { kind: "added", users: [5, 6, 7] } }],
  [3, 60, "@Rui Costa can you send me the draft? @Ana Sousa has the figures", { mentions: [ME, 2] }],
  [3, 60, "By tonight if you can"],
  [4, 59, "I read it on the train", { replyTo: 5 }],
  [true, 58, "@Bruno Silva: of course", { mentions: [3], replyTo: 5 }],
  [true, 57, null, { system: { kind: "renamed", users: [], title: "Project 3: eigenvalues" } }],
  [6, 10, "<b>Look</b> at this, all of you"],
  [6, 10, "and at this"],
  [8, 9, "Who is that?", { reactions: [reaction("😂", 2), reaction("😮", 1), reaction("😢", 1), reaction("👍", 1, true)] }],
  [3, 8, null, { system: { kind: "removed", users: [6] } }],
  [7, 7, null, { deletedBy: "author" }],
  [7, 6, null, { system: { kind: "left", users: [] } }],
  [true, 2, "Sent it"],
];

function project(lines = PROJECT, more: Partial<WindowView> = {}): Update[] {
  const list = people(8);
  return [
    ONLINE,
    roster(list),
    { kind: "courses", courses: COURSES },
    { kind: "rooms", rooms: ROOMS },
    { kind: "blocked", users: [6] },
    dock([several("group", "Project 3: eigenvalues", { typing: [2, 3], ...more })]),
    { kind: "people", conversation: GROUP, people: [SELF, ...list] },
    talk(GROUP, lines),
  ];
}

const ROOMS = [
  { title: "Algebra", unread: true, mentions: 2 },
  { title: "History of Mathematics in the Iberian Peninsula, second semester", unread: true, mentions: 0 },
  { title: "<i>Physics</i>: group A", unread: false, mentions: 0 },
  { title: "الجبر", unread: false, mentions: 0 },
].map((room, index) => ({ conversation: index === 0 ? ROOM : `r-c${8 + index}`, writing: "yes" as const, announcements: false, ...room }));

/** Windows of all kinds, open and as bars, of which each has something waiting. */
function kinds(): Update[] {
  const [ana, bruno, carla] = people(8) as [RosterPerson, RosterPerson, RosterPerson];
  const list = people(8);
  const bars: WindowView[] = [
    windowOf(ana, { state: "minimised", unread: 3 }),
    { ...several("group", "Project 3: eigenvalues and what they are good for", { state: "minimised", unread: 12, mentions: 1 }), conversation: "g-2" },
    { ...several("room", "Physics", { state: "minimised", unread: 2, mentions: 2 }), conversation: "r-c9" },
    { ...several("room", "History", { state: "minimised", unread: 1 }), conversation: "r-c8" },
  ];
  return [
    ONLINE,
    roster(list),
    { kind: "courses", courses: COURSES },
    { kind: "rooms", rooms: ROOMS },
    dock([...bars, several("room", "Algebra", { announcements: true, writing: "no" }), windowOf(bruno, { typing: [3] })]),
    { kind: "people", conversation: ROOM, people: [SELF, ...list] },
    talk(ROOM, [
      [3, 90, "The test is on Thursday, in room 4.", { reactions: [reaction("👍", 22), reaction("😢", 3, true)] }],
      [carla.id, 89, "Until which chapter?"],
      [3, 88, null, { system: { kind: "announcements", users: [], on: true } }],
      [3, 60, "Until the fifth. Bring a calculator, and nothing else."],
    ]),
    talk(bruno.conversation, LESSON),
  ];
}

function members(): Update {
  const list = people(8).slice(0, 5);
  const full = [SELF, ...list].map(({ id, name, picture, profileUrl }, index): MemberView => ({
    id, name, picture, profileUrl, status: index % 3 === 2 ? "offline" : "online", role: index === 1 ? "teacher" : "student", maker: id === ME, readSeq: index < 4 ? 16 : 0,
  }));
  return { kind: "members", conversation: GROUP, members: full };
}

function projectRtl(): Update[] {
  const list = arabic();
  const [layla, omar] = list as [RosterPerson, RosterPerson];
  return [
    ONLINE,
    roster(list),
    { kind: "courses", courses: [{ circle: "c7", title: "الجبر" }] },
    { kind: "rooms", rooms: ROOMS },
    dock([several("group", "مشروع الجبر", { typing: [2] }), several("room", "الجبر", { state: "minimised", unread: 1, mentions: 1 })]),
    { kind: "people", conversation: GROUP, people: [{ ...SELF, name: "رامي" }, ...list] },
    talk(GROUP, [
      [layla.id, 60, null, { system: { kind: "made", users: [ME, 3, 4], title: "مشروع الجبر" } }],
      [layla.id, 40, "السلام عليكم، هل انتهيتم من الواجب؟", { reactions: [reaction("👍", 3, true), reaction("🎉", 1)] }],
      [true, 39, "@عمر الفاروق وعليكم السلام", { mentions: [omar.id], replyTo: 2 }],
      [omar.id, 38, "@رامي ممتاز", { mentions: [ME] }],
    ]),
  ];
}

const DAY = 1440;

function entry(of: RosterPerson, ago: number, text: string, more: Partial<EntryView> = {}): EntryView {
  const { id, name, picture, profileUrl, conversation } = of;
  const mine = ago % 2 === 1;
  return {
    conversation, kind: "direct", title: name, contact: { id, name, picture, profileUrl, status: id % 3 === 0 ? "offline" : "online" },
    writing: "yes", unread: 0, mentions: 0, last: { seq: 9, sender: mine ? ME : id, mine, text, sentAt: NOW - ago * MINUTE }, ...more,
  };
}

const SAID = [
  "See you on Thursday, and thank you!",
  "Look at https://example.org/algebra/eigenvalues?page=2#proof first",
  "مرحبا، كيف حالك؟",
  "🎉🎉",
  "<b>Look</b> at this",
  "ok",
];

/** So many conversations, of which the first ones have all that a row can show. */
export function list(count: number): EntryView[] {
  const all = people(count).map((one, index) => entry(one, 3 + index * index * 37, SAID[index % SAID.length] ?? ""));
  const [ana, bruno, carla, , , layla, maria] = all;
  if (ana === undefined || bruno === undefined || carla === undefined || layla === undefined || maria === undefined) return all;
  ana.unread = 3;
  bruno.pinned = true;
  layla.unread = 100;
  maria.muted = true;
  maria.unread = 12;
  const group: EntryView = {
    conversation: "g-2", kind: "group", title: "Project 3: eigenvalues and what they are good for", circle: "c7", members: 6, writing: "yes", unread: 12, mentions: 1,
    last: { seq: 40, sender: 3, mine: false, name: "Bruno Silva", text: "@Rui Costa can you send me the draft?", sentAt: NOW - 20 * MINUTE },
  };
  const room: EntryView = {
    conversation: ROOM, kind: "room", title: "Algebra", circle: "c7", writing: "yes", unread: 2, mentions: 0,
    last: { seq: 4, sender: 4, mine: false, name: "Carla Nunes", text: "Until which chapter?", sentAt: NOW - DAY * MINUTE },
  };
  return [bruno, ana, group, room, ...all.filter((one) => one !== bruno && one !== ana)];
}

function archived(): EntryView[] {
  return people(20).slice(14).map((one, index) => entry(one, DAY * (30 + index), SAID[index] ?? "", { archived: true }));
}

const LISTS: Readonly<Record<string, () => EntryView[]>> = { empty: () => [], finding: () => list(12), rooms: () => list(12), crowd: () => list(2_000), findingrtl: () => arabic().map((one, index) => entry(one, 3 + index * 900, SAID[index] ?? "", { unread: index < 2 ? 3 : 0 })), phone: () => list(12), bars: () => list(12), kinds: () => list(6), busy: () => list(50) };

/** What a core would answer. */
export function answers(state: string, command: Command): Update[] {
  const entries = LISTS[state]?.() ?? [];
  if (command.kind === "list") return [{ kind: "list", entries: entries.slice(0, 50), known: true, more: entries.length > 50, flags: true }];
  if (command.kind === "sift") {
    const { filter } = command;
    return [{ kind: "sifted", filter, entries: [...entries, ...archived()].filter((one) => passes(one, filter)).slice(0, 50), more: false, append: false }];
  }
  if (command.kind === "search" && command.text !== "") {
    const found = people(60).filter(({ name }) => hasWords(name, command.text)).map((one, index): FoundPerson => ({ ...one, status: index % 2 === 0 ? "online" : "offline" }));
    return [{ kind: "found", text: command.text, people: found.slice(0, 20), more: false, append: false }];
  }
  if (command.kind === "find") {
    const said = entries.flatMap(({ conversation, kind, title, last }) => (last === undefined ? [] : [{ conversation, kind, title, last }]));
    const hits = said
      .filter(({ last }) => folded(last.text).split(/[^\p{L}\p{N}]+/u).some((word) => word.startsWith(folded(command.text))))
      .map(({ conversation, kind, title, last: { seq, sender, mine, name = title, sentAt, text } }): HitView => ({ conversation, kind, title, seq, sender, mine, name, sentAt, text }));
    return [{ kind: "hits", act: command.act, hits: hits.slice(0, 20), next: null }];
  }
  return [];
}

function finding(count: number): Update[] {
  const online = people(count).map((one, index) => ({ ...one, circles: index % 4 === 0 ? ["History of Mathematics in the Iberian Peninsula"] : one.circles }));
  const [ana, bruno] = online as [RosterPerson, RosterPerson];
  return [
    ONLINE,
    roster(online, count > 100),
    { kind: "courses", courses: COURSES },
    { kind: "rooms", rooms: ROOMS },
    dock([windowOf(ana, { state: "minimised", unread: 3 }), windowOf(bruno)]),
    talk(bruno.conversation, LESSON),
  ];
}

/** Two talks with such texts. */
function words(list: RosterPerson[], first: readonly Said[], second: readonly Said[]): Update[] {
  const [one, other] = list as [RosterPerson, RosterPerson];
  const lines = (said: readonly Said[]): Line[] => said.map(([mine, text, replyTo], at) => [mine, 40 - at, text, replyTo === undefined ? {} : { replyTo }]);
  return [ONLINE, roster(list), dock([windowOf(one), windowOf(other)]), talk(one.conversation, lines(first)), talk(other.conversation, lines(second))];
}

export const STATES: Readonly<Record<string, () => Update[]>> = {
  connecting: () => [],
  empty: () => [ONLINE, roster([])],
  busy,
  three,
  failed,
  crowded,
  long: tooLong,
  lost: () => [...three(), LOST],
  stopped: () => [...three(), { kind: "line", line: { state: "stopped", reason: "logged_out" } }],
  loading: () => {
    const [ana] = people(1) as [RosterPerson];
    const view = { conversation: ana.conversation, messages: [], older: false, loading: true, late: false, readSeq: 0, seenSeq: 0 };
    return [ONLINE, roster([ana]), dock([windowOf(ana)]), { kind: "conversation", view }];
  },
  verbs,
  verbsrtl: () => {
    const [layla] = arabic() as [RosterPerson];
    const lines: Line[] = [
      ...ARABIC,
      [false, 1, "See https://example.org for the seventh question", { replyTo: 1 }],
      [true, 0, "شكراً", { replyTo: 7, edited: true, editableUntil: LATER }],
    ];
    return [ONLINE, roster(arabic()), dock([windowOf(layla)]), talk(layla.conversation, lines)];
  },
  verbslong: () => {
    const long = "All of it, once more. ".repeat(186);
    return verbs("Maria", [[false, 9, long], [true, 8, long, { replyTo: 1, editableUntil: LATER, edited: true }], [false, 7, "w".repeat(400), { replyTo: 2 }], [true, 6, "ok", { replyTo: 3 }]]);
  },
  project: () => project(),
  members: () => [...project(), members()],
  three_reactions: () => project([[2, 5, "Done!", { reactions: [reaction("👍", 3, true), reaction("🎉", 1, true), reaction("❤️", 1, true)] }]]),
  left: () => project(PROJECT, { writing: "no", left: true, typing: [] }),
  newroom: () => [ONLINE, roster(people(3)), dock([several("room", "Algebra", { moderates: true })]), talk(ROOM, [])],
  kinds,
  finding: () => finding(12),
  crowd: () => finding(200),
  nobody: () => [ONLINE, roster([]), { kind: "courses", courses: COURSES }],
  findingrtl: () => [...projectRtl()],
  projectrtl: projectRtl,
  words: () => words(people(2), WORDS, LONG_WORDS),
  wordsrtl: () => words(arabic(), ARABIC_WORDS, WORDS.slice(0, 3)),
  phone,
  bars: phoneBars,
  rtl,
};
