//! Waves whose targets have windows of their own: the next wave waits until the last of them has had its turn. Says where
//! that is long, and never when a run will begin.

use super::expand::Expansion;
use super::{LoopNode, NodeId, NodeKind, Place, Slot};
use crate::calendar::Calendar;
use crate::diag::{Code, Diagnostic};
use crate::value::{At, DeclaredWindow, Value, Window, show_duration};

/// How far ahead openings are compared.
const AHEAD_MS: i64 = 60 * 86_400_000;

/// More different windows are not compared with each other.
const WINDOWS_MAX: usize = 60;

impl Expansion<'_> {
    /// Warns of waves that wait from one window's opening to another's.
    pub(super) fn warn_barriers(&mut self) {
        for at in 0..self.plan.nodes.len() as u32 {
            let NodeKind::Loop(node) = &self.plan.node(NodeId(at)).kind else { continue };
            let node = (**node).clone();
            self.warn_barrier(NodeId(at), &node);
        }
    }

    fn warn_barrier(&mut self, id: NodeId, node: &LoopNode) {
        let Some(body) = self.plan.node(id).children.first().copied() else { return };
        let Some(span) = self.plan.node(body).during.as_ref().filter(|it| it.known().is_none()).map(|it| it.span)
        else {
            return;
        };
        for (slot, numbers) in (0_u32..).zip(&node.numbers) {
            let first = self.plan.space(node.space).slots_of(Slot(slot)).start;
            let mut begin = 0;
            for (wave, end) in (1..).zip(&numbers.waves) {
                let has_barrier = wave < numbers.waves.len() || node.wave_space.is_some();
                let slots = (first + begin)..(first + end);
                begin = *end;
                let calendars = if has_barrier { self.calendars(body, slots) } else { Vec::new() };
                if let Some(wait_ms) = long_wait(&calendars, self.request.now) {
                    let message =
                        format!("wave {wave} waits for {} windows that open at different times", calendars.len());
                    let problem = Diagnostic::new(Code::MANY_WINDOWS, span, message).because(format!(
                        "up to {} lie between the first opening and the last",
                        show_duration(wait_ms)
                    ));
                    self.say_strange(
                        problem.help("make a loop, or a stage, for each group of targets whose windows open together"),
                    );
                    return;
                }
            }
        }
    }

    /// Returns the windows of some elements of a loop, each once.
    fn calendars(&self, body: NodeId, slots: std::ops::Range<u32>) -> Vec<Calendar> {
        let Some(during) = &self.plan.node(body).during else { return Vec::new() };
        let mut windows: Vec<Window> = Vec::new();
        for slot in slots {
            let Ok(Value::Window(window)) = self.eval(during, Place::new(body, Slot(slot)), true) else { continue };
            let window = nameless(&window);
            if !windows.contains(&window) {
                windows.push(window);
            }
            if windows.len() > WINDOWS_MAX {
                break;
            }
        }
        windows.iter().filter_map(|it| Calendar::of(it).ok()).collect()
    }
}

/// Each target's window has a name of its own, whatever its hours are.
fn nameless(window: &Window) -> Window {
    let part = |it: &Window| std::sync::Arc::new(nameless(it));
    match window {
        Window::Declared(it) => Window::Declared(DeclaredWindow { name: "".into(), ..it.clone() }),
        Window::Both(a, b) => Window::Both(part(a), part(b)),
        Window::Either(a, b) => Window::Either(part(a), part(b)),
        Window::Not(of) => Window::Not(part(of)),
    }
}

/// Returns how long a wave waits from the opening with which it begins to the last of the others, at the most, where that is
/// half of what the shortest window is open for, or longer: less is nothing to speak of.
fn long_wait(calendars: &[Calendar], now: At) -> Option<i64> {
    if calendars.len() < 2 {
        return None;
    }
    let until = now.plus_ms(AHEAD_MS);
    let openings: Option<Vec<_>> = calendars.iter().map(|it| it.openings(now, until).next()).collect();
    let openings = openings?;
    let lasts_ms = openings.iter().filter_map(|it| Some(it.closes.at()?.since_ms(it.opens))).min()?;
    let waits = openings.iter().filter_map(|it| {
        let last: Option<At> = calendars
            .iter()
            .map(|other| other.starts(it.opens, until).at())
            .try_fold(it.opens, |last, at| Some(last.max(at?)));
        Some(last?.since_ms(it.opens))
    });
    waits.max().filter(|it| *it * 2 >= lasts_ms)
}
