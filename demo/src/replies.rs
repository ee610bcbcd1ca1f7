//! What classmates answer: a short sentence that fits what was written, in English or Portuguese.
//!
//! Pure: the choice among fitting sentences is the caller's number.

/// An answer to `text`; `choice` picks among those that fit.
pub(crate) fn reply(text: &str, choice: usize) -> &'static str {
    let text = text.to_lowercase();
    let has = |words: &[&str]| has(&text, words);
    let portuguese = is_portuguese(&text);
    let (english, other): (&[&str], &[&str]) = if has(&["bye", "tchau", "adeus", "later", "logo"]) {
        (&["Bye! 👋", "See you in class.", "See you!"], &["Até logo! 👋", "Vemo-nos na aula.", "Tchau!"])
    } else if has(&["thanks", "thank", "thx", "obrigado", "obrigada"]) {
        (
            &["You’re welcome!", "Any time 🙂", "Sure, no problem."],
            &["De nada!", "Sempre às ordens 🙂", "Claro, sem problema."],
        )
    } else if text.contains('?') {
        (
            &[
                "Good question. I’d look at the forum first.",
                "I think so, but I’m not sure.",
                "Let me check my notes.",
                "Yes!",
                "Not that I know of.",
                "I was about to ask you the same.",
            ],
            &[
                "Boa pergunta. Eu veria primeiro no fórum.",
                "Acho que sim, mas não tenho a certeza.",
                "Deixa-me ver os meus apontamentos.",
                "Sim!",
                "Que eu saiba, não.",
            ],
        )
    } else if has(&["hello", "hi", "hey", "morning", "evening", "olá", "ola", "oi", "bom", "boa"]) {
        (
            &["Hi! 👋", "Hello! How is it going?", "Hey, good to see you here."],
            &["Olá! 👋", "Oi! Tudo bem?", "Olá, que bom ver-te por aqui."],
        )
    } else {
        (
            &[
                "Makes sense.",
                "Ha, same here.",
                "OK, I’ll have a look.",
                "Oh, I did not know that.",
                "Shall we talk about it after class?",
                "👍",
                "I’m still at exercise 3…",
            ],
            &[
                "Faz sentido.",
                "Ah, eu também.",
                "Está bem, vou ver.",
                "Não sabia disso.",
                "Falamos depois da aula?",
                "👍",
                "Ainda vou no exercício 3…",
            ],
        )
    };
    let fitting = if portuguese { other } else { english };
    fitting[choice % fitting.len()]
}

/// The same with a slip of the fingers: the first two different letters inside its longest word change places. A text
/// without such a word gets a letter too many.
pub(crate) fn slip(text: &str) -> String {
    let word =
        text.split(|c: char| !c.is_alphanumeric()).max_by_key(|word| word.chars().count()).unwrap_or("");
    let mut letters: Vec<char> = word.chars().collect();
    match (1..letters.len().saturating_sub(1)).find(|at| letters[*at] != letters[at + 1]) {
        Some(at) => {
            letters.swap(at, at + 1);
            text.replacen(word, &letters.into_iter().collect::<String>(), 1)
        }
        None => format!("{text} k"),
    }
}

/// What was meant for another window, in the language of `text`.
pub(crate) fn astray(text: &str) -> &'static str {
    if is_portuguese(&text.to_lowercase()) {
        "Já comprei o pão, mãe."
    } else {
        "Mum, I already bought the bread."
    }
}

/// Whether one of the words is in a text in lower case.
fn has(text: &str, words: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
}

fn is_portuguese(text: &str) -> bool {
    has(
        text,
        &[
            "olá", "ola", "oi", "obrigado", "obrigada", "você", "voce", "tu", "não", "nao", "sim", "bom",
            "boa", "que", "como", "está", "aula", "quando", "tchau",
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::{astray, reply, slip};

    #[test]
    fn a_slip_is_seen_and_small() {
        assert_eq!(slip("Makes sense."), "Makes snese.");
        assert_eq!(slip("👍"), "👍 k");
        assert_eq!(slip("Até logo! 👋"), "Até lgoo! 👋");
        assert_ne!(astray("olá"), astray("hi"));
    }

    #[test]
    fn answers_fit() {
        assert_eq!(reply("Hi!", 0), "Hi! 👋");
        assert_eq!(reply("Olá", 0), "Olá! 👋");
        assert_eq!(reply("thanks a lot", 0), "You’re welcome!");
        assert_eq!(reply("Have you done exercise 4?", 3), "Yes!");
        assert_eq!(reply("", usize::MAX), reply("", usize::MAX % 7));
    }
}
