//! Sockets without a WebSocket library: what no client would do can be done with them.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use super::{Host, circle, process::Process};

/// A socket from one of the loopback's addresses, 127.0.7.`address`.
pub(crate) async fn from(server: &Process, address: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    // What is not read shall wait at the server.
    socket.set_recv_buffer_size(4_096).unwrap();
    socket.bind(([127, 0, 7, address], 0).into()).unwrap();
    socket.connect(server.address).await.unwrap()
}

/// An upgraded socket that has not said anything yet; `None` if the server sends it away.
pub(crate) async fn upgraded(server: &Process, host: &Host, address: u8) -> Option<TcpStream> {
    let mut socket = from(server, address).await;
    let head = format!(
        "GET /ws HTTP/1.1\r\nHost: x\r\nOrigin: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        host.url
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        let read = timeout(Duration::from_secs(15), socket.read_exact(&mut byte));
        read.await.expect("an answer").ok()?;
        answer.push(byte[0]);
    }
    answer.starts_with(b"HTTP/1.1 101").then_some(socket)
}

/// The header of a client's frame (masked with zeros): its first byte, and the length that it claims.
pub(crate) fn head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match length {
        0..126 => head.push(0x80 | u8::try_from(length).unwrap()),
        126..65_536 => {
            head.push(0x80 | 126);
            head.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend([0; 4]);
    head
}

/// A good `hello` of somebody of the course c7, as bytes.
pub(crate) fn hello(host: &Host, user: i64) -> Vec<u8> {
    let hello = json!({
        "type": "hello", "protocol": 1, "token": host.token(user, "Somebody", &[circle("c7", "student")]),
        "session": uuid::Uuid::new_v4(), "visible": false,
    });
    let hello = hello.to_string();
    [head(0x81, u64::try_from(hello.len()).unwrap()), hello.into_bytes()].concat()
}
