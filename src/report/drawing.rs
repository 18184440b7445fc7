//! A graph as it is to be drawn: nodes within nodes, and edges between them. Knows nothing of plans or runs, and nothing
//! of how it will look.

use serde::Serialize;

/// Names a node of a drawing, in the order in which they were added; 0 is the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct NodeNumber(pub u32);

impl NodeNumber {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Something that is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it stands, unique in the drawing: `pilot/deploy`.
    pub path: String,
    /// What stands on it: `pilot`, `for site in 10% of factories`, `run deploy.sh`.
    pub title: String,
    pub kind: NodeKind,
    /// More about it, a line each: `20 targets, 3 at once`.
    pub lines: Vec<String>,
    /// How far it is, when a run is drawn.
    pub state: Option<NodeState>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($variant,)* }

        impl $name {
            pub const ALL: &[$name] = &[$($name::$variant,)*];

            /// The word that a reader sees.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// What a node is.
    NodeKind {
        Rollout = "rollout",
        Stage = "stage",
        Loop = "loop",
        Parallel = "parallel",
        Step = "step",
        Action = "action",
        Check = "check",
        Watch = "watch",
        Wait = "wait",
        Approve = "approve",
        Notice = "notice",
        Save = "save",
        Keep = "keep",
        Child = "call",
        Undo = "undo",
        AfterWave = "after_wave",
        Hook = "on",
    }
}

words! {
    /// How far a node is.
    NodeState {
        Waiting = "waiting",
        Running = "running",
        Paused = "paused",
        Done = "done",
        Skipped = "skipped",
        Failed = "failed",
        Undone = "undone",
    }
}

words! {
    /// What an edge says.
    EdgeKind {
        Order = "order",
        Event = "event",
    }
}

/// An edge: the second begins once the first has ended, or when it says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Edge {
    pub from: NodeNumber,
    pub to: NodeNumber,
    pub kind: EdgeKind,
}

/// A graph with one root. What stands within a node runs in its order, but side by side within `parallel` and the root,
/// where only edges order it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    nodes: Vec<Node>,
    parents: Vec<Option<NodeNumber>>,
    children: Vec<Vec<NodeNumber>>,
    /// Its place among those that stand within the same.
    places: Vec<usize>,
    /// Those that must end before it begins.
    before: Vec<Vec<NodeNumber>>,
    edges: Vec<Edge>,
}

impl Node {
    pub fn new(kind: NodeKind, path: impl Into<String>, title: impl Into<String>) -> Node {
        Node { path: path.into(), title: title.into(), kind, lines: Vec::new(), state: None }
    }

    pub fn with_line(mut self, line: impl Into<String>) -> Node {
        self.lines.push(line.into());
        self
    }

    pub fn with_state(mut self, state: NodeState) -> Node {
        self.state = Some(state);
        self
    }

    /// Returns what stands on it with the word for what it is, unless it begins with that word, or says it anyway.
    pub fn caption(&self) -> String {
        let word = self.kind.word();
        let says_itself = matches!(self.kind, NodeKind::Action | NodeKind::Loop) && !self.title.is_empty();
        let begins_with = |word: &str| {
            let rest = self.title.strip_prefix(word);
            rest.is_some_and(|it| it.is_empty() || it.starts_with([' ', ':']))
        };
        let repeats = begins_with(word) || self.kind.written().iter().any(|it| begins_with(it));
        match self.title.as_str() {
            "" => word.to_owned(),
            title if says_itself || repeats => title.to_owned(),
            title => format!("{word} {title}"),
        }
    }
}

impl NodeKind {
    /// Returns the words with which a file writes such a thing, where they are others than the reader's.
    fn written(self) -> &'static [&'static str] {
        match self {
            NodeKind::Approve => &["checklist", "confirm"],
            NodeKind::Check => &["require"],
            NodeKind::Wait => &["pause"],
            NodeKind::Notice => &["log", "fail", "notify"],
            NodeKind::Undo => &["restore"],
            NodeKind::Rollout
            | NodeKind::Stage
            | NodeKind::Loop
            | NodeKind::Parallel
            | NodeKind::Step
            | NodeKind::Action
            | NodeKind::Watch
            | NodeKind::Save
            | NodeKind::Keep
            | NodeKind::Child
            | NodeKind::AfterWave
            | NodeKind::Hook => &[],
        }
    }
}

impl Drawing {
    /// Begins a drawing with its root: the rollout.
    pub fn new(root: Node) -> Drawing {
        Drawing {
            nodes: vec![root],
            parents: vec![None],
            children: vec![Vec::new()],
            places: vec![0],
            before: vec![Vec::new()],
            edges: Vec::new(),
        }
    }

    /// The node within which all others stand.
    pub fn root(&self) -> NodeNumber {
        NodeNumber(0)
    }

    /// Adds a node within another, after those that stand there.
    pub fn add(&mut self, parent: NodeNumber, node: Node) -> NodeNumber {
        let number = NodeNumber(self.nodes.len() as u32);
        self.nodes.push(node);
        self.parents.push(Some(parent));
        self.children.push(Vec::new());
        self.before.push(Vec::new());
        self.places.push(self.children[parent.index()].len());
        self.children[parent.index()].push(number);
        number
    }

    /// Adds an edge between two nodes of the drawing.
    pub fn connect(&mut self, from: NodeNumber, to: NodeNumber, kind: EdgeKind) {
        let count = self.nodes.len();
        assert!(from.index() < count && to.index() < count, "an edge joins nodes that were added");
        self.edges.push(Edge { from, to, kind });
        let before = &mut self.before[to.index()];
        if kind == EdgeKind::Order
            && let Err(place) = before.binary_search(&from)
        {
            before.insert(place, from);
        }
    }

    pub fn node(&self, number: NodeNumber) -> &Node {
        &self.nodes[number.index()]
    }

    pub fn node_mut(&mut self, number: NodeNumber) -> &mut Node {
        &mut self.nodes[number.index()]
    }

    pub fn parent(&self, number: NodeNumber) -> Option<NodeNumber> {
        self.parents[number.index()]
    }

    pub fn children(&self, number: NodeNumber) -> &[NodeNumber] {
        &self.children[number.index()]
    }

    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a drawing has its root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All nodes in the order in which they were added: each after the one it stands within.
    pub fn numbers(&self) -> impl Iterator<Item = NodeNumber> + use<> {
        (0..self.nodes.len() as u32).map(NodeNumber)
    }

    /// Returns those that must end before a node begins, in the order in which they stand.
    pub fn before(&self, number: NodeNumber) -> &[NodeNumber] {
        &self.before[number.index()]
    }

    /// Returns what stands within a node and is done in its turn: all but the way back, which is not on the way there.
    pub fn sequence(&self, number: NodeNumber) -> Vec<NodeNumber> {
        if self.node(number).kind == NodeKind::Parallel {
            return Vec::new();
        }
        let children = self.children(number).iter().copied();
        children.filter(|it| self.node(*it).kind != NodeKind::Undo).collect()
    }

    /// Says in words what a node of the root comes after, where that is not simply the one above it.
    pub fn order_in_words(&self, number: NodeNumber) -> Option<String> {
        let siblings = self.children(self.parent(number)?);
        let above = self.places[number.index()].checked_sub(1).map(|it| siblings[it]);
        match (self.before(number), above) {
            ([], None) => None,
            ([], Some(_)) => Some("at once".to_owned()),
            ([one], Some(above)) if *one == above => None,
            (several, _) => {
                let titles: Vec<&str> = several.iter().map(|it| self.node(*it).title.as_str()).collect();
                Some(format!("after {}", titles.join(", ")))
            }
        }
    }
}
