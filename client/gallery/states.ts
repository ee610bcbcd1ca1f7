/** The states of the gallery: what a core would tell in each, so that the real elements can be looked at. */
import type { ConversationView, MessageView, RosterPerson, Update, WindowView } from "../src/view.js";

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
  verbs: { edit: true, delete: true, reply: true, react: true, mention: true },
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
  phone,
  bars: phoneBars,
  rtl,
};
