//! Why the world said no, in words for a person. Decides nothing: the kind of fault is the caller's.

use crate::engine::{Fault, FaultKind};

pub(super) fn fault(kind: FaultKind, message: impl Into<String>) -> Fault {
    Fault { kind, message: message.into(), code: None }
}

pub(super) fn ended() -> Fault {
    fault(FaultKind::Ended, "ended before it was done")
}

/// Writes a time span the way the language does: `250ms`, `2s`, `1h30m`.
pub(super) fn duration_text(ms: u64) -> String {
    const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    if ms == 0 {
        return "0s".to_owned();
    }
    let mut rest = ms;
    let mut text = String::new();
    for (unit, size) in UNITS {
        if rest >= size {
            text.push_str(&format!("{}{unit}", rest / size));
            rest %= size;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::duration_text;

    #[test]
    fn spans_read_as_they_are_written() {
        let spans = [(0, "0s"), (250, "250ms"), (2_000, "2s"), (5_400_000, "1h30m"), (90_061_001, "1d1h1m1s1ms")];
        for (ms, text) in spans {
            assert_eq!(duration_text(ms), text);
        }
    }
}
