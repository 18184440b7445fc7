//! A clock for plain programs: async functions that sleep, wait for each other and go on side by side, in virtual time.
//! Knows nothing of what they do.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Some part of a program that goes on beside others.
pub type Strand<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

#[derive(Debug, Default)]
pub struct Clock {
    now_ms: Cell<i64>,
    alarms: RefCell<BTreeSet<i64>>,
    /// Whether anything went on since it was last asked; then everything that waits looks again.
    stirred: Cell<bool>,
}

impl Clock {
    pub fn now_ms(&self) -> i64 {
        self.now_ms.get()
    }

    /// Runs a program until it ends; none if it waits for something that never comes.
    pub fn run<T>(&self, program: impl Future<Output = T>) -> Option<T> {
        let mut program = pin!(program);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(value) = program.as_mut().poll(&mut context) {
                return Some(value);
            }
            if !self.stirred.take() {
                let next = self.alarms.borrow_mut().pop_first()?;
                self.now_ms.set(next.max(self.now_ms()));
            }
        }
    }

    pub async fn sleep_until(&self, at_ms: i64) {
        self.alarm(at_ms);
        self.until(|| self.now_ms() >= at_ms).await;
    }

    /// Makes sure that everything that waits looks again at an instant.
    pub fn alarm(&self, at_ms: i64) {
        self.alarms.borrow_mut().insert(at_ms);
    }

    pub async fn until(&self, is_so: impl Fn() -> bool) {
        let now = |_: &mut Context| if is_so() { Poll::Ready(()) } else { Poll::Pending };
        poll_fn(now).await;
        self.stirred.set(true);
    }
}

/// Lets strands go on side by side until all have ended, and returns what each came to.
pub async fn all<T: Unpin>(strands: Vec<Strand<'_, T>>) -> Vec<T> {
    let mut strands: Vec<(Strand<'_, T>, Option<T>)> = strands.into_iter().map(|it| (it, None)).collect();
    poll_fn(|context| {
        for (strand, value) in strands.iter_mut().filter(|(_, value)| value.is_none()) {
            if let Poll::Ready(it) = strand.as_mut().poll(context) {
                *value = Some(it);
            }
        }
        if strands.iter().all(|(_, it)| it.is_some()) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    strands.into_iter().filter_map(|(_, value)| value).collect()
}
