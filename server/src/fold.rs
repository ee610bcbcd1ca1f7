//! How names are compared when somebody looks for one: without case, accents and the way in which a letter is composed.
//!
//! The one place of that rule (protocol/README.md, `search`). Pure: a text in, a text out.

use unicode_normalization::UnicodeNormalization as _;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory as _};

/// What Unicode does not decompose, in lower case, and what everybody types for it. Which form the Greek sigma has depends
/// on where in a word it stands, and a part of a word may be looked for.
const PLAIN: [(char, &str); 13] = [
    ('đ', "d"),
    ('ð', "d"),
    ('ħ', "h"),
    ('ı', "i"),
    ('ł', "l"),
    ('ø', "o"),
    ('ŧ', "t"),
    ('ς', "σ"),
    ('’', "'"),
    ('ʼ', "'"),
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
];

/// A text as it is compared: decomposed (NFKD), without combining marks (Mn), in lower case, and in plain letters.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let is_mark = |c: &char| c.general_category() == GeneralCategory::NonspacingMark;
    let lower = text.nfkd().filter(|c| !is_mark(c)).collect::<String>().to_lowercase();
    let mut folded = String::with_capacity(lower.len());
    for c in lower.chars() {
        match PLAIN.iter().find(|(letter, _)| *letter == c) {
            Some((_, plain)) => folded.push_str(plain),
            None => folded.push(c),
        }
    }
    folded
}

/// What somebody looks for: the words of a text, each as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Of this text.
    pub fn of(text: &str) -> Self {
        Self(fold(text).split_whitespace().map(str::to_owned).collect())
    }

    /// Whether a name, which is folded, has each of them anywhere; of no words every name does.
    pub fn are_in(&self, folded: &str) -> bool {
        self.0.iter().all(|word| folded.contains(&**word))
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_case_nor_accents_nor_the_form_count() {
        let pairs = include_str!("../../protocol/fixtures/text/folded.json");
        let pairs: Vec<(String, String)> = serde_json::from_str(pairs).expect("pairs of texts");
        assert!(pairs.len() > 10);
        for (text, folded) in pairs {
            assert_eq!(fold(&text), folded, "{text}");
            assert_eq!(fold(&folded), folded, "{text}: folded once more it is the same");
        }
    }

    #[test]
    fn a_syllable_of_hangul_is_found_composed_and_in_letters() {
        assert_eq!(fold("한국"), fold("\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"));
        assert!(Words::of("한").are_in(&fold("한국")));
        assert!(Words::of("하").are_in(&fold("한국")), "while it is being typed");
    }

    #[test]
    fn each_word_is_looked_for_in_any_order() {
        let name = fold("Maria João de Sousa");
        for text in ["sousa maria", "  JOAO\u{a0}SOU ", "ri", "", " "] {
            assert!(Words::of(text).are_in(&name), "{text}");
        }
        assert!(!Words::of("maria silva").are_in(&name));
        assert!(Words::of(" ").is_empty() && !Words::of("a").is_empty());
    }
}
