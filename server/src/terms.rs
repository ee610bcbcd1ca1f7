//! What of a text is found, and by what: the words of messages, for every store alike.
//!
//! The one place of that rule (protocol/README.md, `find`). Pure: texts in, texts out. Letters are compared as in names
//! (`fold`). A word is found by its beginning, from three letters on, and a shorter one whole. Scripts that put no spaces
//! between words are found by any part of what is written in a row: the index has them as characters and pairs of them.
//!
//! Of longer words the index has beginnings of some lengths, and no more: a question for terms that begin so would make it
//! read all that anybody has said. So it finds more than what is sought, and the text itself has the last word.

use std::{collections::BTreeSet, ops::Range};

use unicode_normalization::UnicodeNormalization as _;

use crate::fold::fold;

/// Another number whenever `terms` gives others for some text: then an index is made anew.
pub const RULE: i64 = 1;

/// The lengths of the beginnings of words that an index has. A word of the first finds those that begin with it.
const BEGINNINGS: [usize; 3] = [3, 5, 8];

/// Letters of a word that count: what is longer is no word that anybody types.
const LETTERS_MOST: usize = 40;

/// Pieces of what is looked for that count.
const PIECES_MOST: usize = 16;

/// Characters of a text that are looked at to see what begins with them: more than what is looked for has.
const SHOWN: usize = 120;

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought(Vec<Piece>);

/// A part of what is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// The beginning of a word.
    Begins(String),
    /// A word.
    Whole(String),
    /// Characters in a row.
    Row(String),
}

/// A word, or characters in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Is {
    Word,
    Row,
}

/// The terms of a text, each once.
pub fn terms(text: &str) -> BTreeSet<String> {
    let folded = folded(text);
    let mut terms = BTreeSet::new();
    for (is, range) in pieces(&folded) {
        let piece = &folded[range];
        match is {
            Is::Word => terms.extend(forms(piece).flat_map(beginnings).map(str::to_owned)),
            Is::Row => {
                terms.extend(piece.chars().map(String::from));
                terms.extend(pairs(piece));
            }
        }
    }
    terms
}

impl Sought {
    /// By this text.
    pub fn of(text: &str) -> Self {
        let folded = folded(text);
        let mut all: Vec<Piece> = Vec::new();
        for (is, range) in pieces(&folded).take(PIECES_MOST) {
            let piece = match is {
                Is::Word => {
                    let word = cut(&folded[range]).to_owned();
                    if word.chars().nth(BEGINNINGS[0] - 1).is_some() {
                        Piece::Begins(word)
                    } else {
                        Piece::Whole(word)
                    }
                }
                Is::Row => Piece::Row(folded[range].to_owned()),
            };
            if !all.contains(&piece) {
                all.push(piece);
            }
        }
        Self(all)
    }

    /// There is nothing in it that can be looked for: it finds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The terms that a text has that has all of it. Others may have them too: `is_in` has the last word.
    pub fn asked(&self) -> BTreeSet<String> {
        let of = |piece: &Piece| -> Vec<String> {
            match piece {
                Piece::Begins(word) | Piece::Whole(word) => {
                    beginnings(word).last().map(str::to_owned).into_iter().collect()
                }
                Piece::Row(row) if row.chars().nth(1).is_none() => vec![row.clone()],
                Piece::Row(row) => pairs(row).collect(),
            }
        };
        self.0.iter().flat_map(of).collect()
    }

    /// Whether a text has all of it.
    pub fn is_in(&self, text: &str) -> bool {
        let folded = folded(text);
        let all: Vec<(Is, &str)> = pieces(&folded).map(|(is, range)| (is, &folded[range])).collect();
        self.0.iter().all(|piece| all.iter().any(|(is, found)| piece.is(*is, found)))
    }

    /// Where in a text the first of it begins, in bytes.
    pub fn first_in(&self, text: &str) -> Option<usize> {
        let letters = |c: char| c.is_alphanumeric() || is_mark(c);
        let mut begin = 0;
        while let Some(at) = text[begin..].find(letters) {
            begin += at;
            let end = text[begin..].find(|c| !letters(c)).map_or(text.len(), |length| begin + length);
            for (at, first) in text[begin..end].char_indices().map(|(at, c)| (begin + at, c)) {
                // A word begins where what is before it is none; in a row anything does.
                let begins =
                    at == begin || in_row(first) || text[..at].chars().next_back().is_some_and(in_row);
                let rest = &text[at..end];
                let rest = rest.char_indices().nth(SHOWN).map_or(rest, |(end, _)| &rest[..end]);
                let folded = if begins { folded(rest) } else { continue };
                let Some((is, range)) = pieces(&folded).next() else { continue };
                let found = &folded[range];
                if self.0.iter().any(|piece| piece.begins(is, found)) {
                    return Some(at);
                }
            }
            begin = end;
        }
        None
    }
}

impl Piece {
    fn is(&self, is: Is, found: &str) -> bool {
        match (self, is) {
            (Self::Row(row), Is::Row) => found.contains(&**row),
            _ => self.begins(is, found),
        }
    }

    /// Whether a word or row that begins here is this.
    fn begins(&self, is: Is, found: &str) -> bool {
        match (self, is) {
            (Self::Begins(word), Is::Word) => forms(found).any(|form| form.starts_with(&**word)),
            (Self::Whole(word), Is::Word) => forms(found).any(|form| form == word),
            (Self::Row(row), Is::Row) => found.starts_with(&**row),
            _ => false,
        }
    }
}

/// As it is compared, and syllables of Hangul composed: they are what is written in a row. The line that stretches Arabic
/// words is no letter.
fn folded(text: &str) -> String {
    const STRETCHED: char = '\u{0640}';
    if text.is_ascii() {
        return fold(text);
    }
    fold(text).nfc().filter(|c| *c != STRETCHED).collect()
}

/// Words and rows of a folded text.
fn pieces(folded: &str) -> impl Iterator<Item = (Is, Range<usize>)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let first = folded[rest..].find(char::is_alphanumeric)? + rest;
        let is_row = folded[first..].chars().next().is_some_and(in_row);
        let ends = |c: char| !c.is_alphanumeric() || in_row(c) != is_row;
        rest = folded[first..].find(ends).map_or(folded.len(), |length| first + length);
        Some((if is_row { Is::Row } else { Is::Word }, first..rest))
    })
}

/// The forms by which a word is found: as it is, and in Arabic also without the article.
fn forms(word: &str) -> impl Iterator<Item = &str> {
    const ARTICLE: &str = "ال";
    let word = cut(word);
    let bare = word.strip_prefix(ARTICLE).filter(|bare| bare.chars().nth(1).is_some());
    std::iter::once(word).chain(bare)
}

/// What of a word counts.
fn cut(word: &str) -> &str {
    word.char_indices().nth(LETTERS_MOST).map_or(word, |(end, _)| &word[..end])
}

/// What of a word is in an index: the word itself where it is short, else its beginnings.
fn beginnings(word: &str) -> impl Iterator<Item = &str> {
    let cut = |letters: &usize| {
        let last = word.char_indices().nth(letters - 1);
        last.map(|(at, c)| &word[..at + c.len_utf8()])
    };
    let longer: Vec<&str> = BEGINNINGS.iter().filter_map(cut).collect();
    let short = longer.is_empty().then_some(word);
    longer.into_iter().chain(short)
}

/// Each character with the one after it.
fn pairs(row: &str) -> impl Iterator<Item = String> {
    let all: Vec<char> = row.chars().collect();
    (1..all.len()).map(move |at| all[at - 1..=at].iter().collect())
}

/// Whether this is of a script that is written in a row: Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer.
fn in_row(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{3130}'..='\u{318f}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

fn is_mark(c: char) -> bool {
    use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory as _};
    c.general_category_group() == GeneralCategoryGroup::Mark
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(sought: &str, text: &str) -> bool {
        let found = Sought::of(sought).is_in(text);
        if found {
            assert!(terms(text).is_superset(&Sought::of(sought).asked()), "{sought} in {text}");
            assert!(Sought::of(sought).first_in(text).is_some(), "{sought} in {text}");
        }
        found
    }

    #[test]
    fn words_are_found_by_their_beginning_whatever_their_case_and_accents() {
        let text = "A Matemática começa às 9h30, na sala B2 (edifício principal)!";
        for sought in ["matem", "MATEMATICA", "comeca", "sala b2", "principal edif", "9h30", "às", "as", "b2"]
        {
            assert!(finds(sought, text), "{sought}");
        }
        for sought in ["ema", "9h3x", "b", "sala c", "çã", "principals"] {
            assert!(!finds(sought, text), "{sought}");
        }
        assert!(finds("jo", "Jo is here") && !finds("jo", "João is here"), "two letters are a word");
        assert!(Sought::of(" … 👋 ").is_empty() && !Sought::of("a").is_empty());
    }

    #[test]
    fn what_is_written_in_a_row_is_found_by_any_part() {
        for (sought, text) in [
            ("京都", "東京都は大きい"),
            ("都", "東京都は大きい"),
            ("い", "東京都は大きい"),
            ("東京都", "東京都は大きい"),
            ("作业", "请交作业"),
            ("학교", "우리학교에서"),
            ("한국", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}"),
            ("การบ้าน", "ส่งการบ้านวันนี้"),
            ("pdf 作业", "作业.pdf"),
            ("作业pdf", "作业pdf"),
        ] {
            assert!(finds(sought, text), "{sought} in {text}");
        }
        assert!(!finds("京大", "東京都は大きい"));
        // Its pairs are there, and it is not.
        assert!(!Sought::of("京都大").is_in("京都 都大"));
    }

    #[test]
    fn arabic_and_hebrew_words_are_found() {
        assert!(finds("كتاب", "هذا الكتاب جديد") && finds("الكتاب", "الكتاب"));
        assert!(
            finds("كتاب", "كِتَابٌ") && finds("كتاب", "كـــتاب"),
            "vowel signs and stretched lines do not count"
        );
        assert!(finds("שלום", "שָׁלוֹם לכולם"));
        assert!(!finds("تاب", "هذا الكتاب"));
    }

    #[test]
    fn where_it_begins() {
        for (sought, text, at) in [
            ("edif", "na sala (Edifício)", "na sala (".len()),
            ("京都", "見る東京都", "見る東".len()),
            ("pdf", "作业pdf", "作业".len()),
            ("b c", "xb c b", 3),
        ] {
            assert_eq!(Sought::of(sought).first_in(text), Some(at), "{sought} in {text}");
        }
        assert_eq!(Sought::of("x").first_in("y"), None);
    }

    #[test]
    fn a_text_without_end_has_terms_within_bounds() {
        let long = "a".repeat(4_096);
        assert_eq!(terms(&long).iter().map(String::len).collect::<Vec<_>>(), BEGINNINGS);
        assert!(finds(&long[..100], &long));
        assert_eq!(Sought::of(&"a b ".repeat(50)).asked().len(), 2);
        assert!(
            Sought::of(&(0..100).map(|n| format!("w{n} ")).collect::<String>()).asked().len() <= PIECES_MOST
        );
    }

    proptest! {
        /// Whatever is found in a text is found by the index, and in it the place can be shown.
        #[test]
        fn the_index_misses_nothing(text in "\\PC{0,40}", begin in 0_usize..40, length in 1_usize..12) {
            let sought: String = text.chars().skip(begin).take(length).collect();
            let sought = Sought::of(&sought);
            if !sought.is_empty() && sought.is_in(&text) {
                prop_assert!(terms(&text).is_superset(&sought.asked()));
                prop_assert!(sought.first_in(&text).is_some_and(|at| text.is_char_boundary(at)));
            }
            for term in terms(&text) {
                prop_assert!(term.chars().all(char::is_alphanumeric), "{term:?}: an index takes it apart");
            }
        }
    }
}
