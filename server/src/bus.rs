//! What has happened and whom to tell: the one way from the rules to the hub.
//!
//! A plain type until a second node makes it a trait. It carries what is committed already; losing one of its calls
//! delays somebody until they next resume, and loses nothing. Knows no SQL.

use std::sync::Arc;

use crate::{
    hub::{Connection, Hub, Kind},
    id::{ConversationId, Seq, SiteId, UserId},
    protocol::{Message, ServerFrame},
};

/// This node's bus.
pub struct Bus {
    hub: Arc<Hub>,
}

impl Bus {
    /// Delivers to this hub.
    pub fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }

    /// A message is committed: both users' connections get it, the sender's others included. For the one that sent it
    /// it is only queued: it goes out with the ack.
    pub fn message(
        &self,
        site: SiteId,
        conversation: ConversationId,
        message: Message,
        sent_by: &Connection,
    ) {
        let frame = ServerFrame::Message { conversation, message }.encode();
        for user in [conversation.lower(), conversation.higher()] {
            for connection in self.hub.connections(site, user) {
                if connection.id == sent_by.id {
                    connection.out.add(frame.clone(), Kind::Vital);
                } else {
                    connection.out.push(frame.clone(), Kind::Vital);
                }
            }
        }
    }

    /// A read mark has risen; these may know.
    pub fn read(&self, site: SiteId, conversation: ConversationId, user: UserId, seq: Seq, to: &[UserId]) {
        let frame = ServerFrame::Read { conversation, user, seq }.encode();
        to.iter().for_each(|to| self.hub.deliver(site, *to, &frame, Kind::Vital));
    }

    /// Somebody is writing to `to`.
    pub fn typing(&self, site: SiteId, conversation: ConversationId, user: UserId, to: UserId) {
        let frame = ServerFrame::Typing { conversation, user }.encode();
        self.hub.deliver(site, to, &frame, Kind::Fleeting);
    }

    /// A conversation changed in a way that messages cannot tell.
    pub fn reset(&self, site: SiteId, conversation: ConversationId) {
        let frame = ServerFrame::Reset { conversation }.encode();
        for user in [conversation.lower(), conversation.higher()] {
            self.hub.deliver(site, user, &frame, Kind::Vital);
        }
    }

    /// A frame for one user, on all of their connections.
    pub fn user(&self, site: SiteId, user: UserId, frame: &ServerFrame) {
        self.hub.deliver(site, user, &frame.encode(), Kind::Vital);
    }
}
