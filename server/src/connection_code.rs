//! The connection code: all that a host must know of a server, in one line to paste (protocol/README.md).

use std::{fmt, str::FromStr};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize};

/// What every code begins with: the version of its form.
const PREFIX: &str = "gchat1.";

/// Its content. Whoever has it can sign for the site.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConnectionCode {
    /// The server's address, with its final slash.
    pub url: String,
    /// The site's id: `iss` in tokens.
    pub site: String,
    /// The key's id: `kid` in token headers.
    pub kid: String,
    /// The key itself, at least 32 bytes.
    #[serde(with = "key")]
    pub key: Vec<u8>,
}

impl fmt::Debug for ConnectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url, site, kid, key: _ } = self;
        f.debug_struct("ConnectionCode")
            .field("url", url)
            .field("site", site)
            .field("kid", kid)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ConnectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let json = serde_json::to_vec(self).expect("strings have a JSON form");
        write!(f, "{PREFIX}{}", BASE64.encode(json))
    }
}

/// A text that is no connection code.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a connection code: paste the whole line that `gchat site add` printed")]
pub struct NotACode;

impl FromStr for ConnectionCode {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        let encoded = text.trim().strip_prefix(PREFIX).ok_or(NotACode)?;
        let json = BASE64.decode(encoded).map_err(|_| NotACode)?;
        let code: Self = serde_json::from_slice(&json).map_err(|_| NotACode)?;
        if code.key.len() < 32 || !code.url.ends_with('/') { Err(NotACode) } else { Ok(code) }
    }
}

mod key {
    use base64::Engine as _;
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use super::BASE64;

    pub(super) fn serialize<S: Serializer>(key: &[u8], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&BASE64.encode(key))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u8>, D::Error> {
        BASE64.decode(String::deserialize(d)?).map_err(|_| D::Error::custom("a key is unpadded base64url"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixture_is_read_and_made_again() {
        #[derive(Deserialize)]
        struct Fixture {
            code: String,
            content: ConnectionCode,
        }
        let fixture = include_str!("../../protocol/fixtures/connection_code.json");
        let fixture: Fixture = serde_json::from_str(fixture).unwrap();
        assert_eq!(fixture.code.parse(), Ok(fixture.content.clone()));
        assert_eq!(fixture.content.to_string(), fixture.code);
        assert_eq!(fixture.content.key, (0..32).collect::<Vec<u8>>());
        assert!(!format!("{:?}", fixture.content).contains("key:"));
    }

    #[test]
    fn other_texts_are_refused() {
        let code = |key: usize, url: &str| {
            let (url, site, kid) = (url.into(), "abc".into(), "k".into());
            ConnectionCode { url, site, kid, key: vec![1; key] }.to_string()
        };
        let good = code(32, "https://a/");
        assert!(format!(" {good}\n").parse::<ConnectionCode>().is_ok());
        let cut = good[..good.len() - 3].to_owned();
        let other = good.replace("gchat1.", "gchat2.");
        for bad in
            [code(31, "https://a/"), code(32, "https://a"), cut, other, String::new(), "gchat1.".into()]
        {
            assert_eq!(bad.parse::<ConnectionCode>(), Err(NotACode), "{bad}");
        }
    }
}
