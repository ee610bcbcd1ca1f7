//! The end of those who are sampled: they fetch all there is, and one of each pair reads what is stored.

use gchat_soak::history::{HARNESS, Said, What};
use tokio::time::{Instant, timeout};

use super::{Client, PATIENCE};
use crate::outside::{
    frames::{History, Outgoing, kind},
    socket::Frame,
};

/// Messages of one page.
const PAGE: u32 = 100;

impl Client {
    /// As `Order::Prove`.
    pub(super) async fn prove(&mut self) {
        for letter in &self.outbox {
            self.log(What::Timeout { id: letter.id });
        }
        // What the cursor brings, as after any walk; and then what a page says, should that have left something out.
        self.walk(Instant::now()).await;
        let conversation = self.conversation;
        loop {
            let Some(page) = self.page_after(self.held[0].seq).await else { return };
            // An answer to something asked before may have come between.
            for message in &page.messages {
                if message.seq > self.held[0].seq {
                    self.log(What::Display { conversation, message: Said::of(message) });
                    self.held[0].seq = message.seq;
                }
            }
            if page.messages.is_empty() {
                break;
            }
        }
        self.log(What::Drained);
        if self.who.user < self.who.partner {
            self.read_stored().await;
        }
    }

    async fn read_stored(&mut self) {
        let mut after = 0;
        loop {
            let Some(page) = self.page_after(after).await else { return };
            for message in &page.messages {
                let what = What::Stored { conversation: self.conversation, message: Said::of(message) };
                self.shared.log.add(HARNESS, what);
                after = message.seq;
            }
            if page.messages.is_empty() {
                return;
            }
        }
    }

    /// A page of this client's conversation. None: the connection was lost, which is trouble here.
    async fn page_after(&mut self, after: u64) -> Option<History> {
        self.request += 1;
        let (request, conversation) = (self.request, self.conversation);
        let ask = Outgoing::History { request, conversation, before: None, after: Some(after), limit: PAGE };
        self.send(&ask.encode()).await;
        let page = timeout(PATIENCE, self.answer_to(request)).await.ok().flatten();
        if page.is_none() {
            self.trouble("what is stored could not be read");
        }
        page
    }

    async fn answer_to(&mut self, request: u32) -> Option<History> {
        while let Some(socket) = &mut self.socket {
            let Ok(Frame::Text(text)) = socket.next().await else { return None };
            if kind(&text) == "history"
                && let Ok(page) = serde_json::from_str::<History>(&text)
                && page.request == request
            {
                return Some(page);
            }
            self.hear(&text).await;
        }
        None
    }
}
