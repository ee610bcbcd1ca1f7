//! What the text of a message must be, also after an edit. Pure.
//!
//! The client's `isBlank` (client/src/elements/text.ts) judges by the same list of what shows nothing, and both are tested
//! with protocol/fixtures/text/shows_nothing.json.

use std::{ops::RangeInclusive, sync::Arc};

use crate::error::Code;

/// Code points of a message after trimming (protocol/README.md, "Limits"; the limit of Moodle's own messages).
pub const MESSAGE_CHARS: usize = 4_096;

/// The text as it is stored.
pub fn shaped(text: &str) -> Result<Arc<str>, Code> {
    let text = text.trim();
    if text.chars().nth(MESSAGE_CHARS).is_some() {
        Err(Code::MessageTooLong)
    } else if text.contains('\0') {
        Err(Code::BadText)
    } else if shows_nothing(text) {
        Err(Code::EmptyMessage)
    } else {
        Ok(text.into())
    }
}

/// `Default_Ignorable_Code_Point` (Unicode 17, DerivedCoreProperties.txt), reserved ones included: the property is made
/// so that what is assigned later is in it already.
const IGNORABLE: [RangeInclusive<char>; 17] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Empty, or made only of characters that leave no mark: white space, controls, ignorable ones, the braille pattern
/// without dots, the marks of interlinear annotation, and the musical note without a head.
fn shows_nothing(text: &str) -> bool {
    text.chars().all(|sign| {
        sign.is_whitespace()
            || sign.is_control()
            || matches!(sign, '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{1d159}')
            || IGNORABLE.iter().any(|range| range.contains(&sign))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_trimmed_and_then_judged() {
        assert_eq!(shaped(" \u{3000}x\n").as_deref(), Ok("x"));
        assert_eq!(
            shaped(&format!("  {}  ", "é".repeat(MESSAGE_CHARS))).map(|t| t.len()),
            Ok(2 * MESSAGE_CHARS)
        );
        assert_eq!(shaped(&"é".repeat(MESSAGE_CHARS + 1)), Err(Code::MessageTooLong));
        assert_eq!(shaped("a\0b"), Err(Code::BadText));
        assert_eq!(shaped(" \u{200b} "), Err(Code::EmptyMessage));
    }

    #[test]
    fn the_contracts_texts_are_judged_as_it_says() {
        let list = include_str!("../../../protocol/fixtures/text/shows_nothing.json");
        let list: std::collections::HashMap<String, Vec<String>> = serde_json::from_str(list).unwrap();
        for text in &list["shows_nothing"] {
            assert!(shows_nothing(text), "{text:?}");
        }
        for text in &list["shows_something"] {
            assert!(!shows_nothing(text), "{text:?}");
        }
    }
}
