//! The engine's way to the spawner: orders with a head of fixed length, and for each errand a hold on the supervisor
//! in return. One order at a time; an order that was cut off ends the way, since nobody could tell what comes next.

use std::io::{self, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::UnixStream;

use super::spawner::take_offered;

/// How many masks a spawner remembers; a run has one.
pub(super) const MASKS_MAX: usize = 64;

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// What follows is secrets to hide, under a number.
    Mask,
    /// What follows is an errand; its secrets are under a number, or none is if that is 0.
    Supervise,
}

/// What comes before each order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub order: Order,
    pub mask: u64,
    pub bytes: usize,
}

impl Head {
    pub const BYTES: usize = 17;

    pub fn write(self) -> [u8; Head::BYTES] {
        let mut head = [0; Head::BYTES];
        head[0] = match self.order {
            Order::Mask => b'm',
            Order::Supervise => b's',
        };
        head[1..9].copy_from_slice(&self.mask.to_ne_bytes());
        head[9..].copy_from_slice(&(self.bytes as u64).to_ne_bytes());
        head
    }

    pub fn read(head: &[u8; Head::BYTES]) -> Option<Head> {
        let order = match head[0] {
            b'm' => Order::Mask,
            b's' => Order::Supervise,
            _ => return None,
        };
        let number = |at: usize| u64::from_ne_bytes(head[at..at + 8].try_into().expect("a head has a fixed length"));
        Some(Head { order, mask: number(1), bytes: usize::try_from(number(9)).ok()? })
    }
}

/// A way that works.
pub(super) struct Channel {
    socket: UnixStream,
    /// The masks that the spawner remembers, the newest first.
    masks: Vec<u64>,
}

impl Channel {
    /// Takes the way to the spawner of this process, if there is one and nobody has it.
    pub fn take() -> Option<Channel> {
        let socket = take_offered()?;
        socket.set_nonblocking(true).ok()?;
        Some(Channel { socket: UnixStream::from_std(socket).ok()?, masks: Vec::new() })
    }

    /// Has an errand supervised and returns a hold on its supervisor.
    pub async fn supervise(&mut self, errand: &[u8], mask: u64, secrets: &[String]) -> io::Result<OwnedFd> {
        if !secrets.is_empty() && !self.masks.contains(&mask) {
            let values = serde_json::to_vec(secrets).expect("texts are data");
            self.send(Order::Mask, mask, &values).await?;
            self.masks.truncate(MASKS_MAX - 1);
            self.masks.insert(0, mask);
        }
        self.send(Order::Supervise, if secrets.is_empty() { 0 } else { mask }, errand).await?;
        loop {
            self.socket.readable().await?;
            match self.socket.try_io(Interest::READABLE, || self.receive()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                received => return received,
            }
        }
    }

    async fn send(&mut self, order: Order, mask: u64, text: &[u8]) -> io::Result<()> {
        let mut whole = Head { order, mask, bytes: text.len() }.write().to_vec();
        whole.extend_from_slice(text);
        self.socket.write_all(&whole).await
    }

    fn receive(&self) -> io::Result<OwnedFd> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut with = RecvAncillaryBuffer::new(&mut space);
        let mut answer = [0];
        let flags = RecvFlags::CMSG_CLOEXEC;
        recvmsg(&self.socket, &mut [IoSliceMut::new(&mut answer)], &mut with, flags)?;
        let holds = with.drain().filter_map(|it| match it {
            RecvAncillaryMessage::ScmRights(holds) => Some(holds),
            _ => None,
        });
        holds.flatten().next().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}
