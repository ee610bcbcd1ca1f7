// The people and courses that most tests begin with. Each test file makes its own, so that none finds another's traces.
let worlds = 0;

const PEOPLE = [
  ["ana", "Ana", "Sousa"],
  ["bruno", "Bruno", "O'Silva"],
  ["carla", "Carla 🌻", "Nunes"],
  ["daniel", "دانيال", "الكوستا"],
  ["eva", "Eva Maria Antónia Fernanda de Albuquerque", "e Vasconcelos Teixeira de Magalhães Coutinho"],
  ["frank", "Frank", "<img src=x onerror=alert(1)>"],
];

/** Names as Moodle shows them. */
export const NAMES = Object.fromEntries(PEOPLE.map(([slug, first, last]) => [slug, `${first} ${last}`]));

/**
 * Makes Algebra (everybody but Daniel; Ana teaches), Biology (Carla and Daniel) and Chemistry in separate groups (red:
 * Bruno; blue: Carla; both: Ana, who teaches), with logins and titles that
 * no other campus has. Gives their ids, and `login(slug)`.
 */
export async function campus(site, { mark = `${process.pid}x${worlds++}` } = {}) {
  const login = (slug) => slug + mark;
  const name = (title) => `${title} ${mark}`.trim();
  const member = (slug, more = {}) => ({ user: login(slug), ...more });
  const made = await site.seed({
    users: PEOPLE.map(([slug, firstname, lastname]) => ({ username: login(slug), firstname, lastname })),
    courses: [
      {
        shortname: name("Algebra"),
        modules: ["page", "forum", "quiz"],
        members: [member("ana", { role: "editingteacher" }), ...["bruno", "carla", "eva", "frank"].map((slug) => member(slug))],
      },
      { shortname: name("Biology"), modules: ["page"], members: [member("carla"), member("daniel")] },
      {
        shortname: name("Chemistry"),
        groupmode: 1,
        groups: ["red", "blue"],
        members: [
          member("ana", { role: "editingteacher" }),
          member("bruno", { groups: ["red"] }),
          member("carla", { groups: ["blue"] }),
        ],
      },
    ],
  });
  const users = Object.fromEntries(PEOPLE.map(([slug]) => [slug, made.users[login(slug)]]));
  const course = (title) => {
    const { enrolments, ...more } = made.courses[name(title)];
    const by = Object.fromEntries(PEOPLE.filter(([slug]) => login(slug) in enrolments).map(([slug]) => [slug, enrolments[login(slug)]]));
    return { ...more, title: name(title), path: `/course/view.php?id=${more.id}`, enrolments: by };
  };
  return { login, users, algebra: course("Algebra"), biology: course("Biology"), chemistry: course("Chemistry") };
}
