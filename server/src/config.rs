//! The settings: from a file, over it the environment, over that the command line; and what may stand in them.
//!
//! The doc comments of the fields are the comments of `gchat.example.toml`. Knows nothing of what the settings do.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use confique::{Config as _, Layer as _};
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Deserializer, de::Error as _};

mod environment;

/// The settings of `gchat serve`.
///
/// Every key is optional and stands here with its default. A key that is not
/// listed here is refused. Times are in milliseconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
pub struct Config {
    /// Where to listen: an IP address and a port. TLS ends at the proxy before
    /// the server, so an address of this machine alone is usually right.
    #[config(env = "GCHAT_LISTEN", default = "127.0.0.1:8787", deserialize_with = listen)]
    pub listen: SocketAddr,

    /// The path below which the server answers, when the proxy before it passes
    /// the path on unchanged. Example: "/gchat/".
    #[config(env = "GCHAT_BASE_PATH", default = "/", deserialize_with = base_path)]
    pub base_path: String,

    /// The address at which browsers and the host reach the server. It goes into
    /// connection codes. Example: "https://moodle.example/gchat/".
    #[config(env = "GCHAT_PUBLIC_URL", deserialize_with = public_url)]
    pub public_url: Option<String>,

    /// The SQLite database, as `gchat init` makes it: readable by this user
    /// only. A relative path starts where the server was started.
    #[config(env = "GCHAT_DATABASE", default = "gchat.db", validate = not_empty)]
    pub database: PathBuf,

    /// Proxies whose X-Forwarded-For is believed: addresses or networks. In the
    /// environment, separate them with commas. Example: ["127.0.0.1", "10.0.0.0/8"].
    #[config(
        env = "GCHAT_TRUSTED_PROXIES",
        default = [],
        deserialize_with = networks,
        parse_env = networks_by_comma
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// How the log is written to standard error: "text" or "json", one event a line.
    #[config(env = "GCHAT_LOG_FORMAT", default = "text")]
    pub log_format: LogFormat,

    /// What is logged: error, warn, info, debug or trace, also by module.
    /// Example: "info,gchat::store=debug".
    #[config(env = "GCHAT_LOG_LEVEL", default = "info", validate = log_level)]
    pub log_level: String,

    /// What one user, address or connection may take.
    #[config(nested)]
    pub limits: Limits,
}

/// What one user, address or connection may take (protocol/README.md, "Limits").
#[derive(Clone, Debug, PartialEq, Eq, confique::Config)]
#[config(layer_attr(serde(deny_unknown_fields)))]
#[config(validate = Self::check)]
pub struct Limits {
    /// Connections of one user; one more closes the oldest.
    #[config(env = "GCHAT_LIMITS_CONNECTIONS_PER_USER", default = 10, validate = at_least_one)]
    pub connections_per_user: usize,

    /// Connections of one address that have not signed in yet.
    #[config(env = "GCHAT_LIMITS_UNAUTHENTICATED_PER_ADDRESS", default = 100, validate = at_least_one)]
    pub unauthenticated_per_address: usize,

    /// For the headers of an HTTP request.
    #[config(env = "GCHAT_LIMITS_HEADER_TIMEOUT_MS", default = 10000, validate = at_least_one)]
    pub header_timeout_ms: u64,

    /// For the first frame of a connection.
    #[config(env = "GCHAT_LIMITS_HELLO_TIMEOUT_MS", default = 5000, validate = at_least_one)]
    pub hello_timeout_ms: u64,

    /// Messages of one user in a second.
    #[config(env = "GCHAT_LIMITS_MESSAGES_PER_SECOND", default = 10, validate = at_least_one)]
    pub messages_per_second: u32,

    /// Messages of one user at once.
    #[config(env = "GCHAT_LIMITS_MESSAGE_BURST", default = 20, validate = at_least_one)]
    pub message_burst: u32,

    /// Sign-ins of one user in a second, over time.
    #[config(env = "GCHAT_LIMITS_SIGN_INS_PER_SECOND", default = 1, validate = at_least_one)]
    pub sign_ins_per_second: u32,

    /// Sign-ins of one user at once: many tabs and devices after a restart, or a
    /// phone whose connection comes and goes.
    #[config(env = "GCHAT_LIMITS_SIGN_IN_BURST", default = 60, validate = at_least_one)]
    pub sign_in_burst: u32,

    /// Bytes a second that one user is sent, over time, of what they ask for: old
    /// messages, searches, lists of people.
    #[config(env = "GCHAT_LIMITS_ANSWER_BYTES_PER_SECOND", default = 262144, validate = at_least_one)]
    pub answer_bytes_per_second: u64,

    /// Such bytes at once. Scrolling through thousands of messages takes less.
    #[config(env = "GCHAT_LIMITS_ANSWER_BURST_BYTES", default = 8388608, validate = at_least_one)]
    pub answer_burst_bytes: u64,

    /// Bytes of messages that one user may write in a day. What is used comes
    /// back evenly over the day. Each message counts its text and 128 bytes.
    #[config(env = "GCHAT_LIMITS_USER_BYTES_PER_DAY", default = 4194304, validate = at_least_one)]
    pub user_bytes_per_day: u64,

    /// The same for all users of a site together, whatever people do. Like a
    /// user's, it may be used up at once and comes back over the day: in the first
    /// day the database can grow by twice as much.
    #[config(env = "GCHAT_LIMITS_SITE_BYTES_PER_DAY", default = 2000000000, validate = at_least_one)]
    pub site_bytes_per_day: u64,

    /// Frames of one connection in a second.
    #[config(env = "GCHAT_LIMITS_FRAMES_PER_SECOND", default = 50, validate = at_least_one)]
    pub frames_per_second: u32,

    /// Frames of one connection at once.
    #[config(env = "GCHAT_LIMITS_FRAME_BURST", default = 100, validate = at_least_one)]
    pub frame_burst: u32,

    /// Frames that may wait for a slow connection before it is closed.
    #[config(env = "GCHAT_LIMITS_QUEUE_FRAMES", default = 256, validate = at_least_one)]
    pub queue_frames: usize,

    /// Bytes that may wait for a slow connection before it is closed.
    #[config(env = "GCHAT_LIMITS_QUEUE_BYTES", default = 1048576, validate = at_least_one)]
    pub queue_bytes: usize,

    /// Contacts in the slice of a roster; search and paging reach the rest.
    #[config(env = "GCHAT_LIMITS_ROSTER_SLICE", default = 100, validate = at_least_one)]
    pub roster_slice: usize,

    /// Windows in a dock; one more closes the oldest.
    #[config(env = "GCHAT_LIMITS_DOCK_WINDOWS", default = 20, validate = at_least_one)]
    pub dock_windows: usize,

    /// Messages in one answer of history, 1 to 100.
    #[config(
        env = "GCHAT_LIMITS_HISTORY_PAGE",
        default = 100,
        validate((1..=100).contains(history_page), "history_page must be 1 to 100")
    )]
    pub history_page: i64,

    /// A connection to which nothing was sent for this long gets a ping. Keep it
    /// below the proxy's own timeout (60 s for nginx).
    #[config(env = "GCHAT_LIMITS_HEARTBEAT_MS", default = 45000, validate = at_least_one)]
    pub heartbeat_ms: u64,

    /// A connection from which nothing was heard for this long is closed.
    #[config(env = "GCHAT_LIMITS_SILENCE_MS", default = 100000, validate = at_least_one)]
    pub silence_ms: u64,

    /// How long someone stays online after their last connection has closed.
    #[config(env = "GCHAT_LIMITS_GRACE_MS", default = 15000)]
    pub grace_ms: u64,

    /// How long a stopping server spreads out the return of its clients.
    #[config(env = "GCHAT_LIMITS_DRAIN_MS", default = 5000)]
    pub drain_ms: u64,
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// What the command line sets, above file and environment.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`
    pub listen: Option<SocketAddr>,
    /// `--database`
    pub database: Option<PathBuf>,
}

/// Settings that cannot be used. The sentence names the place and the fix.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}; check the path and its permissions", path.display())]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in the file.
    #[error("{}, line {line}: {message}", path.display())]
    File {
        /// As given.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there.
        message: String,
    },
    /// A variable of the environment, or settings that contradict each other.
    #[error("{0}")]
    Value(String),
}

type Values = <Config as confique::Config>::Layer;

impl Config {
    /// Settings from `file` (if any), the environment and `flags`; the later ones win.
    pub fn load(file: Option<&Path>, flags: Flags) -> Result<Self, ConfigError> {
        environment::known_variables(std::env::vars_os())?;
        let from_file = file.map_or_else(|| Ok(Values::empty()), read)?;
        let from_env = Values::from_env().map_err(value)?;
        let mut from_flags = Values::empty();
        from_flags.listen = flags.listen;
        from_flags.database = flags.database;
        Self::from_values(from_flags.with_fallback(from_env).with_fallback(from_file))
    }

    /// What is wrong with settings that are right in themselves, on this machine: for whoever starts and for whoever only
    /// asks (`gchat config check`).
    pub fn fits_this_machine(&self) -> Result<(), ConfigError> {
        let folder = self.database.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            return Err(ConfigError::Value(format!(
                "database: there is no folder {}: make it, mount its disk, or set `database` to another path",
                folder.display()
            )));
        }
        if self.database.is_dir() {
            return Err(ConfigError::Value(format!(
                "database: {} is a folder: name a file in it, such as {}",
                self.database.display(),
                self.database.join("gchat.db").display()
            )));
        }
        Ok(())
    }

    /// Every key with its comment and default: the text of `gchat.example.toml`.
    pub fn template() -> String {
        let full = confique::toml::template::<Self>(confique::toml::FormatOptions::default());
        // The commented key shows its default already.
        let mut parts = full.split("#\n# Default value: ");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('\n').map_or("", |(_, rest)| rest))
    }

    fn from_values(values: Values) -> Result<Self, ConfigError> {
        Self::from_layer(values.with_fallback(Values::default_values())).map_err(value)
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::from_values(Values::empty()).expect("every key has a valid default")
    }
}

impl Default for Limits {
    fn default() -> Self {
        Config::default().limits
    }
}

impl Limits {
    fn check(&self) -> Result<(), &'static str> {
        if self.heartbeat_ms >= self.silence_ms {
            return Err("limits.heartbeat_ms must be less than limits.silence_ms, \
                        or connections are closed before they are asked");
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Values, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
    toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        ConfigError::File {
            path: path.to_owned(),
            line: text.bytes().take(start).filter(|b| *b == b'\n').count() + 1,
            message: with_key(error.message(), line_of(&text, start)),
        }
    })
}

/// The line in which a byte stands.
fn line_of(text: &str, at: usize) -> &str {
    let before = text.get(..at).unwrap_or_default();
    text[before.rfind('\n').map_or(0, |end| end + 1)..].lines().next().unwrap_or_default()
}

/// A sentence about a line of the file, with the key that stands there.
fn with_key(message: &str, line: &str) -> String {
    let message = message.replace("unknown field", "unknown key");
    let key = line.split('=').next().unwrap_or_default().trim();
    let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_key || message.contains(key) { message } else { format!("{key}: {message}") }
}

fn value(error: confique::Error) -> ConfigError {
    // The alternate form appends the cause, which says what the value should be.
    ConfigError::Value(format!("{error:#}"))
}

fn listen<'de, D: Deserializer<'de>>(d: D) -> Result<SocketAddr, D::Error> {
    let given = String::deserialize(d)?;
    let fix = "is no IP address with a port; write for example \"127.0.0.1:8787\" (for localhost) or \"[::1]:8787\"";
    given.parse().map_err(|_| D::Error::custom(format!("{given:?} {fix}")))
}

fn base_path<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    let given = String::deserialize(d)?;
    let inner = given.trim_matches('/');
    let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~');
    if !inner.bytes().all(fine)
        || inner.contains("//")
        || inner.split('/').any(|part| part == "." || part == "..")
    {
        return Err(D::Error::custom("base_path must be the path of a URL, such as \"/\" or \"/gchat/\""));
    }
    Ok(if inner.is_empty() { "/".into() } else { format!("/{inner}/") })
}

fn public_url<'de, D: Deserializer<'de>>(d: D) -> Result<String, D::Error> {
    server_url(&String::deserialize(d)?).map_err(|e| D::Error::custom(format!("public_url {e}")))
}

/// The address of a server in its one form, with a final slash. The sentence begins after the thing's name.
pub fn server_url(given: &str) -> Result<String, &'static str> {
    let fix =
        "must be an http or https URL without query and fragment, such as \"https://moodle.example/gchat/\"";
    let url = url::Url::parse(given).map_err(|_| fix)?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    if !web || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(fix);
    }
    let mut url = String::from(url);
    if !url.ends_with('/') {
        url.push('/');
    }
    Ok(url)
}

fn networks<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<IpNet>, D::Error> {
    Vec::<String>::deserialize(d)?.iter().map(|n| network(n).map_err(D::Error::custom)).collect()
}

fn networks_by_comma(list: &str) -> Result<Vec<IpNet>, NotANetwork> {
    list.split(',').map(str::trim).filter(|n| !n.is_empty()).map(network).collect()
}

fn network(text: &str) -> Result<IpNet, NotANetwork> {
    let single = text.parse::<IpAddr>().map(IpNet::from);
    single.or_else(|_| text.parse()).map(canonical).map_err(|_| NotANetwork(text.to_owned()))
}

/// IPv4 that is written as IPv6 (`::ffff:a.b.c.d`) as what it is: so are addresses that are compared with it.
fn canonical(network: IpNet) -> IpNet {
    let IpNet::V6(six) = network else { return network };
    let four = six.addr().to_ipv4_mapped().zip(six.prefix_len().checked_sub(96));
    let four = four.and_then(|(address, length)| Ipv4Net::new(address, length).ok());
    four.map_or(network, IpNet::from)
}

#[derive(Debug, thiserror::Error)]
#[error("trusted_proxies: {0:?} is no address or network; write for example \"127.0.0.1\" or \"10.0.0.0/8\"")]
struct NotANetwork(String);

fn at_least_one<N: PartialOrd + From<u8>>(n: &N) -> Result<(), &'static str> {
    if *n < N::from(1) { Err("must be at least 1") } else { Ok(()) }
}

#[expect(clippy::ptr_arg, reason = "confique calls it with the field's own type")]
fn not_empty(path: &PathBuf) -> Result<(), &'static str> {
    if path.as_os_str().is_empty() { Err("must be the path of a file") } else { Ok(()) }
}

fn log_level(level: &String) -> Result<(), String> {
    let parsed = tracing_subscriber::filter::EnvFilter::builder().parse(level);
    parsed.map(drop).map_err(|_| {
        format!("log_level {level:?} is not understood; write error, warn, info, debug or trace, or \"info,gchat=debug\"")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from_file(text: &str) -> Result<Config, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let loaded = Config::load(Some(file.path()), Flags::default());
        loaded.map_err(|e| e.to_string().replace(&file.path().display().to_string(), "FILE"))
    }

    #[test]
    fn the_example_file_is_what_the_settings_say() {
        let example = include_str!("../gchat.example.toml");
        assert!(
            example == Config::template(),
            "server/gchat.example.toml is out of date: write the output of `gchat config template` into it"
        );
    }

    #[test]
    fn every_line_of_the_example_can_be_taken_out_of_its_comment() {
        let keys = Config::template()
            .lines()
            .filter_map(|line| match line.strip_prefix('#') {
                Some(key) if !key.starts_with(' ') && !key.is_empty() => Some(key.to_owned()),
                Some(_) => None,
                None => Some(line.to_owned()),
            })
            .filter(|line| line != "public_url =")
            .collect::<Vec<_>>()
            .join("\n");
        assert_eq!(from_file(&keys), Ok(Config::default()));
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        assert_eq!(from_file(""), Ok(Config::default()));
        let config = Config::default();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8787");
        assert_eq!((config.limits.connections_per_user, config.limits.silence_ms), (10, 100_000));
    }

    #[test]
    fn flags_win_over_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "listen = \"127.0.0.1:1\"\ndatabase = \"a.db\"").unwrap();
        let flags = Flags { listen: "127.0.0.1:2".parse().ok(), database: None };
        let config = Config::load(Some(file.path()), flags).unwrap();
        assert_eq!((config.listen.port(), config.database), (2, PathBuf::from("a.db")));
    }

    #[test]
    fn paths_and_urls_take_one_form() {
        for (given, stored) in [("", "/"), ("/", "/"), ("gchat", "/gchat/"), ("/a/b", "/a/b/")] {
            assert_eq!(from_file(&format!("base_path = {given:?}")).unwrap().base_path, stored);
        }
        let config = from_file("public_url = \"https://moodle.example/gchat\"").unwrap();
        assert_eq!(config.public_url.as_deref(), Some("https://moodle.example/gchat/"));
        let config = from_file("trusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]").unwrap();
        assert_eq!(config.trusted_proxies[0].to_string(), "127.0.0.1/32");
        let config =
            from_file("trusted_proxies = [\"::ffff:127.0.0.1\", \"::ffff:10.0.0.0/104\", \"fd00::/8\"]");
        let proxies: Vec<_> = config.unwrap().trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(proxies, ["127.0.0.1/32", "10.0.0.0/8", "fd00::/8"]);
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named_with_its_line_and_the_fix() {
        for (text, line, fix) in [
            ("\nlisen = \"127.0.0.1:1\"", 2, "unknown key `lisen`, expected one of `listen`"),
            ("[limits]\n\nconections_per_user = 3", 3, "expected one of `connections_per_user`"),
            (
                "listen = \"localhost:8787\"",
                1,
                "listen: \"localhost:8787\" is no IP address with a port; write for example",
            ),
            ("[limits]\ngrace_ms = \"15s\"", 2, "grace_ms: invalid type"),
            ("\n\nbase_path = \"/a b/\"", 3, "such as \"/\" or \"/gchat/\""),
            ("public_url = \"moodle.example\"", 1, "such as \"https://moodle.example/gchat/\""),
            ("\nlog_format = \"xml\"", 2, "expected `text` or `json`"),
            ("log_level = \"info,=,\"", 1, "write error, warn, info"),
            ("trusted_proxies = [\"nginx\"]", 1, "\"nginx\" is no address or network"),
            ("[limits]\nmessage_burst = 0", 2, "must be at least 1"),
            ("[limits]\nmessage_burst = -1", 2, "invalid value"),
            ("[limits]\nhistory_page = 101", 2, "1 to 100"),
            ("listen = ", 1, ""),
        ] {
            let error = from_file(text).unwrap_err();
            assert!(error.starts_with(&format!("FILE, line {line}: ")), "{text:?}: {error}");
            assert!(error.contains(fix), "{text:?}: {error}");
        }
        let error = from_file("[limits]\nheartbeat_ms = 200000").unwrap_err();
        assert!(error.contains("limits.silence_ms"), "{error}");
        let error = Config::load(Some(Path::new("/nowhere/gchat.toml")), Flags::default()).unwrap_err();
        assert!(error.to_string().contains("check the path"), "{error}");
    }
}
