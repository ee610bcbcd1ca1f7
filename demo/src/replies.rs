//! What classmates answer: a short sentence that fits what was written, in English or Portuguese.
//!
//! Pure: the choice among fitting sentences is the caller's number.

/// An answer to `text`; `choice` picks among those that fit.
pub(crate) fn reply(text: &str, choice: usize) -> &'static str {
    let text = text.to_lowercase();
    let has = |words: &[&str]| {
        text.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word)) && !words.is_empty()
    };
    let portuguese = has(&[
        "olá", "ola", "oi", "obrigado", "obrigada", "você", "voce", "tu", "não", "nao", "sim", "bom", "boa",
        "que", "como", "está", "aula", "quando", "tchau",
    ]);
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

#[cfg(test)]
mod tests {
    use super::reply;

    #[test]
    fn answers_fit() {
        assert_eq!(reply("Hi!", 0), "Hi! 👋");
        assert_eq!(reply("Olá", 0), "Olá! 👋");
        assert_eq!(reply("thanks a lot", 0), "You’re welcome!");
        assert_eq!(reply("Have you done exercise 4?", 3), "Yes!");
        assert_eq!(reply("", usize::MAX), reply("", usize::MAX % 7));
    }
}
