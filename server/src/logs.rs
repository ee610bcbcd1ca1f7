//! The log: standard error, as text or JSON. No message, name, token or key is ever logged, at any level.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Starts logging. The level was checked with the rest of the settings.
pub fn init(config: &Config) {
    // Colours are for terminals: in a file or a journal they are rubbish between the words.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(&config.log_level))
        .with_ansi(stderr().is_terminal())
        .with_writer(stderr);
    // A second call (tests) keeps the first.
    let _ = match config.log_format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.try_init(),
    };
}

/// The level, less the libraries that would log what people write, whatever the level.
pub fn filter(level: &str) -> EnvFilter {
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    // At trace, these log frames whole.
    ["tungstenite=off", "tokio_tungstenite=off"]
        .into_iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive)
}
