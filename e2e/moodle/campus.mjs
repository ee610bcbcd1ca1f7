// The people and courses that most tests begin with. Each test file makes its own, so that none finds another's traces.
let worlds = 0;

const PEOPLE = [
  ["ana", "Ana", "Sousa"],
  ["bruno", "Bruno", "O'Silva"],
  ["carla", "Carla 🌻", "Nunes"],
  ["daniel", "دانيال", "الكوستا"],
  ["eva", "Eva Maria Antónia Fernanda de Albuquerque", "e Vasconcelos Teixeira de Magalhães Coutinho"],
  ["frank", "Frank \"onload=alert(1)", "{{x}} ${y}"],
  ["gil", "Gil", "Vermelho"],
  ["hana", "Hana", "Vermelha"],
  ["ines", "Inês", "Azul"],
  ["jorge", "Jorge", "Professor"],
];

/** Names as Moodle shows them. */
export const NAMES = Object.fromEntries(PEOPLE.map(([slug, first, last]) => [slug, `${first} ${last}`]));

/**
 * Makes three courses, with logins and titles that no other campus has:
 * Algebra: Ana teaches; Bruno, Carla, Eva and Frank;
 * Biology: Carla and Daniel;
 * Chemistry, in separate groups: Jorge teaches; red: Gil and Hana; blue: Inês.
 * Gives `login(slug)`, `users[slug]` (ids), and for each course its id, title, path, groups, modules and enrolments.
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
          member("jorge", { role: "editingteacher" }),
          member("gil", { groups: ["red"] }),
          member("hana", { groups: ["red"] }),
          member("ines", { groups: ["blue"] }),
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
