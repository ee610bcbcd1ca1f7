//! A stream of bytes, cut into stanzas: the children of the stream's root.
//!
//! XMPP forbids comments, processing instructions and entities of one's own (RFC 6120, section 11.1), so tags and text
//! are all there is. What the load writes needs no escaping, so nothing is unescaped.

use std::fmt;

use anyhow::{Context as _, Result, ensure};

/// No server sends this much in one stanza here.
const MOST: usize = 1 << 20;

/// What has come, and how far it was looked at.
#[derive(Default)]
pub(super) struct Stanzas {
    buffer: Vec<u8>,
    /// Up to here, whole tags and texts were looked at.
    at: usize,
    /// Where the present stanza begins.
    start: usize,
    /// Elements that are open within the stream's root.
    depth: usize,
    /// Whether the root's tag has come.
    opened: bool,
}

impl Stanzas {
    /// Where to read to.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// The next whole stanza; `None` if more bytes are needed.
    pub(super) fn next(&mut self) -> Result<Option<Stanza>> {
        while let Some((from, to)) = self.tag() {
            self.at = to;
            let tag = &self.buffer[from..to];
            if tag.starts_with(b"<?") {
                continue;
            }
            if !self.opened {
                self.opened = true;
                continue;
            }
            let closes = tag.starts_with(b"</");
            let alone = tag.ends_with(b"/>");
            if self.depth == 0 {
                ensure!(!closes, "the server has closed the stream");
                self.start = from;
            }
            match (closes, alone) {
                (true, _) => self.depth -= 1,
                (false, false) => self.depth += 1,
                (false, true) => {}
            }
            if self.depth == 0 {
                let bytes = self.buffer[self.start..to].to_vec();
                self.buffer.drain(..to);
                self.at = 0;
                return Ok(Some(Stanza(String::from_utf8(bytes).context("a stanza is not in UTF-8")?)));
            }
        }
        ensure!(self.buffer.len() <= MOST, "a stanza has more than {MOST} bytes");
        Ok(None)
    }

    /// Where the next tag begins and ends, `>` included, if all of it is there.
    fn tag(&self) -> Option<(usize, usize)> {
        let rest = &self.buffer[self.at..];
        let from = rest.iter().position(|byte| *byte == b'<')?;
        let mut quote = None;
        for (n, byte) in rest[from..].iter().enumerate() {
            match (quote, byte) {
                (None, b'>') => return Some((self.at + from, self.at + from + n + 1)),
                (None, b'\'' | b'"') => quote = Some(*byte),
                (Some(open), byte) if open == *byte => quote = None,
                _ => {}
            }
        }
        None
    }
}

/// One stanza, as it came.
pub(super) struct Stanza(String);

impl fmt::Debug for Stanza {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Stanza {
    /// With its prefix, if it has one.
    pub(super) fn name(&self) -> &str {
        let end = self.0[1..].find([' ', '\n', '\t', '/', '>']).map_or(self.0.len(), |end| end + 1);
        &self.0[1..end]
    }

    /// Of the stanza's own tag.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let mut rest = self.0[1..].get(self.name().len()..)?.trim_start();
        while let Some((key, value)) = rest.split_once('=') {
            if key.contains(['>', '/']) {
                return None;
            }
            let quote = value.chars().next()?;
            let (value, after) = value[1..].split_once(quote)?;
            if key.trim() == name {
                return Some(value);
            }
            rest = after.trim_start();
        }
        None
    }

    /// The text of its `<body>`.
    pub(super) fn body(&self) -> Option<&str> {
        let (_, rest) = self.0.split_once("<body>")?;
        Some(rest.split_once("</body>")?.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "<?xml version='1.0'?><stream:stream id='1' from=\"localhost\">\
        <stream:features><a><b/></a></stream:features> \
        <message type=\"chat\" from='u7@localhost/x>y' id='1'><body>one</body></message><presence from='u8@localhost/r'/>";

    #[test]
    fn a_stream_is_cut_into_the_same_stanzas_however_it_comes() {
        for size in 1..STREAM.len() {
            let mut stanzas = Stanzas::default();
            let mut found = Vec::new();
            for piece in STREAM.as_bytes().chunks(size) {
                stanzas.buffer().extend_from_slice(piece);
                while let Some(stanza) = stanzas.next().unwrap() {
                    found.push(stanza);
                }
            }
            let names: Vec<_> = found.iter().map(Stanza::name).collect();
            assert_eq!(names, ["stream:features", "message", "presence"], "in pieces of {size}");
            assert_eq!(found[1].attribute("from"), Some("u7@localhost/x>y"));
            assert_eq!((found[1].attribute("id"), found[1].attribute("to")), (Some("1"), None));
            assert_eq!(found[1].body(), Some("one"));
            assert_eq!(found[2].attribute("from"), Some("u8@localhost/r"));
        }
    }

    #[test]
    fn the_end_of_the_stream_is_an_error() {
        let mut stanzas = Stanzas::default();
        stanzas.buffer().extend_from_slice(b"<stream:stream></stream:stream>");
        assert!(stanzas.next().is_err());
    }
}
