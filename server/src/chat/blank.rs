//! Whether a text shows nothing. Pure; the client's `isBlank` (client/src/elements/text.ts) judges by the same list, and
//! both are tested with protocol/fixtures/text/shows_nothing.json.

use std::ops::RangeInclusive;

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
pub(super) fn shows_nothing(text: &str) -> bool {
    text.chars().all(|sign| {
        sign.is_whitespace()
            || sign.is_control()
            || matches!(sign, '\u{2800}' | '\u{fff9}'..='\u{fffb}' | '\u{1d159}')
            || IGNORABLE.iter().any(|range| range.contains(&sign))
    })
}

#[cfg(test)]
mod tests {
    use super::shows_nothing;

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
