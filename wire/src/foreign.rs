//! Conversations of kinds that are not known here: a client passes over them (protocol/README.md, "Conversations").

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::Value;

/// Whether this is the id of no kind that is known, and no misspelt one of these either.
fn is_foreign(id: &str) -> bool {
    let is_direct = id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    !(is_direct || id.starts_with("g-") || id.starts_with("r-"))
}

fn is_named_by(value: &Value) -> bool {
    let kind = value.get("kind").and_then(Value::as_str);
    let of_kind = kind.is_some_and(|kind| !["direct", "group", "room"].contains(&kind));
    of_kind || value.get("conversation").and_then(Value::as_str).is_some_and(is_foreign)
}

/// Whether a frame is of such a conversation.
pub(crate) fn names_one(frame: &str) -> bool {
    serde_json::from_str(frame).is_ok_and(|frame: Value| is_named_by(&frame))
}

/// A list without those of such conversations. The others are held to the contract.
pub(crate) fn passed_over<'de, D: Deserializer<'de>, T: DeserializeOwned>(d: D) -> Result<Vec<T>, D::Error> {
    let known = Vec::<Value>::deserialize(d)?.into_iter().filter(|value| !is_named_by(value));
    known.map(|value| serde_json::from_value(value).map_err(D::Error::custom)).collect()
}
