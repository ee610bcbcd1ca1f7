//! The demo campus: a small host of Global Chat that is not Moodle.
//!
//! It owns what a host owns: who is signed in, who is enrolled where, the pages with the block on them, and the two
//! things that a host does for the chat: it signs user tokens with the site key, and it tells the server of changes
//! through the signed API. It knows the server by its address and by `protocol/README.md` only, as a plugin does, so
//! it is also the example to copy when embedding the chat in something else:
//!
//! - `signature`: what is signed, and how;
//! - `api`: the calls to the server;
//! - `register`: logins, enrolments, the rights version and the calls still owed, in one file;
//! - `pages`: the web pages, with the element and the script tag;
//! - `people`: who is who on the campus;
//! - `find`: whom somebody may find by a part of their name, online or not;
//! - `classmates`: simulated people, who use the server as any browser would.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tokio_util::sync::CancellationToken;

use crate::api::Api;
use crate::people::{Circle, Course, Person, classmate};
use crate::register::{Register, RegisterError};
use crate::signature::{CourseCall, Member, Rights, SiteKey};

mod api;
mod classmates;
mod find;
mod pages;
mod people;
mod register;
mod replies;
mod signature;
mod talks;

/// More simulated people than this say nothing new, and each of them is a socket.
pub const MAX_CLASSMATES: usize = 1_000;

/// What a campus must know to be a host: the same things that a plugin's settings hold, and a place for its file.
#[derive(Clone)]
pub struct CampusConfig {
    /// The server's address with its final slash, e.g. `http://127.0.0.1:8080/gchat/`. Plain `http`, as the campus
    /// runs beside the server.
    pub server_url: String,
    /// The site's id: `iss` of everything that is signed.
    pub site: String,
    /// The id of `key`.
    pub kid: String,
    /// The site key, at least 32 bytes.
    pub key: Vec<u8>,
    /// The campus's own address without a final slash, e.g. `http://127.0.0.1:8080`. Its pages must be opened there,
    /// as the server takes sockets from this origin only.
    pub wwwroot: String,
    /// Where `campus.json` is kept, so that logins and enrolments survive a restart. Made if it is missing.
    pub data_dir: PathBuf,
    /// How many simulated people there are: 0 … [`MAX_CLASSMATES`].
    pub classmates: usize,
    /// The client's version, for the address of its script, so that a new one is never served from a cache.
    pub client_version: String,
}

/// Why a campus cannot open.
#[derive(Debug, thiserror::Error)]
pub enum CampusError {
    /// The settings contradict the contract.
    #[error("{0}")]
    Config(String),
    /// The file in `data_dir` cannot be read or written.
    #[error(transparent)]
    Register(#[from] RegisterError),
}

/// The demo campus. Cheap to clone; all clones are the same campus.
#[derive(Clone)]
pub struct Campus(Arc<Host>);

impl Campus {
    /// Opens the campus and reads its file. Nothing is sent before [`Campus::run`].
    ///
    /// # Errors
    /// If a setting is out of its range, or the file in `data_dir` cannot be read or made.
    pub fn new(config: CampusConfig) -> Result<Campus, CampusError> {
        Ok(Campus(Arc::new(Host::open(config)?)))
    }

    /// The campus's pages: `/` and everything below `/demo/`.
    pub fn router(&self) -> axum::Router {
        pages::router(self.0.clone())
    }

    /// Makes the API calls that enrolments and logouts owe, and lets the classmates live, until `cancel`. It may be
    /// started before the server answers: whatever fails is tried again, slower each time.
    pub fn run(&self, cancel: CancellationToken) -> impl Future<Output = ()> + Send + 'static + use<> {
        let host = self.0.clone();
        async move {
            let work = async {
                tokio::join!(api::make_calls(host.clone()), classmates::live(host.clone()));
            };
            cancel.run_until_cancelled(work).await;
        }
    }
}

/// The campus behind its handles.
struct Host {
    config: CampusConfig,
    key: Arc<SiteKey>,
    register: Arc<Register>,
    api: Api,
    /// How often somebody has searched in this minute.
    asked: find::Asked,
}

impl Host {
    fn open(config: CampusConfig) -> Result<Host, CampusError> {
        let fault = |text: &str| Err(CampusError::Config(text.to_owned()));
        if config.key.len() < 32 {
            return fault("the site key has fewer than 32 bytes: make one with `gchat site add`");
        }
        if !(config.server_url.starts_with("http://") && config.server_url.ends_with('/')) {
            return fault("server_url must begin with http:// and end with a slash");
        }
        if !config.wwwroot.starts_with("http") || config.wwwroot.ends_with('/') {
            return fault("wwwroot must be an http address without a final slash");
        }
        if config.classmates > MAX_CLASSMATES {
            return Err(CampusError::Config(format!("at most {MAX_CLASSMATES} classmates: ask for fewer")));
        }
        let key = Arc::new(SiteKey::new(
            config.site.clone(),
            config.kid.clone(),
            &config.key,
            config.wwwroot.clone(),
        ));
        let register = Arc::new(Register::open(&config.data_dir)?);
        let api = Api::new(config.server_url.clone(), key.clone());
        Ok(Host { config, key, register, api, asked: find::Asked::default() })
    }

    /// What the chat may know about a person just now, with the rights version it was read at.
    fn rights(&self, person: &Person, lang: &str) -> Rights {
        let (rights_version, courses) = self.register.courses(person);
        Rights {
            rights_version,
            name: person.name.clone(),
            picture: Some(format!("{}/demo/pictures/{}", self.config.wwwroot, person.id)),
            profile_url: Some(format!("{}/demo/people/{}", self.config.wwwroot, person.id)),
            lang: lang.to_owned(),
            hidden: false,
            rights: vec!["chat"],
            circles: courses.iter().map(|course| Circle::of(*course, person)).collect(),
            blocked: Vec::new(),
            accepts: None,
            paused_until: None,
        }
    }

    /// What a call says of a person. Of somebody who has never come, and has not been told of the chat, the server gets no
    /// more than it needs so that one can write to them: their id, name and rights.
    fn told(&self, person: &Person) -> Rights {
        let rights = self.rights(person, "en");
        if self.has_come(person) {
            return rights;
        }
        Rights { picture: None, profile_url: None, lang: String::new(), ..rights }
    }

    /// Whether somebody has ever opened a page of the campus. Classmates do without a login.
    fn has_come(&self, person: &Person) -> bool {
        person.id >= people::FIRST_CLASSMATE || self.register.has_come(person.id)
    }

    /// The courses in which two people see each other.
    fn shared(&self, one: &Person, other: &Person) -> Vec<Course> {
        let mine = self.register.courses(one).1;
        let mut courses = self.register.courses(other).1;
        courses.retain(|course| mine.contains(course) && course.together(one, other));
        courses
    }

    /// A course as the host tells the server of it: who is in it, and that it has a room, where the server knows rooms.
    /// The version is read first, as [`Host::rights`] reads it: what changes meanwhile is told with a higher one.
    fn course(&self, course: Course, rooms: bool) -> CourseCall {
        let rights_version = self.register.version();
        let members = self.members(course);
        let members = members.iter().map(|person| Member {
            user: person.id,
            role: people::role(course, person),
            groups: course.group(person).map(|group| vec![group.name]),
        });
        let titles = course.groups().iter().map(|group| (group.name, group.title)).collect();
        CourseCall {
            rights_version,
            title: course.title(),
            room: rooms.then_some("open"),
            groups: (rooms && !course.groups().is_empty()).then_some(titles),
            members: members.collect(),
        }
    }

    /// Who is enrolled in a course just now, residents first.
    fn members(&self, course: Course) -> Vec<Person> {
        self.everybody().filter(|person| self.register.courses(person).1.contains(&course)).collect()
    }

    /// Everybody of the campus: residents, those who have never been there, classmates.
    fn everybody(&self) -> impl Iterator<Item = Person> {
        let residents = people::RESIDENTS.iter().map(Person::from);
        let newcomers = people::NEWCOMERS.iter().map(Person::from);
        let classmates = people::FIRST_CLASSMATE..people::FIRST_CLASSMATE + self.config.classmates as u64;
        residents.chain(newcomers).chain(classmates.filter_map(classmate))
    }

    /// The person with this id, if the campus has one.
    fn person(&self, id: u64) -> Option<Person> {
        people::by_id(id).or_else(|| {
            classmate(id).filter(|_| id < people::FIRST_CLASSMATE + self.config.classmates as u64)
        })
    }
}

/// Seconds since 1970, by this machine's clock.
fn now_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs())
}

/// `N` bytes that nobody can guess, in unpadded base64url.
fn random_text<const N: usize>() -> String {
    use base64::Engine as _;
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).expect("the system has a source of random bytes");
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 in lower-case hex.
fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
