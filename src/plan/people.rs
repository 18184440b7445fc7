//! What a plan asks people: where, whom, and whether enough of them there can ever be.

use super::expand::Expansion;
use super::{NodeId, NodeKind, Place, Plan};
use crate::diag::{Code, Diagnostic};
use crate::model::{Act, Ask, AskKind};
use crate::value::Value;

impl Plan {
    /// Returns the question to people that a node is, if it is one.
    pub fn ask_at(&self, node: NodeId) -> Option<&Ask> {
        match &self.node(node).kind {
            NodeKind::Act(act) => match &**act {
                Act::Ask(ask) => Some(ask),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns all questions to people, in the order of the plan.
    pub fn asks(&self) -> impl Iterator<Item = (NodeId, &Ask)> {
        let nodes = (0..self.nodes.len() as u32).map(NodeId);
        nodes.filter_map(|it| Some((it, self.ask_at(it)?)))
    }

    /// Returns whether a path means a place: its own with or without targets, or, for what has no name of its own,
    /// that without its number.
    pub fn is_called(&self, place: Place, path: &str) -> bool {
        let path = slashed(path);
        [self.path(place), self.node_path(place.node)].iter().any(|own| {
            let own = slashed(own);
            let numbered = own.rsplit_once('~').filter(|(_, number)| !number.contains('/'));
            let bare = numbered.map_or(own.as_str(), |(bare, _)| bare);
            own == path || bare == path
        })
    }

    /// Returns what follows a path in that of a place: nothing at the path itself; none where the place is elsewhere.
    pub fn rest_after(&self, place: Place, path: &str) -> Option<String> {
        slashed(&self.path(place)).strip_prefix(&slashed(path)).map(str::to_owned)
    }

    /// Returns the nodes that a path means, targets left out: `prepare.approve` is every approval of that stage's body.
    pub fn called(&self, path: &str) -> Vec<NodeId> {
        let nodes = (0..self.nodes.len() as u32).map(NodeId);
        nodes.filter(|it| self.is_called(Place::new(*it, super::Slot::ONLY), path)).collect()
    }

    /// Returns why somebody's run could never pass an approval: sentences without a period.
    pub fn approvals_out_of_reach(&self, author: &str) -> Vec<String> {
        self.asks().filter_map(|(node, ask)| self.out_of_reach(node, ask, author)).collect()
    }

    fn out_of_reach(&self, node: NodeId, ask: &Ask, author: &str) -> Option<String> {
        let AskKind::Approve { need, author_may: false } = &ask.kind else { return None };
        let (need, names) = (need.known()?.as_int()?, ask.names()?);
        let others = names.iter().filter(|it| *it != author).count();
        (names.iter().any(|it| it == author) && (others as i64) < need).then(|| {
            let path = self.node_path(node);
            let who = if need == 1 { "somebody".to_owned() } else { format!("{need} people") };
            let left = match others {
                0 => "nobody is left".to_owned(),
                1 => "only one is left".to_owned(),
                others => format!("only {others} are left"),
            };
            format!("`{path}` needs {who} other than {author}, who starts the run, and {left}")
        })
    }
}

impl Expansion<'_> {
    /// An approval that needs more people than there are could never be given.
    pub(super) fn refuse_too_few(&mut self) {
        let mut wrong = Vec::new();
        for (_, ask) in self.plan.asks() {
            let AskKind::Approve { need, .. } = &ask.kind else { continue };
            let (Some(needed), Some(names)) = (need.known().and_then(Value::as_int), ask.names()) else { continue };
            if needed < 1 {
                wrong.push(Diagnostic::new(Code::NUMBER, need.span, "at least one has to approve"));
            } else if needed > names.len() as i64 {
                let message = format!("{needed} have to approve, and only {} may", names.len());
                wrong.push(Diagnostic::new(Code::NUMBER, need.span, message).also(ask.of.span, "who may"));
            }
        }
        self.wrong.extend(wrong);
    }
}

/// What a strategy's name is joined with is a dot, which may as well be said as a slash.
fn slashed(path: &str) -> String {
    path.replace('.', "/")
}
