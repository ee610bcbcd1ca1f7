//! The functions of `make fuzz` for a moment, on stable: the whole corpus, and changes of it drawn from a seed.
//!
//! `SEED` replays a run, `INPUTS` makes it longer. An input that panics is printed as it can be put into the corpus.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may stop, and shall say where")]

use std::{
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use rand::{Rng as _, RngExt as _, SeedableRng as _, rngs::StdRng};

/// What mutations put in besides random bytes: where parsers end, begin again or overflow.
const WORDS: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1.0",
    b"1e400",
    b"9007199254740992",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"\xff",
    b"\xc3\x28",
    b"\xed\xa0\x80",
    "\u{1F600}".as_bytes(),
    "\u{202E}".as_bytes(),
    b" ",
    b".",
    b"/",
    b"%ff",
    b"%2F",
    b"\"type\":",
    b"signed",
    b"-",
];

/// Bytes of an input: enough for every fixture, twice.
const MOST: usize = 8_192;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().filter(|text| !text.is_empty()).map(|text| text.parse().unwrap())
}

/// One to eight changes of an input: bytes flipped, cut out, doubled, put in, or taken from another one.
fn changed(random: &mut StdRng, all: &[Vec<u8>]) -> Vec<u8> {
    let mut input = all[random.random_range(0..all.len())].clone();
    for _ in 0..random.random_range(1..=8) {
        let at = random.random_range(0..=input.len());
        let to = random.random_range(at..=input.len().min(at + 16));
        match random.random_range(0..6) {
            0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
            1 => drop(input.drain(at..to)),
            2 => {
                let twice = input[at..to].to_vec();
                input.splice(at..at, twice);
            }
            3 => {
                let word = WORDS[random.random_range(0..WORDS.len())];
                input.splice(at..to, word.iter().copied());
            }
            4 => {
                let mut bytes = vec![0; random.random_range(1..16)];
                random.fill_bytes(&mut bytes);
                input.splice(at..to, bytes);
            }
            _ => {
                let other = &all[random.random_range(0..all.len())];
                let from = random.random_range(0..=other.len());
                input.splice(at.., other[from..].iter().copied());
            }
        }
        input.truncate(MOST);
    }
    input
}

fn drive(target: &str, function: fn(&[u8]), inputs: u64) {
    let seed = number("SEED").unwrap_or_else(|| rand::rng().next_u64());
    let inputs = number("INPUTS").unwrap_or(inputs);
    eprintln!("{target}: SEED={seed} INPUTS={inputs}");
    let all = corpus(target);
    assert!(all.len() > 3, "the corpus of {target} is missing");
    let mut random = StdRng::seed_from_u64(seed);
    let drawn = (0..inputs).map(|_| changed(&mut random, &all));
    for input in all.iter().cloned().chain(drawn) {
        let held = catch_unwind(AssertUnwindSafe(|| function(&input)));
        assert!(held.is_ok(), "{target} fell, SEED={seed}, over b\"{}\"", input.escape_ascii());
    }
}

#[test]
fn any_bytes_make_messages_or_end_a_connection_however_they_are_cut() {
    drive("sockets", gchat_fuzz::sockets, 20_000);
}

#[test]
fn any_text_as_a_frame_is_read_or_refused() {
    drive("frames", gchat_fuzz::frames, 20_000);
}

#[test]
fn whatever_people_do_to_messages_and_groups_becomes_what_the_rules_say() {
    drive("verbs", gchat_fuzz::verbs, 300);
}

#[test]
fn any_token_is_refused_unless_it_is_signed_and_keeps_the_rules() {
    drive("tokens", gchat_fuzz::tokens, 5_000);
}

#[test]
fn any_call_gets_an_answer_of_the_contract() {
    drive("api", gchat_fuzz::api, 2_000);
}
