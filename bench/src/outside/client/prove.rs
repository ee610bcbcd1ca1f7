//! The end of those who are sampled: they fetch all there is, and one of each pair reads what is stored.

use gchat_soak::history::{HARNESS, Said, What};
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use super::{Client, PATIENCE};
use crate::outside::{
    frames::{Changes, History, Outgoing, Position, kind},
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
        loop {
            let Position { rev, seq, .. } = self.held[0];
            self.request += 1;
            let (request, conversation, limit) = (self.request, self.conversation, PAGE);
            self.send(&Outgoing::Changes { request, conversation, rev, seq, limit }.encode()).await;
            let answer =
                timeout(PATIENCE, self.answer_to::<Changes>("changes", request)).await.ok().flatten();
            let Some(changes) = answer else { return self.trouble("what is left could not be read") };
            let is_last = !changes.more && changes.rev <= self.held[0].rev;
            self.changed(Changes { more: false, ..changes }, true, 0).await;
            if is_last {
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
                let mine = message.mine.clone();
                after = message.seq;
                let (conversation, reader, message) = (self.conversation, self.who.user, Said::of(message));
                self.shared.log.add(HARNESS, What::Stored { conversation, message, reader, mine });
            }
            if page.messages.is_empty() {
                let (conversation, rev) = (self.conversation, page.rev);
                self.shared.log.add(HARNESS, What::Head { conversation, rev });
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
        let page = timeout(PATIENCE, self.answer_to::<History>("history", request)).await.ok().flatten();
        if page.is_none() {
            self.trouble("what is stored could not be read");
        }
        page
    }

    async fn answer_to<T: Answer>(&mut self, name: &str, request: u32) -> Option<T> {
        while let Some(socket) = &mut self.socket {
            let Ok(Frame::Text(text)) = socket.next().await else { return None };
            if kind(&text) == name
                && let Ok(answer) = serde_json::from_str::<T>(&text)
                && answer.request() == Some(request)
            {
                return Some(answer);
            }
            self.hear(&text).await;
        }
        None
    }
}

/// A frame that answers a question.
trait Answer: DeserializeOwned {
    fn request(&self) -> Option<u32>;
}

impl Answer for History {
    fn request(&self) -> Option<u32> {
        Some(self.request)
    }
}

impl Answer for Changes {
    fn request(&self) -> Option<u32> {
        self.request
    }
}
