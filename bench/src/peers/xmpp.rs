//! XMPP as the load needs it, over plain TCP: sign in with a password, roster, presence, messages (RFC 6120, 6121).
//!
//! Knows no server: XMPP servers differ only in how they are started.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use async_trait::async_trait;
use base64::{Engine as _, prelude::BASE64_STANDARD as BASE64};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use uuid::Uuid;

use super::{
    host,
    peer::{Connection, Peer, Person, Told},
};

mod stanza;
use stanza::{Stanza, Stanzas};

/// The domain of everybody.
pub(super) const DOMAIN: &str = "localhost";

/// A running XMPP server.
pub(super) struct Xmpp {
    pub(super) address: SocketAddr,
}

#[async_trait]
impl Peer for Xmpp {
    async fn connect(&self, person: &Person) -> Result<Box<dyn Connection>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut client = Client { stream, read: Stanzas::default(), user: person.user, written: 0 };
        client.sign_in().await.with_context(|| format!("user {} could not sign in", person.user))?;
        Ok(Box::new(client))
    }
}

struct Client {
    stream: TcpStream,
    read: Stanzas,
    user: u64,
    written: u64,
}

impl Client {
    async fn sign_in(&mut self) -> Result<()> {
        self.open().await?;
        let user = self.user;
        let plain = BASE64.encode(format!("\0u{user}\0{}", host::password(user)));
        let auth = format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>");
        self.write(&auth).await?;
        self.expect("success").await?;
        self.open().await?;
        let resource = Uuid::new_v4();
        self.write(&format!(
            "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource>\
             </bind></iq>"
        ))
        .await?;
        self.answered("bind").await?;
        self.write("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>").await?;
        self.answered("roster").await?;
        self.write("<presence/>").await?;
        // One's own presence comes back when it is known: from then on, messages reach this connection.
        let own = format!("u{user}@{DOMAIN}/{resource}");
        while self.stanza().await?.attribute("from") != Some(&own) {}
        Ok(())
    }

    /// Begins a stream, and waits for what the server can do.
    async fn open(&mut self) -> Result<()> {
        self.read = Stanzas::default();
        self.write(&format!(
            "<?xml version='1.0'?><stream:stream to='{DOMAIN}' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>"
        ))
        .await?;
        self.expect("stream:features").await
    }

    async fn write(&mut self, text: &str) -> Result<()> {
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    /// The next stanza. Cancel-safe.
    async fn stanza(&mut self) -> Result<Stanza> {
        loop {
            if let Some(stanza) = self.read.next()? {
                return Ok(stanza);
            }
            ensure!(self.stream.read_buf(self.read.buffer()).await? > 0, "the server has closed the stream");
        }
    }

    async fn expect(&mut self, name: &str) -> Result<()> {
        let stanza = self.stanza().await?;
        ensure!(stanza.name() == name, "<{name}> was expected, and {stanza:?} came");
        Ok(())
    }

    /// Waits for the answer to a request; presences may come in between.
    async fn answered(&mut self, id: &str) -> Result<()> {
        loop {
            let stanza = self.stanza().await?;
            if stanza.attribute("id") == Some(id) {
                ensure!(stanza.attribute("type") == Some("result"), "the server refuses: {stanza:?}");
                return Ok(());
            }
        }
    }
}

/// Whose address this is: `u17@localhost/…`.
fn user(address: &str) -> Option<u64> {
    address.strip_prefix('u')?.split_once('@')?.0.parse().ok()
}

#[async_trait]
impl Connection for Client {
    async fn say(&mut self, to: u64, text: &str) -> Result<()> {
        self.written += 1;
        let message = format!(
            "<message to='u{to}@{DOMAIN}' type='chat' id='m{}'><body>{text}</body></message>",
            self.written
        );
        self.write(&message).await
    }

    async fn next(&mut self) -> Result<Told> {
        let stanza = self.stanza().await?;
        let kind = stanza.attribute("type");
        let from = stanza.attribute("from").and_then(user);
        Ok(match (stanza.name(), kind, from) {
            (_, Some("error"), _) => bail!("the server refuses: {stanza:?}"),
            ("stream:error", ..) => bail!("the server ends the stream: {stanza:?}"),
            ("message", Some("chat"), Some(from)) => {
                let text = stanza.body().with_context(|| format!("a message without a body: {stanza:?}"))?;
                Told::Message { from, text: text.to_owned() }
            }
            ("presence", None, Some(from)) => Told::Online(vec![from]),
            _ => Told::Else,
        })
    }
}
