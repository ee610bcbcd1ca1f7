//! Conversations of kinds that are not known here: a client passes over them (protocol/README.md, "Conversations").

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::Value;

/// Whether this is no id of a direct conversation, and no misspelt one either.
fn is_foreign(id: &str) -> bool {
    !id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

fn is_named_by(value: &Value) -> bool {
    let of_kind = value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind != "direct");
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
