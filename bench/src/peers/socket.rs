//! A WebSocket to a peer on this machine.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{
        Message, Utf8Bytes, client::IntoClientRequest as _, http::HeaderValue, protocol::WebSocketConfig,
    },
};

use super::host;

/// The library's own read buffer would take 128 KiB a connection.
const BUFFER: usize = 4_096;

/// Text frames, both ways.
pub(super) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    /// As a page of the host opens it.
    pub(super) async fn open(address: SocketAddr, path: &str) -> Result<Self> {
        let stream =
            TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{address}{path}").into_client_request()?;
        request.headers_mut().insert("origin", HeaderValue::from_static(host::URL));
        let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(0);
        let (socket, _) = client_async_with_config(request, stream, Some(config))
            .await
            .with_context(|| format!("{address} did not upgrade"))?;
        Ok(Self(socket))
    }

    pub(super) async fn write(&mut self, text: impl Into<Utf8Bytes>) -> Result<()> {
        Ok(self.0.send(Message::Text(text.into())).await?)
    }

    /// The next text. Cancel-safe.
    pub(super) async fn read(&mut self) -> Result<Utf8Bytes> {
        loop {
            match self.0.next().await.context("the peer has closed the connection")?? {
                Message::Text(text) => return Ok(text),
                Message::Close(why) => bail!("the peer has closed the connection: {why:?}"),
                // The library answers pings by itself.
                _ => {}
            }
        }
    }
}
