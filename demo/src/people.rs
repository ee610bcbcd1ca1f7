//! Who is who on the campus: courses, the four residents whom a visitor can be, the names of the classmates, and those
//! who have never been there.
//!
//! It knows nothing of logins, pages or the chat. Enrolment changes and is the register's; what stands here is where
//! everybody begins.

use serde::{Deserialize, Serialize};

/// The id of the first simulated person; the others follow without gaps.
pub(crate) const FIRST_CLASSMATE: u64 = 100;

/// A course of the campus. Each is one circle of the chat, or has one for each of its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Course {
    /// Ana teaches it.
    Algebra,
    /// Daniel teaches it. Its people see only those of their own seminar.
    History,
}

impl Course {
    /// All courses, in the order in which pages list them.
    pub(crate) const ALL: [Course; 2] = [Course::Algebra, Course::History];

    /// The course in addresses, and the circle's id.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Course::Algebra => "algebra",
            Course::History => "history",
        }
    }

    /// The course's name, and the circle's title.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Course::Algebra => "Algebra",
            Course::History => "History",
        }
    }

    /// The groups in which people see only each other; none: everybody sees everybody.
    pub(crate) fn groups(self) -> &'static [Group] {
        const SEMINARS: [Group; 2] = [
            Group { name: "monday", title: "Monday seminar" },
            Group { name: "thursday", title: "Thursday seminar" },
        ];
        match self {
            Course::Algebra => &[],
            Course::History => &SEMINARS,
        }
    }

    /// The group that somebody is in; none: they see everybody, as whoever teaches the course does.
    pub(crate) fn group(self, person: &Person) -> Option<Group> {
        let groups = self.groups();
        (person.teaches != Some(self) && !groups.is_empty())
            .then(|| groups[(person.id % groups.len() as u64) as usize])
    }

    /// Whether two people who are both in this course see each other.
    pub(crate) fn together(self, one: &Person, other: &Person) -> bool {
        match (self.group(one), self.group(other)) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        }
    }

    /// The other way from [`Course::slug`].
    pub(crate) fn from_slug(slug: &str) -> Option<Course> {
        Course::ALL.into_iter().find(|course| course.slug() == slug)
    }
}

/// A group of a course.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The circle's name within its course.
    pub(crate) name: &'static str,
    /// What its room is called, after the course's title.
    pub(crate) title: &'static str,
}

/// A circle as tokens and snapshots carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Circle {
    id: String,
    role: &'static str,
    title: &'static str,
}

impl Circle {
    /// The circle of a course, as this person holds it.
    pub(crate) fn of(course: Course, person: &Person) -> Circle {
        let id = match course.group(person) {
            Some(group) => format!("{}/{}", course.slug(), group.name),
            None => course.slug().to_owned(),
        };
        Circle { id, role: role(course, person), title: course.title() }
    }
}

/// What somebody is in a course, as the contract calls it.
pub(crate) fn role(course: Course, person: &Person) -> &'static str {
    if person.teaches == Some(course) { "teacher" } else { "student" }
}

/// Somebody of the campus.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// The user id.
    pub(crate) id: u64,
    /// The full name: any text at all, shown as typed.
    pub(crate) name: String,
    /// The course in which this person is a teacher, if any.
    pub(crate) teaches: Option<Course>,
    /// Where this person is enrolled until somebody changes it.
    pub(crate) begins_in: Vec<Course>,
}

/// Somebody whom a visitor can be.
pub(crate) struct Resident {
    /// The user id.
    pub(crate) id: u64,
    /// As in `/demo/as/SLUG`.
    pub(crate) slug: &'static str,
    name: &'static str,
    teaches: Option<Course>,
    begins_in: &'static [Course],
}

/// The four residents. Ana and Daniel share nothing, so they never see each other.
pub(crate) const RESIDENTS: [Resident; 4] = [
    Resident {
        id: 2,
        slug: "ana",
        name: "Ana Sousa",
        teaches: Some(Course::Algebra),
        begins_in: &[Course::Algebra],
    },
    Resident { id: 3, slug: "bruno", name: "Bruno Silva", teaches: None, begins_in: &[Course::Algebra] },
    Resident {
        id: 4,
        slug: "carla",
        name: "Carla Nunes",
        teaches: None,
        begins_in: &[Course::Algebra, Course::History],
    },
    Resident {
        id: 5,
        slug: "daniel",
        name: "Daniel Costa",
        teaches: Some(Course::History),
        begins_in: &[Course::History],
    },
];

/// Somebody who is enrolled and has never opened the chat, nor ever comes by themselves.
pub(crate) struct Newcomer {
    /// The user id.
    pub(crate) id: u64,
    /// As in `/demo/as/SLUG`: a visitor may come as them, to find what was written to them.
    pub(crate) slug: &'static str,
    name: &'static str,
    begins_in: &'static [Course],
}

/// Those who have never been there. The chat server hears of one when somebody opens a chat with them, or when they
/// come. The third name is stored decomposed, as some systems hand names over.
pub(crate) const NEWCOMERS: [Newcomer; 5] = [
    Newcomer { id: 10, slug: "joao", name: "João Álvares", begins_in: &[Course::Algebra] },
    Newcomer { id: 11, slug: "lukasz", name: "Łukasz Wójcik", begins_in: &[Course::Algebra] },
    Newcomer { id: 12, slug: "zoe", name: "Zoe\u{308} Nu\u{301}n\u{303}ez", begins_in: &[Course::Algebra] },
    Newcomer { id: 13, slug: "sean", name: "Seán O'Brien", begins_in: &[Course::Algebra, Course::History] },
    Newcomer { id: 14, slug: "teresa", name: "Teresa Conceição", begins_in: &[Course::History] },
];

impl From<&Newcomer> for Person {
    fn from(newcomer: &Newcomer) -> Person {
        Person {
            id: newcomer.id,
            name: newcomer.name.to_owned(),
            teaches: None,
            begins_in: newcomer.begins_in.to_vec(),
        }
    }
}

/// The person whom a visitor becomes by this address.
pub(crate) fn by_slug(slug: &str) -> Option<Person> {
    let resident = RESIDENTS.iter().find(|resident| resident.slug == slug).map(Person::from);
    resident.or_else(|| NEWCOMERS.iter().find(|newcomer| newcomer.slug == slug).map(Person::from))
}

/// The person with this id, if they are no classmate.
pub(crate) fn by_id(id: u64) -> Option<Person> {
    let resident = RESIDENTS.iter().find(|resident| resident.id == id).map(Person::from);
    resident.or_else(|| NEWCOMERS.iter().find(|newcomer| newcomer.id == id).map(Person::from))
}

impl From<&Resident> for Person {
    fn from(resident: &Resident) -> Person {
        Person {
            id: resident.id,
            name: resident.name.to_owned(),
            teaches: resident.teaches,
            begins_in: resident.begins_in.to_vec(),
        }
    }
}

/// Names that software has stumbled over, mixed with ones that it has not.
const NAMES: [&str; 30] = [
    "Inês Gonçalves",
    "Liam O’Brien",
    "Siobhán Ní D'Arcy",
    "أمينة الخطيب",
    "<img src=x onerror=alert(1)>",
    "王小明",
    "Zoë Müller-Lüdenscheidt",
    "Yuki 🌸 Tanaka",
    "Noah Smith",
    "Nguyễn Thị Minh",
    "Łukasz Żółć",
    "Fatima Zahra",
    "José María de la Cruz y Hernández del Castillo",
    "Bo",
    "שירה כהן",
    "Олена Шевченко",
    "Ayşe Yılmaz",
    "Kwame Nkrumah Jr.",
    "Priya Ramanathan",
    "김민준",
    "Björn Ångström",
    "Sofia Rossi",
    "Teo \"Tank\" Petrov",
    "Mary & Jane",
    "Θεοδώρα Παππά",
    "Chloé Lefèvre",
    "Mateus Oliveira",
    "N'Golo Traoré",
    "ปรีชา สุขใจ",
    "Emma van den Berg",
];

const FIRST_NAMES: [&str; 12] = [
    "Alice", "Benjamin", "Chiara", "Dinis", "Elena", "Farid", "Greta", "Hugo", "Iris", "João", "Kemal",
    "Lena",
];
const LAST_NAMES: [&str; 12] = [
    "Almeida", "Bauer", "Castro", "Dubois", "Eriksen", "Ferrari", "García", "Horvat", "Ivanova", "Jansen",
    "Kowalska", "Lopes",
];

/// The simulated person with this id; the same id is always the same person.
pub(crate) fn classmate(id: u64) -> Option<Person> {
    let index = usize::try_from(id.checked_sub(FIRST_CLASSMATE)?).ok()?;
    let name = match NAMES.get(index) {
        Some(name) => (*name).to_owned(),
        None => {
            let rest = index - NAMES.len();
            let (first, last) = (rest % FIRST_NAMES.len(), rest / FIRST_NAMES.len());
            let (last, round) = (last % LAST_NAMES.len(), last / LAST_NAMES.len());
            let number = if round == 0 { String::new() } else { format!(" {}", round + 1) };
            format!("{} {}{number}", FIRST_NAMES[first], LAST_NAMES[last])
        }
    };
    let begins_in = match index % 4 {
        0 | 2 => vec![Course::Algebra],
        1 => vec![Course::Algebra, Course::History],
        _ => vec![Course::History],
    };
    Some(Person { id, name, teaches: None, begins_in })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn classmates_have_names_of_their_own() {
        let people =
            (0..crate::MAX_CLASSMATES as u64).map(|n| classmate(FIRST_CLASSMATE + n).expect("a classmate"));
        let names: BTreeSet<_> = people.map(|person| person.name).collect();
        assert_eq!(names.len(), crate::MAX_CLASSMATES);
        assert!(names.iter().all(|name| (1..=200).contains(&name.chars().count())));
    }

    #[test]
    fn people_of_two_seminars_see_each_other_only_where_they_share_another_course() {
        let [ana, _, carla, daniel] = [0, 1, 2, 3].map(|n| Person::from(&RESIDENTS[n]));
        let [same, other] = [100, 101].map(|id| classmate(id).expect("a classmate"));
        let id = |course, person| Circle::of(course, person).id;
        assert_eq!(id(Course::History, &carla), "history/monday");
        assert_eq!(id(Course::History, &other), "history/thursday");
        assert_eq!(id(Course::History, &daniel), "history", "who teaches it");
        assert!(Course::History.together(&carla, &same) && !Course::History.together(&carla, &other));
        assert!(Course::History.together(&daniel, &other), "a teacher sees everybody");
        assert!(Course::Algebra.together(&carla, &other) && Course::Algebra.together(&ana, &other));
    }

    #[test]
    fn residents_are_not_classmates() {
        assert!(RESIDENTS.iter().all(|resident| classmate(resident.id).is_none()));
        assert!(NEWCOMERS.iter().all(|newcomer| classmate(newcomer.id).is_none()));
    }
}
