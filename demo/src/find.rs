//! Whom somebody may find: everybody with whom they share a circle, online or not, by a part of their name.
//!
//! This is what `client/README.md` asks of a host ("People, online or not"). It knows no page; what somebody may see is
//! decided by the same register that makes their tokens.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

use crate::people::{Course, Person, role};
use crate::{Host, now_seconds};

/// People of one page.
const PAGE: usize = 20;

/// The most circles that are named of a person.
const MOST_CIRCLES: usize = 3;

/// What is typed beyond so many characters is not looked at.
const LONGEST: usize = 100;

/// How often somebody may ask in a minute: more often than anybody types.
const MOST_A_MINUTE: u32 = 120;

/// Letters that Unicode does not decompose, and that everybody types without their stroke.
const PLAIN: [(char, &str); 13] = [
    ('đ', "d"),
    ('ð', "d"),
    ('ħ', "h"),
    ('ı', "i"),
    ('ł', "l"),
    ('ø', "o"),
    ('ŧ', "t"),
    ('ς', "σ"),
    ('’', "'"),
    ('ʼ', "'"),
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
];

/// A person as the answer has them.
#[derive(Debug, Serialize)]
pub(crate) struct Found {
    pub(crate) id: u64,
    name: String,
    picture: Option<String>,
    profile_url: Option<String>,
    role: &'static str,
    circles: Vec<&'static str>,
}

/// A page of them.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    pub(crate) people: Vec<Found>,
    /// What to ask for the next page with; empty at the end.
    pub(crate) next: String,
}

/// How often somebody has asked in this minute.
#[derive(Default)]
pub(crate) struct Asked(Mutex<HashMap<u64, (u64, u32)>>);

impl Asked {
    /// Counts, and says whether it was too often.
    pub(crate) fn too_often(&self, person: u64) -> bool {
        let minute = now_seconds() / 60;
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|_, (of, _)| *of == minute);
        let (_, times) = asked.entry(person).or_insert((minute, 0));
        *times += 1;
        *times > MOST_A_MINUTE
    }
}

/// People whose name has all words of a text, by name.
pub(crate) fn search(host: &Host, me: &Person, text: &str, next: &str) -> Answer {
    let text = fold(&text.chars().take(LONGEST).collect::<String>());
    let words: Vec<&str> = text.split_whitespace().collect();
    let after = place(next);
    let mut people: Vec<(String, Person, Vec<Course>)> = host
        .everybody()
        .map(|person| (fold(&person.name), person))
        .filter(|(name, _)| words.iter().all(|word| name.contains(word)))
        .filter(|(name, person)| after.as_ref().is_none_or(|after| (name, person.id) > (&after.0, after.1)))
        .filter_map(|(name, person)| {
            let shared = shared(host, me, &person);
            (!shared.is_empty()).then_some((name, person, shared))
        })
        .collect();
    people.sort_by(|one, other| (&one.0, one.1.id).cmp(&(&other.0, other.1.id)));
    let more = people.len() > PAGE;
    people.truncate(PAGE);
    let next = match people.last() {
        Some((name, person, _)) if more => URL_SAFE_NO_PAD.encode(format!("{} {name}", person.id)),
        _ => String::new(),
    };
    Answer { people: people.iter().map(|(_, person, courses)| found(host, person, courses)).collect(), next }
}

/// One person, if they may be found.
pub(crate) fn one(host: &Host, me: &Person, id: u64) -> Option<(Person, Found)> {
    let person = host.person(id)?;
    let shared = shared(host, me, &person);
    (!shared.is_empty()).then(|| {
        let found = found(host, &person, &shared);
        (person, found)
    })
}

/// The courses in which two people see each other; nobody finds themselves.
fn shared(host: &Host, me: &Person, person: &Person) -> Vec<Course> {
    if me.id == person.id { Vec::new() } else { host.shared(me, person) }
}

fn found(host: &Host, person: &Person, courses: &[Course]) -> Found {
    let rights = host.rights(person, "en");
    let teaches = courses.iter().any(|course| role(*course, person) == "teacher");
    Found {
        id: person.id,
        name: rights.name,
        picture: rights.picture,
        profile_url: rights.profile_url,
        role: if teaches { "teacher" } else { "student" },
        circles: courses.iter().take(MOST_CIRCLES).map(|course| course.title()).collect(),
    }
}

/// The folded name and the id after which a page begins.
fn place(next: &str) -> Option<(String, u64)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(next).ok()?).ok()?;
    let (id, name) = text.split_once(' ')?;
    Some((name.to_owned(), id.parse().ok()?))
}

/// A text as names are compared: decomposed, without combining marks, in lower case, as the server's own search does it,
/// and with plain letters for those that Unicode does not decompose.
fn fold(text: &str) -> String {
    let mark = |c: &char| c.general_category() == GeneralCategory::NonspacingMark;
    let folded: String = text.nfkd().filter(|c| !mark(c)).collect::<String>().to_lowercase();
    let mut plain = String::with_capacity(folded.len());
    for c in folded.chars() {
        match PLAIN.iter().find(|(letter, _)| *letter == c) {
            Some((_, letters)) => plain.push_str(letters),
            None => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_accents_composed_or_not() {
        for (typed, name) in [
            ("joao", "João Álvares"),
            ("ALVARES", "João Álvares"),
            ("a\u{301}lv", "João Álvares"),
            ("zoe", "Zoe\u{308} Nu\u{301}n\u{303}ez"),
            ("zoë núñez", "Zoe\u{308} Nu\u{301}n\u{303}ez"),
            ("lukasz", "Łukasz Wójcik"),
            ("ŁUK", "Łukasz Wójcik"),
            ("o'brien", "Liam O’Brien"),
            ("o’brien", "Seán O'Brien"),
            ("strauss", "Strauß"),
            ("김", "김민준"),
            ("παππα", "Θεοδώρα Παππά"),
        ] {
            let [typed, name] = [typed, name].map(fold);
            assert!(typed.split_whitespace().all(|word| name.contains(word)), "{typed} in {name}");
        }
        assert!(!fold("Joana").contains(&fold("joao")));
    }

    #[test]
    fn who_asks_too_often_waits() {
        let asked = Asked::default();
        let often = (0..=MOST_A_MINUTE).map(|_| asked.too_often(2)).filter(|often| *often).count();
        // A minute may end in between.
        assert!(often <= 1 && !asked.too_often(3), "{often}");
    }

    #[test]
    fn what_no_answer_gave_begins_anew() {
        for next in ["", "x", "%", "YWJj", "-5"] {
            assert_eq!(place(next), None, "{next}");
        }
        assert_eq!(place(&URL_SAFE_NO_PAD.encode("12 zoe nunez")), Some(("zoe nunez".to_owned(), 12)));
    }
}
