//! The people of a run, and the host that signs for them. Everything about a person follows from their number.
//!
//! The shapes are those of `protocol/README.md` ("The user token").

use std::{
    net::Ipv4Addr,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use gchat::{
    id::{RightsVersion, SiteId},
    rights::Policy,
    store::{SiteKey, SiteRecord, SiteStore as _, Store as _, sqlite::SqliteStore},
};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The address of the site's pages: the Origin of all sockets.
pub const URL: &str = "https://bench.example";

const ISSUER: &str = "bench";
const KID: &str = "k1";

/// The longest life that the contract allows, seconds.
const TOKEN_SECONDS: u64 = 600;

/// People of an ordinary course who are online at once: of a hundred who are enrolled, about a quarter.
pub const COURSE: u64 = 24;

/// Courses of one person.
pub const COURSES: u64 = 4;

/// People of one faculty, where there are faculties.
const FACULTY: u64 = 1_000;

/// Clients of one address, so that the limit on those who have not signed in is never what is measured.
const PER_ADDRESS: u64 = 40;

/// Odd primes, one for each course of a person but the first: numbers multiplied by them are everywhere.
const SPREAD: [u64; 3] = [7_919, 104_729, 1_299_709];

/// Who shares courses with whom.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Kind {
    /// Everyone is in `COURSES` courses of `COURSE` people each. Neighbours share one.
    University,
    /// The same, in faculties of `FACULTY` people who share courses only among themselves: however many of them have
    /// come, their courses are full.
    Faculties,
    /// Everyone is in one and the same course.
    OneCourse,
}

/// A site with people numbered from 1.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Campus {
    pub kind: Kind,
    pub people: u64,
    secret: Vec<u8>,
}

impl Campus {
    pub fn new(kind: Kind, people: u64) -> Self {
        let secret = [Uuid::new_v4(), Uuid::new_v4()].iter().flat_map(Uuid::as_bytes).copied().collect();
        Self { kind, people, secret }
    }

    /// Makes the database with the site in it, as `gchat site add` does.
    pub async fn found(&self, database: &Path) -> Result<()> {
        let record = SiteRecord {
            site: SiteId(0),
            issuer: ISSUER.into(),
            url: URL.into(),
            origins: vec![URL.into()],
            keys: vec![SiteKey { kid: KID.into(), secret: self.secret.clone(), created_at: 0 }],
            policy: Policy::default(),
            policy_version: RightsVersion(0),
            floor: RightsVersion(0),
        };
        let store = SqliteStore::make(database).await?;
        store.add_site(record).await?;
        store.close().await;
        Ok(())
    }

    /// The courses of a person, by number.
    pub fn courses(&self, user: u64) -> Vec<u64> {
        match self.kind {
            Kind::OneCourse => vec![0],
            Kind::University => spread(user - 1, self.people).to_vec(),
            Kind::Faculties => {
                let (faculty, n) = ((user - 1) / FACULTY, (user - 1) % FACULTY);
                // No number of a course within a faculty is as high.
                spread(n, FACULTY).map(|course| faculty * 10_000_000_000 + course).to_vec()
            }
        }
    }

    /// What the host says of a user: the claims that are also the body of `PUT users/{user}`.
    pub fn rights(&self, user: u64) -> Value {
        let teachers_every = match self.kind {
            Kind::University | Kind::Faculties => COURSE,
            Kind::OneCourse => 500,
        };
        let role = if user % teachers_every == 1 { "teacher" } else { "student" };
        let circles: Vec<Value> = self
            .courses(user)
            .into_iter()
            .map(|course| json!({"id": circle(course), "role": role, "title": format!("Introduction to subject {course}")}))
            .collect();
        json!({
            "rights_version": 1, "name": name(user), "picture": format!("{URL}/pluginfile.php/{user}/user/icon/boost/f2"),
            "profile_url": format!("{URL}/user/profile.php?id={user}"), "lang": "en", "hidden": false,
            "rights": ["chat"], "circles": circles, "blocked": [],
        })
    }

    /// A token for this user, good for ten minutes.
    pub fn token(&self, user: u64) -> String {
        let now = now_us() / 1_000_000;
        let mut claims = json!({
            "iss": ISSUER, "aud": "gchat", "sub": user.to_string(), "sid": format!("login-of-{user}"),
            "jti": Uuid::new_v4(), "iat": now, "nbf": now, "exp": now + TOKEN_SECONDS,
        });
        if let (Value::Object(claims), Value::Object(rights)) = (&mut claims, self.rights(user)) {
            claims.extend(rights);
        }
        let header = Header { kid: Some(KID.into()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&self.secret))
            .expect("plain JSON can be signed with HMAC")
    }
}

/// The courses of the nth of so many people: one with the neighbours, the others with people from everywhere.
fn spread(n: u64, people: u64) -> [u64; COURSES as usize] {
    let groups = people.div_ceil(COURSE).max(1);
    let place = |prime: u64| (n % COURSE * groups + n / COURSE) * prime % (groups * COURSE) / COURSE;
    let [a, b, c] = SPREAD.map(place);
    // A thousand million numbers for each kind of course, so that they never meet.
    [n / COURSE, 1_000_000_000 + a, 2_000_000_000 + b, 3_000_000_000 + c]
}

/// A course's circle.
pub fn circle(course: u64) -> String {
    format!("c{course}")
}

/// Names are spread over the alphabet, whatever the order in which people come.
fn name(user: u64) -> String {
    const FIRST: [&str; 8] = ["Ana", "Bruno", "Chen", "Dalia", "Emeka", "Fatima", "Goran", "Hanna"];
    let scattered = user.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let first = FIRST[usize::try_from(scattered >> 61).unwrap_or(0)];
    let letter = char::from(b'A' + u8::try_from((scattered >> 40) % 26).unwrap_or(0));
    format!("{letter}{:x} {first}", scattered >> 44 & 0xffff)
}

/// Where a user's browser is.
pub fn address(user: u64) -> Ipv4Addr {
    let n = user / PER_ADDRESS;
    let byte = |n: u64| u8::try_from(n % 250).unwrap_or(0) + 2;
    Ipv4Addr::new(127, 60 + u8::try_from(n / 62_500 % 100).unwrap_or(0), byte(n / 250), byte(n))
}

/// Microseconds since 1970 UTC: the clock that all processes of one machine share.
pub fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;

    #[test]
    fn courses_have_their_size_and_neighbours_share_one() {
        let campus = Campus::new(Kind::University, 24 * 50);
        let mut sizes: HashMap<u64, u64> = HashMap::new();
        for user in 1..=campus.people {
            let courses = campus.courses(user);
            assert_eq!(courses.iter().collect::<HashSet<_>>().len() as u64, COURSES);
            courses.into_iter().for_each(|course| *sizes.entry(course).or_default() += 1);
        }
        assert!(sizes.values().all(|size| *size == COURSE), "{sizes:?}");
        for user in (1..campus.people).step_by(2) {
            assert_eq!(campus.courses(user)[0], campus.courses(user + 1)[0]);
        }
    }

    #[test]
    fn faculties_share_nothing_and_their_courses_are_full() {
        let campus = Campus::new(Kind::Faculties, FACULTY * 3);
        let mut courses: HashMap<u64, Vec<u64>> = HashMap::new();
        for user in 1..=campus.people {
            campus.courses(user).into_iter().for_each(|course| courses.entry(course).or_default().push(user));
        }
        for people in courses.values() {
            assert!((COURSE - 8..=COURSE).contains(&(people.len() as u64)), "{people:?}");
            assert!(
                people.iter().all(|user| (user - 1) / FACULTY == (people[0] - 1) / FACULTY),
                "{people:?}"
            );
        }
    }

    #[test]
    fn no_address_has_many_people() {
        let mut counts: HashMap<Ipv4Addr, u64> = HashMap::new();
        (1..=200_000).for_each(|user| *counts.entry(address(user)).or_default() += 1);
        assert!(counts.values().all(|count| *count <= PER_ADDRESS));
    }
}
