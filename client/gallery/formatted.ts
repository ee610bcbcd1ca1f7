/** Texts with light Markdown in them, and what only looks like it, as lines of a talk: whose, what, and what it answers. */
export type Said = [mine: boolean, text: string, replyTo?: number];

const CODE = "```python\ndef det(m):\n    return sum((-1) ** j * m[0][j] * det(minor(m, 0, j)) for j in range(len(m)))\n```";
const MARKS = Array.from({ length: 40 }, (_, at) => `- Person ${at + 1}: **${10 + (at % 11)}**`).join("\n");

export const WORDS: readonly Said[] = [
  [false, "**Important:** the test is on _Thursday_, ~~room 4~~ room 7. See [the notes](https://moodle.example/notes) and https://moodle.example/"],
  [true, "I have:\n1. the draft\n   - two pages\n   - one figure\n2. the **data**\n\nWhat else?"],
  [false, `Try this:\n${CODE}\nand call \`det(a)\` once.`],
  [true, "```npm run check```\nruns **everything**, `size` too"],
  [true, "> Is the determinant zero?\n> > Is it?\n> I think so\n\nYes, it is", 1],
  [false, "2 * 3 * 4, snake_case_name, C:\\*\\x, :-* and $a_1*b_2$ stay"],
  [true, CODE.replace("python", "")],
  [false, "> quoted\n```\nls -l\n```\n[bank.example](https://evil.example/login)"],
];

export const LONG_WORDS: readonly Said[] = [
  [false, "All of it, **once more**. ".repeat(60)],
  [true, `Marks of all:\n${MARKS}`],
  [false, `\`\`\`\n${Array.from({ length: 30 }, (_, at) => `line ${at}: ${"x".repeat(at * 3)}`).join("\n")}\n\`\`\``],
];

export const ARABIC_WORDS: readonly Said[] = [
  [false, "**مهم:** الاختبار يوم _الخميس_ في ~~القاعة 4~~ القاعة 7"],
  [true, "عندي:\n1. المسودة\n   - صفحتان\n2. **البيانات**"],
  [false, "> هل المحدد صفر؟\nنعم، انظر [الملاحظات](https://moodle.example/notes)"],
  [true, "```python\ndef det(m):\n    return m\n```\nثم `det(a)`"],
  [false, "- English first\n- ثم العربية"],
];
