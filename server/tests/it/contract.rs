//! The contract: every frame, token and body in protocol/fixtures parses and is made again to the letter, and none of
//! them lacks its section in protocol/README.md.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use gchat::{
    error::{Close, Code},
    http::api,
    protocol::{ClientFrame, FEATURES, ServerFrame},
    rights::Snapshot,
};
use jsonwebtoken::Algorithm;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::util::host::sign;

fn protocol(path: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "../protocol", path].iter().collect()
}

fn fixtures(folder: &str) -> Vec<(String, Value)> {
    let mut all: Vec<_> = fs::read_dir(protocol("fixtures").join(folder))
        .unwrap()
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

fn round_trip<T: Serialize + DeserializeOwned>(name: &str, fixture: &Value) -> T {
    let parsed: T = serde_json::from_value(fixture.clone()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(
        &without_null_options(serde_json::to_value(&parsed).unwrap()),
        &without_null_options(fixture.clone()),
        "{name}"
    );
    parsed
}

/// An optional field of a client's frame may be absent or null: both say the same.
fn without_null_options(mut value: Value) -> Value {
    if let Value::Object(fields) = &mut value {
        fields.retain(|name, value| !(value.is_null() && matches!(name.as_str(), "circle" | "next")));
    }
    value
}

/// The types of all variants of a tagged enum, as serde's own refusal of an unknown one lists them.
fn variants<T: DeserializeOwned>() -> BTreeSet<String> {
    let error = serde_json::from_str::<T>(r#"{"type":"?"}"#).err().unwrap().to_string();
    let list = error.split_once("expected one of ").unwrap().1;
    let list = list.split(" at line").next().unwrap();
    list.split(", ").map(|name| name.trim_matches('`').to_owned()).collect()
}

fn sections(from: &str, to: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(protocol("README.md")).unwrap();
    let part = text.split_once(&format!("\n## {from}\n")).unwrap().1;
    let part = part.split_once(&format!("\n## {to}\n")).unwrap().0;
    part.lines().filter_map(|l| l.strip_prefix("### `")?.strip_suffix('`')).map(str::to_owned).collect()
}

fn types(fixtures: &[(String, Value)]) -> BTreeSet<String> {
    fixtures.iter().map(|(_, frame)| frame["type"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_client_frame_has_a_fixture_and_a_section_and_round_trips() {
    let all = fixtures("client");
    all.iter().for_each(|(name, fixture)| drop(round_trip::<ClientFrame>(name, fixture)));
    assert_eq!(types(&all), variants::<ClientFrame>());
    assert_eq!(sections("Frames from the client", "Frames from the server"), variants::<ClientFrame>());
}

#[test]
fn every_server_frame_has_a_fixture_and_a_section_and_round_trips() {
    let all = fixtures("server");
    all.iter().for_each(|(name, fixture)| drop(round_trip::<ServerFrame>(name, fixture)));
    assert_eq!(types(&all), variants::<ServerFrame>());
    assert_eq!(sections("Frames from the server", "Error codes"), variants::<ServerFrame>());
}

/// `protocol/features.json` says by which frames and fields a client uses a feature.
#[test]
fn every_feature_is_in_the_table_and_says_what_it_is_of() {
    let features: BTreeMap<String, Value> =
        serde_json::from_str(&fs::read_to_string(protocol("features.json")).unwrap()).unwrap();
    assert_eq!(features.keys().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(FEATURES));
    let text = fs::read_to_string(protocol("README.md")).unwrap();
    let shown = fixtures("client");
    let named = |kind: &str| shown.iter().filter(|(_, frame)| frame["type"] == kind).collect::<Vec<_>>();
    for (name, of) in features {
        assert!(text.contains(&format!("| `{name}` | ")), "{name} is not in the table");
        for frame in of["frames"].as_array().into_iter().flatten() {
            assert!(!named(frame.as_str().unwrap()).is_empty(), "{name}: no fixture of {frame}");
        }
        for (frame, fields) in of["fields"].as_object().into_iter().flatten() {
            for field in fields.as_array().unwrap() {
                let has = |(_, shown): &(String, Value)| shown.get(field.as_str().unwrap()).is_some();
                assert!(named(frame).into_iter().any(has), "{name}: no fixture of {frame} with {field}");
            }
        }
    }
}

#[test]
fn every_error_code_is_in_the_table_with_whether_it_is_final() {
    let error = serde_json::from_str::<Code>("\"?\"").err().unwrap().to_string();
    let codes = error.split_once("expected one of ").unwrap().1.split(" at line").next().unwrap().to_owned();
    let text = fs::read_to_string(protocol("README.md")).unwrap();
    for code in codes.split(", ").map(|code| code.trim_matches('`')) {
        let parsed: Code = serde_json::from_value(code.into()).unwrap();
        let word = if parsed.is_final() { "yes" } else { "no" };
        assert!(text.contains(&format!("| `{code}` | {word} |")), "{code} is not in the table as {word}");
    }
}

#[test]
fn every_close_code_is_in_the_table() {
    let text = fs::read_to_string(protocol("README.md")).unwrap();
    for close in [
        Close::LeaseEnded,
        Close::Slow,
        Close::Silent,
        Close::NoHello,
        Close::TokenExpired,
        Close::Paused,
        Close::PauseEnded,
        Close::Protocol,
        Close::TokenRefused,
        Close::ChatNotAllowed,
        Close::UnsupportedProtocol,
        Close::TooMany,
        Close::Replaced,
        Close::LoggedOut,
        Close::OtherUser,
        Close::TooLarge,
        Close::Flood,
    ] {
        let back = if close.number() < 4_400 { "yes" } else { "no" };
        let row = format!("| {} | {} | {back}", close.number(), close.reason());
        assert!(text.contains(&row), "no row begins with: {row}");
    }
}

/// What this server's own library makes of the claims in the fixtures, so that other languages can verify it.
#[test]
fn the_signed_tokens_are_those_that_the_key_makes_of_the_claims() {
    let fixtures: std::collections::HashMap<_, _> = fixtures("token").into_iter().collect();
    let code = fs::read_to_string(protocol("fixtures/connection_code.json")).unwrap();
    let code: Value = serde_json::from_str(&code).unwrap();
    let code: gchat::connection_code::ConnectionCode = code["code"].as_str().unwrap().parse().unwrap();
    let signed = &fixtures["signed"];
    assert_eq!(signed["kid"], *code.kid);
    assert_eq!(signed["api_body"], "{}");
    assert_eq!(fixtures["api"]["body_sha256"], gchat::auth::sha256_hex(b"{}"));
    for claims in ["user", "api"] {
        let made = sign(Algorithm::HS256, Some(&code.kid), &code.key, &fixtures[claims]);
        assert_eq!(signed[claims], *made, "{claims}");
    }
}

#[test]
fn the_bodies_of_the_api_round_trip() {
    for (name, fixture) in fixtures("api") {
        match name.as_str() {
            "user.put" => {
                round_trip::<api::UserBody>(&name, &fixture);
                let fields: Vec<&String> = fixture.as_object().unwrap().keys().collect();
                let mut known = Snapshot::FIELDS;
                known.sort_unstable();
                assert_eq!(fields, known, "the fields of a snapshot");
            }
            "user.delete" => drop(round_trip::<api::Removal>(&name, &fixture)),
            "logout.post" => drop(round_trip::<api::Logout>(&name, &fixture)),
            "logout.post.answer" => drop(round_trip::<api::LoggedOut>(&name, &fixture)),
            "policy.put" => drop(round_trip::<api::PolicyBody>(&name, &fixture)),
            "status.answer" => drop(round_trip::<api::Status>(&name, &fixture)),
            "floor.put" => drop(round_trip::<api::floor::FloorBody>(&name, &fixture)),
            "logins.get.answer" => drop(round_trip::<api::logins::Logins>(&name, &fixture)),
            "circles.put" => drop(round_trip::<api::circles::CourseBody>(&name, &fixture)),
            "user.get.answer" => drop(round_trip::<api::export::Kept>(&name, &fixture)),
            "conversation.get.answer" => drop(round_trip::<api::export::KeptMessages>(&name, &fixture)),
            "error" => drop(round_trip::<api::ApiError>(&name, &fixture)),
            name if name.ends_with(".answer") => drop(round_trip::<api::Outcome>(name, &fixture)),
            name => panic!("no type for {name}"),
        }
    }
}
