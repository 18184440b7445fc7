//! Ctrl-C and its kin. Heard, never obeyed on the spot: what follows is a run's business.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears that somebody wants this to stop.
pub struct Interrupts {
    signals: Option<[Signal; 3]>,
}

impl Interrupts {
    /// Begins to hear; from now on the signals do nothing by themselves.
    ///
    /// # Errors
    /// If the system does not allow it.
    pub fn listen() -> std::io::Result<Interrupts> {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let [interrupt, terminate, hangup] = kinds.map(signal);
        Ok(Interrupts { signals: Some([interrupt?, terminate?, hangup?]) })
    }

    /// Hears nothing, for whoever must not pass it on.
    pub fn deaf() -> Interrupts {
        Interrupts { signals: None }
    }

    /// Resolves at the next one.
    pub async fn next(&mut self) {
        let Some([interrupt, terminate, hangup]) = &mut self.signals else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
