//! The campus's one file: who is signed in, who is enrolled where, the rights version, and the API calls still owed.
//!
//! Every change is on the disk before anybody hears of it, so that a killed campus comes back as it was: a browser
//! stays signed in, a revocation is not forgotten, and a call that the server has not answered is made again. It
//! knows no page and makes no call itself.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::people::{Course, Person};
use crate::signature::TOKEN_SECONDS;
use crate::{now_seconds, random_text, sha256_hex};

/// A login that was not used for this long is over.
pub(crate) const LOGIN_SECONDS: u64 = 30 * 24 * 3600;

/// Above so many logins the oldest end: a campus is open to anybody who can reach it.
const MAX_LOGINS: usize = 1_000;

/// Why the campus's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The operating system refused.
    #[error("cannot use {path}: {source}; choose another folder with --data-dir")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what the campus wrote.
    #[error(
        "{path} is damaged ({source}); move it away to begin anew: only demo logins and enrolments are lost"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where reading stopped.
        source: serde_json::Error,
    },
}

/// One browser that is signed in as somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Who it is.
    pub(crate) person: u64,
    /// Half of what the browser's own copy is encrypted with: on every page of the login.
    #[serde(alias = "key")]
    pub(crate) salt: String,
    /// The other half, and the sign in the browser that the login holds: in cookies, never on a page.
    #[serde(default = "Mark::new")]
    pub(crate) mark: Mark,
    /// When it began, in seconds since 1970.
    since: u64,
}

impl Login {
    /// How many seconds the login has left at `now`.
    pub(crate) fn seconds_left(&self, now: u64) -> u64 {
        (self.since + LOGIN_SECONDS).saturating_sub(now)
    }
}

/// Two secrets that are a login's own: one goes into a cookie that ends with the login's time, one into a cookie that
/// ends with the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    pub(crate) life: String,
    pub(crate) browser: String,
}

impl Mark {
    fn new() -> Mark {
        Mark { life: random_text::<16>(), browser: random_text::<16>() }
    }
}

/// An API call that the server has not answered yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "call")]
pub(crate) enum Call {
    /// Send a fresh snapshot of this person's rights.
    User { user: u64 },
    /// Say that this login has ended.
    Logout { user: u64, sid: String, at: u64 },
}

#[derive(Serialize, Deserialize)]
struct Record {
    /// Rises with every change of anybody's rights, and never falls: it begins at the clock's seconds, so that even
    /// a campus that lost its file is above what the server remembers.
    rights_version: u64,
    /// By `sid`, which is a hash of the cookie: the file signs nobody in.
    logins: BTreeMap<String, Login>,
    /// Only of people whose enrolment was ever changed.
    enrolments: BTreeMap<u64, BTreeSet<Course>>,
    /// What somebody's browsers seal their unsent texts with, over all of their logins.
    #[serde(default)]
    unsent_keys: BTreeMap<u64, String>,
    calls: Vec<Call>,
    /// Whom the server was told of, or will be, since the campus opened. It is not in the file, so that a server whose
    /// database is another is told again after the next start.
    #[serde(skip)]
    introduced: BTreeSet<u64>,
}

/// The file, and what is in it.
pub(crate) struct Register {
    path: PathBuf,
    record: Mutex<Record>,
    /// Wakes whoever makes the calls.
    owed: Notify,
}

impl Register {
    /// Reads the file in this folder, or begins a new one.
    pub(crate) fn open(folder: &Path) -> Result<Register, RegisterError> {
        let path = folder.join("campus.json");
        fs::create_dir_all(folder).map_err(|source| RegisterError::Io { path: folder.to_owned(), source })?;
        let record = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| RegisterError::Damaged { path: path.clone(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Record {
                rights_version: now_seconds(),
                logins: BTreeMap::new(),
                enrolments: BTreeMap::new(),
                unsent_keys: BTreeMap::new(),
                calls: Vec::new(),
                introduced: BTreeSet::new(),
            },
            Err(source) => return Err(RegisterError::Io { path, source }),
        };
        let register = Register { path, record: Mutex::new(record), owed: Notify::new() };
        register.change(|_| ())?;
        Ok(register)
    }

    /// Signs a browser in and gives its cookie, which nobody else ever sees.
    pub(crate) fn sign_in(&self, person: u64) -> Result<String, RegisterError> {
        let cookie = random_text::<32>();
        let now = now_seconds();
        let login = Login { person, salt: random_text::<32>(), mark: Mark::new(), since: now };
        self.change(|record| {
            record.logins.retain(|_, login| login.since + LOGIN_SECONDS > now);
            while record.logins.len() >= MAX_LOGINS {
                let oldest =
                    record.logins.iter().min_by_key(|(_, login)| login.since).map(|(sid, _)| sid.clone());
                let Some(sid) = oldest else { break };
                record.end_login(&sid, now);
            }
            if let Entry::Vacant(first) = record.unsent_keys.entry(person) {
                first.insert(random_text::<32>());
                // What is told of them is more from now on, and a token must not tie with a call of before.
                record.rights_version += 1;
            }
            record.logins.insert(sid_of(&cookie), login);
        })?;
        Ok(cookie)
    }

    /// The login that a cookie stands for, and its `sid`.
    pub(crate) fn login(&self, cookie: &str) -> Option<(String, Login)> {
        let sid = sid_of(cookie);
        let login = self.read().logins.get(&sid).cloned()?;
        (login.seconds_left(now_seconds()) > 0).then_some((sid, login))
    }

    /// The key of a person's unsent texts; empty for somebody who has not signed in since there are such keys.
    pub(crate) fn unsent_key(&self, person: u64) -> String {
        self.read().unsent_keys.get(&person).cloned().unwrap_or_default()
    }

    /// Whether somebody has ever signed in.
    pub(crate) fn has_come(&self, person: u64) -> bool {
        self.read().unsent_keys.contains_key(&person)
    }

    /// Ends a login; the server is told as soon as it can be.
    pub(crate) fn sign_out(&self, cookie: &str) -> Result<(), RegisterError> {
        self.change(|record| record.end_login(&sid_of(cookie), now_seconds()))?;
        self.owed.notify_one();
        Ok(())
    }

    /// The rights version, and the courses in which a person is enrolled at that version.
    pub(crate) fn courses(&self, person: &Person) -> (u64, Vec<Course>) {
        let record = self.read();
        (record.rights_version, record.courses(person).into_iter().collect())
    }

    /// The rights version just now.
    pub(crate) fn version(&self) -> u64 {
        self.read().rights_version
    }

    /// Enrols a person in a course, or takes them out of it; the server is told as soon as it can be.
    pub(crate) fn enrol(&self, person: &Person, course: Course, member: bool) -> Result<(), RegisterError> {
        self.change(|record| {
            let mut courses = record.courses(person);
            let changed = if member { courses.insert(course) } else { courses.remove(&course) };
            if changed {
                record.enrolments.insert(person.id, courses);
                record.rights_version += 1;
                record.owe_user(person.id);
            }
        })?;
        self.owed.notify_one();
        Ok(())
    }

    /// Owes the server a snapshot of this person, whom it may not know: it knows only who has used the chat, and nobody
    /// can write to anybody else. Once since the campus opened.
    pub(crate) fn introduce(&self, person: &Person) -> Result<(), RegisterError> {
        if self.read().introduced.contains(&person.id) {
            return Ok(());
        }
        self.change(|record| {
            if !record.introduced.contains(&person.id) {
                record.owe_user(person.id);
            }
        })?;
        self.owed.notify_one();
        Ok(())
    }

    /// The oldest call that is still owed; waits for one if there is none.
    pub(crate) async fn next_call(&self) -> Call {
        loop {
            let woken = self.owed.notified();
            if let Some(call) = self.read().calls.first().cloned() {
                return call;
            }
            woken.await;
        }
    }

    /// A call is done with. `version` is the one that its snapshot was read at: where the rights have changed since,
    /// another snapshot is owed.
    pub(crate) fn made_call(&self, call: &Call, version: u64) -> Result<(), RegisterError> {
        self.change(|record| {
            let stale = matches!(call, Call::User { .. }) && record.rights_version != version;
            if !stale {
                record.calls.retain(|owed| owed != call);
            }
        })
    }

    fn read(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the record, here and on the disk. The lock is held while the file is written, so that two changes
    /// never cross; the file is some kilobytes.
    fn change<T>(&self, change: impl FnOnce(&mut Record) -> T) -> Result<T, RegisterError> {
        let mut record = self.read();
        let done = change(&mut record);
        self.write(&record).map_err(|source| RegisterError::Io { path: self.path.clone(), source })?;
        Ok(done)
    }

    /// Writes a new file beside the old one and puts it in its place: a power cut leaves one or the other.
    fn write(&self, record: &Record) -> io::Result<()> {
        let new = self.path.with_extension("json.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(&serde_json::to_vec_pretty(record)?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        if let Some(folder) = self.path.parent() {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl Record {
    fn courses(&self, person: &Person) -> BTreeSet<Course> {
        match self.enrolments.get(&person.id) {
            Some(courses) => courses.clone(),
            None => person.begins_in.iter().copied().collect(),
        }
    }

    /// One snapshot tells everything, so a second one is not owed beside it.
    fn owe_user(&mut self, user: u64) {
        let call = Call::User { user };
        self.calls.retain(|owed| *owed != call);
        self.calls.push(call);
        self.introduced.insert(user);
    }

    fn end_login(&mut self, sid: &str, now: u64) {
        // A logout that the server never heard of is no longer worth a call once the login's last token has ended.
        self.calls.retain(|call| !matches!(call, Call::Logout { at, .. } if at + 2 * TOKEN_SECONDS < now));
        if let Some(login) = self.logins.remove(sid) {
            self.calls.push(Call::Logout { user: login.person, sid: sid.to_owned(), at: now });
        }
    }
}

/// The login as tokens name it. The cookie has 256 bits, so a plain hash of it tells nothing.
fn sid_of(cookie: &str) -> String {
    let mut hash = sha256_hex(cookie.as_bytes());
    hash.truncate(32);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::RESIDENTS;

    /// A folder that is gone when the test ends.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Folder {
            Folder(std::env::temp_dir().join(format!("gchat-demo-{}", uuid::Uuid::new_v4())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_login_survives_a_restart_and_ends_with_the_logout() {
        let folder = Folder::new();
        let cookie = Register::open(&folder.0).expect("new").sign_in(2).expect("signed in");
        let register = Register::open(&folder.0).expect("again");
        let (sid, login) = register.login(&cookie).expect("still signed in");
        assert_eq!(login.person, 2);
        assert!((8..=128).contains(&sid.len()) && !sid.contains(&cookie));
        register.sign_out(&cookie).expect("signed out");
        let register = Register::open(&folder.0).expect("once more");
        assert_eq!(register.login(&cookie), None);
        assert!(
            matches!(&register.read().calls[..], [Call::Logout { user: 2, sid: ended, .. }] if *ended == sid)
        );
    }

    #[test]
    fn a_login_of_a_campus_before_the_mark_goes_on() {
        let folder = Folder::new();
        let cookie = Register::open(&folder.0).expect("new").sign_in(2).expect("signed in");
        let file = folder.0.join("campus.json");
        let mut record: serde_json::Value =
            serde_json::from_slice(&fs::read(&file).expect("a file")).expect("JSON");
        let login = &mut record["logins"][sid_of(&cookie)];
        *login = serde_json::json!({"person": 2, "key": login["salt"], "since": login["since"]});
        fs::write(&file, record.to_string()).expect("written");
        let login = |register: &Register| register.login(&cookie).expect("still signed in").1;
        let first = login(&Register::open(&folder.0).expect("again"));
        assert_eq!(
            first.mark,
            login(&Register::open(&folder.0).expect("once more")).mark,
            "the mark it got stays"
        );
    }

    #[test]
    fn the_file_does_not_hold_the_cookie() {
        let folder = Folder::new();
        let cookie = Register::open(&folder.0).expect("new").sign_in(2).expect("signed in");
        let file = fs::read_to_string(folder.0.join("campus.json")).expect("a file");
        assert!(!file.contains(&cookie));
    }

    #[test]
    fn every_change_of_enrolment_raises_the_rights_version() {
        let folder = Folder::new();
        let bruno = Person::from(&RESIDENTS[1]);
        let register = Register::open(&folder.0).expect("new");
        let (first, courses) = register.courses(&bruno);
        assert_eq!(courses, [Course::Algebra]);
        register.enrol(&bruno, Course::Algebra, false).expect("left");
        register.enrol(&bruno, Course::Algebra, false).expect("nothing to leave");
        register.enrol(&bruno, Course::History, true).expect("joined");
        let register = Register::open(&folder.0).expect("again");
        assert_eq!(register.courses(&bruno), (first + 2, vec![Course::History]));
        assert_eq!(register.read().calls, [Call::User { user: 3 }]);
    }

    #[tokio::test]
    async fn a_call_is_owed_until_it_was_made_with_the_latest_rights() {
        let folder = Folder::new();
        let bruno = Person::from(&RESIDENTS[1]);
        let register = Register::open(&folder.0).expect("new");
        register.enrol(&bruno, Course::Algebra, false).expect("left");
        let call = register.next_call().await;
        let (version, _) = register.courses(&bruno);
        register.enrol(&bruno, Course::Algebra, true).expect("back");
        register.made_call(&call, version).expect("written");
        assert_eq!(register.next_call().await, call, "the rights changed while the call was on its way");
        register.made_call(&call, version + 1).expect("written");
        assert!(register.read().calls.is_empty());
    }

    #[test]
    fn a_person_is_introduced_once_and_again_after_a_restart() {
        let folder = Folder::new();
        let [bruno, carla] = [1, 2].map(|n| Person::from(&RESIDENTS[n]));
        let register = Register::open(&folder.0).expect("new");
        register.introduce(&bruno).expect("owed");
        register.introduce(&bruno).expect("owed already");
        register.enrol(&carla, Course::History, false).expect("left");
        register.introduce(&carla).expect("told by the enrolment");
        let bruno_and_carla = [Call::User { user: 3 }, Call::User { user: 4 }];
        assert_eq!(register.read().calls, bruno_and_carla);
        for call in &bruno_and_carla {
            register.made_call(call, register.version()).expect("written");
        }
        register.introduce(&bruno).expect("told already");
        assert!(register.read().calls.is_empty(), "no second call");
        let register = Register::open(&folder.0).expect("again");
        register.introduce(&bruno).expect("owed");
        assert_eq!(register.read().calls, bruno_and_carla[..1], "the server may be another one");
    }

    #[test]
    fn a_damaged_file_is_refused_with_what_to_do() {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).expect("a folder");
        fs::write(folder.0.join("campus.json"), "{").expect("written");
        let error = Register::open(&folder.0).err().expect("refused").to_string();
        assert!(error.contains("move it away"), "{error}");
    }
}
