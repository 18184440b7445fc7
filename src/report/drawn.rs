//! Drawings of every size and with every name, and what they must look like.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::{Drawing, EdgeKind, GraphFormat, Node, NodeKind, NodeNumber, NodeState, draw};

fn add(drawing: &mut Drawing, within: NodeNumber, kind: NodeKind, title: &str) -> NodeNumber {
    let path = format!("{}/{title}", drawing.node(within).path);
    drawing.add(within, Node::new(kind, path, title))
}

fn add_with(drawing: &mut Drawing, within: NodeNumber, kind: NodeKind, title: &str, lines: &[&str]) -> NodeNumber {
    let path = format!("{}/{title}", drawing.node(within).path);
    let mut node = Node::new(kind, path, title);
    node.lines = lines.iter().map(|it| (*it).to_owned()).collect();
    drawing.add(within, node)
}

/// The rollout of the design: three stages, one after another, with loops, hooks and a way back.
fn vision() -> Drawing {
    use NodeKind::{Action, AfterWave, Approve, Check, Hook, Loop, Notice, Rollout, Save, Stage, Step, Undo, Watch};
    let root = Node::new(Rollout, "vision_model", "vision_model")
        .with_line("Move the vision model from pilot factories to all of them.")
        .with_line("41 targets, on failure: rollback");
    let mut d = Drawing::new(root);
    let root = d.root();
    let prepare = add(&mut d, root, Stage, "prepare");
    add(&mut d, prepare, Action, "run registry verify 2.1.0");
    add_with(&mut d, prepare, Approve, "release_managers", &["2 of dana, lee, kim within 4h"]);
    add(&mut d, prepare, Notice, "releases");
    let pilot = add_with(&mut d, root, Stage, "pilot", &["risk 65"]);
    let loop_ =
        add_with(&mut d, pilot, Loop, "for site in 10% of factories", &["5 of 41 targets, 3 at once, during night"]);
    let save = add(&mut d, loop_, Save, "config");
    add(&mut d, save, Action, "run backup.sh ${site}");
    let deploy = add(&mut d, loop_, Step, "deploy(site, version)");
    let undo = add(&mut d, deploy, Undo, "");
    add(&mut d, undo, Action, "run deploy.sh ${site} ${kept(site).version}");
    add_with(&mut d, loop_, Check, "up(site)", &["within 5m"]);
    add_with(&mut d, loop_, Check, "healthy(site)", &["settle 2m, within 20m"]);
    add_with(&mut d, pilot, Watch, "all(healthy(s) for s in touched)", &["lasts 12h, every 1m, fails at the 3rd"]);
    let everyone = add(&mut d, root, Stage, "everyone");
    let lines = ["36 targets, waves 8 · 18 · 36, tolerates 0 · 0 · 0", "during night"];
    let loop_ = add_with(&mut d, everyone, Loop, "for site in rest of factories", &lines);
    add(&mut d, loop_, Step, "deploy(site, version)");
    add_with(&mut d, loop_, Check, "healthy(site)", &["settle 2m, within 20m"]);
    let wave = add(&mut d, loop_, AfterWave, "");
    add_with(&mut d, wave, Watch, "all(healthy(s) for s in wave.targets)", &["lasts 1h, every 1m"]);
    let hook = add(&mut d, root, Hook, "rolled_back");
    add(&mut d, hook, Notice, "releases");
    d.connect(prepare, pilot, EdgeKind::Order);
    d.connect(pilot, everyone, EdgeKind::Order);
    d
}

/// So many stages, each after what a number that looks like luck says.
fn mesh(count: u32, wide: u32, title: impl Fn(u32) -> String) -> Drawing {
    let root = Node::new(NodeKind::Rollout, "mesh", "platform-release").with_line(format!("{count} stages"));
    let mut d = Drawing::new(root);
    let root = d.root();
    let mut stages: Vec<NodeNumber> = Vec::new();
    for at in 0..count {
        let stage = add(&mut d, root, NodeKind::Stage, &title(at));
        for entry in 0..(at * 7 + 3) % 5 {
            let kinds = [NodeKind::Action, NodeKind::Check, NodeKind::Wait, NodeKind::Step];
            let kind = kinds[((at + entry) % 4) as usize];
            add(&mut d, stage, kind, ["run deploy.sh", "healthy", "5m", "migrate"][((at + entry) % 4) as usize]);
        }
        let row = at / wide;
        if row > 0 {
            let first = (row - 1) * wide;
            d.connect(stages[(first + at % wide) as usize], stage, EdgeKind::Order);
            if at.is_multiple_of(3) {
                d.connect(stages[(first + (at * 5 + 1) % wide) as usize], stage, EdgeKind::Order);
            }
            if at.is_multiple_of(11) && row > 2 {
                d.connect(stages[((row - 3) * wide) as usize], stage, EdgeKind::Order);
            }
        }
        stages.push(stage);
    }
    d
}

/// A stage for each region, between one that builds and one that announces.
fn fan(regions: u32) -> Drawing {
    let mut d = Drawing::new(Node::new(NodeKind::Rollout, "fan", "multi_region"));
    let root = d.root();
    let build = add(&mut d, root, NodeKind::Stage, "build");
    let between: Vec<NodeNumber> =
        (0..regions).map(|it| add(&mut d, root, NodeKind::Stage, &format!("region-{it}"))).collect();
    let announce = add(&mut d, root, NodeKind::Stage, "announce");
    for region in between {
        d.connect(build, region, EdgeKind::Order);
        d.connect(region, announce, EdgeKind::Order);
    }
    d
}

/// Every name and every line is this text.
fn named(text: &str) -> Drawing {
    let node = |kind| Node::new(kind, text, text).with_line(text);
    let mut d = Drawing::new(node(NodeKind::Rollout));
    let stage = d.add(d.root(), node(NodeKind::Stage));
    let loop_ = d.add(stage, node(NodeKind::Loop));
    d.add(loop_, node(NodeKind::Check).with_state(NodeState::Failed));
    let other = d.add(d.root(), node(NodeKind::Stage));
    d.connect(stage, other, EdgeKind::Order);
    d
}

const HOSTILE: &[&str] = &[
    "",
    " ",
    "a\"b\\c\nd\te",
    "</text></svg><script>alert(1)</script>",
    "]]>&amp;&#0;<![CDATA[",
    "x\"]; end; subgraph y[\"",
    "\\N \\G \\",
    "1. one",
    "- two",
    "`code` **bold** _it_ #quot; %%{init: {}}%%",
    "\u{1b}[31mred\u{7}\u{0}\u{202e}txet\u{feff}",
    "end",
    "日本語の名前 🚀 e\u{301}",
    "---\ntitle: x\n---",
];

/// Checks that each element that is opened is closed, in its order, and that texts hold no bare marks.
fn check_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare mark before {:?}", &rest[at..rest.len().min(at + 60)]);
        let end = at + rest[at..].find('>').expect("a tag ends");
        let tag = &rest[at + 1..end];
        let name = tag.trim_matches('/').split([' ', '\n']).next().unwrap_or_default();
        let known =
            ["svg", "title", "desc", "style", "defs", "marker", "symbol", "path", "rect", "g", "text", "use", "circle"];
        assert!(known.contains(&name), "{tag}");
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, true) => {}
            (false, false) => open.push(name),
        }
        rest = &rest[end + 1..];
    }
    assert_eq!(open, Vec::<&str>::new());
}

/// Checks that every quote is closed on its line, with as many brackets outside of quotes opened as closed.
fn check_quotes(text: &str) {
    for line in text.lines() {
        let mut is_quoted = false;
        let mut depth = 0;
        let mut chars = line.chars();
        while let Some(it) = chars.next() {
            match it {
                '\\' if is_quoted => drop(chars.next()),
                '"' => is_quoted = !is_quoted,
                '[' if !is_quoted => depth += 1,
                ']' if !is_quoted => depth -= 1,
                _ => {}
            }
        }
        assert!(!is_quoted && depth == 0, "{line}");
    }
}

#[test]
fn a_graph_reads_as_a_tree() {
    assert_snapshot!(draw(&vision(), GraphFormat::Text), @r#"
    rollout vision_model
    │  Move the vision model from pilot factories to all of them.
    │  41 targets, on failure: rollback
    ├─ stage prepare
    │  ├─ run registry verify 2.1.0
    │  ├─ approve release_managers
    │  │     2 of dana, lee, kim within 4h
    │  └─ notice releases
    ├─ stage pilot
    │  │  risk 65
    │  ├─ for site in 10% of factories
    │  │  │  5 of 41 targets, 3 at once, during night
    │  │  ├─ save config
    │  │  │  └─ run backup.sh ${site}
    │  │  ├─ step deploy(site, version)
    │  │  │  └─ undo
    │  │  │     └─ run deploy.sh ${site} ${kept(site).version}
    │  │  ├─ check up(site) · within 5m
    │  │  └─ check healthy(site) · settle 2m, within 20m
    │  └─ watch all(healthy(s) for s in touched)
    │        lasts 12h, every 1m, fails at the 3rd
    ├─ stage everyone
    │  └─ for site in rest of factories
    │     │  36 targets, waves 8 · 18 · 36, tolerates 0 · 0 · 0
    │     │  during night
    │     ├─ step deploy(site, version)
    │     ├─ check healthy(site) · settle 2m, within 20m
    │     └─ after_wave
    │        └─ watch all(healthy(s) for s in wave.targets)
    │              lasts 1h, every 1m
    └─ on rolled_back
       └─ notice releases
    "#);
}

#[test]
fn what_is_not_one_after_another_is_said_in_words() {
    assert_snapshot!(draw(&mesh(6, 2, |it| format!("stage-{it}")), GraphFormat::Text), @r#"
    rollout platform-release
    │  6 stages
    ├─ stage stage-0
    │  ├─ run deploy.sh
    │  ├─ check healthy
    │  └─ wait 5m
    ├─ stage stage-1 · at once
    ├─ stage stage-2 · after stage-0
    │  ├─ wait 5m
    │  └─ step migrate
    ├─ stage stage-3 · after stage-0, stage-1
    │  ├─ step migrate
    │  ├─ run deploy.sh
    │  ├─ check healthy
    │  └─ wait 5m
    ├─ stage stage-4 · after stage-2
    │  └─ run deploy.sh
    └─ stage stage-5 · after stage-3
       ├─ check healthy
       ├─ wait 5m
       └─ step migrate
    "#);
    assert_snapshot!(draw(&fan(12), GraphFormat::Text), @r#"
    rollout multi_region
    ├─ stage build
    ├─ stage region-0
    ├─ stage region-1 · after build
    ├─ stage region-2 · after build
    ├─ stage region-3 · after build
    ├─ stage region-4 · after build
    ├─ stage region-5 · after build
    ├─ stage region-6 · after build
    ├─ stage region-7 · after build
    ├─ stage region-8 · after build
    ├─ stage region-9 · after build
    ├─ stage region-10 · after build
    ├─ stage region-11 · after build
    └─ stage announce
          after region-0, region-1, region-2, region-3, region-4, region-5,
          region-6, region-7, region-8, region-9, region-10, region-11
    "#);
}

#[test]
fn a_graph_is_drawn_for_other_tools() {
    let mut small = named("a \"b\"");
    small.connect(NodeNumber(4), NodeNumber(1), EdgeKind::Event);
    assert_snapshot!(draw(&small, GraphFormat::Dot), @r##"
    digraph "rollout a \"b\"" {
      graph [compound=true, rankdir=TB, ranksep=0.35, nodesep=0.3, labelloc=t, fontname="Helvetica", fontsize=12]
      node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#8c959f", fontname="Helvetica", fontsize=10]
      edge [color="#57606a", arrowsize=0.7, fontname="Helvetica", fontsize=9]
      label="rollout a \"b\"\la \"b\"\l"
      subgraph cluster_1 {
        graph [label="stage a \"b\"\la \"b\"\l", labeljust=l, style="rounded,filled", color="#8c959f", fillcolor="#f6f8fa"]
        subgraph cluster_2 {
          graph [label="a \"b\"\la \"b\"\l", labeljust=l, style="rounded,filled", color="#0969da", fillcolor="#eef6fc"]
          n3 [label="check a \"b\"\la \"b\"\l", color="#cf222e", fillcolor="#ffebe9"]
        }
      }
      n4 [label="stage a \"b\"\la \"b\"\l", color="#8c959f", fillcolor="#f6f8fa"]
      n3 -> n4 [ltail=cluster_1]
      n4 -> n3 [lhead=cluster_1, style=dashed]
    }
    "##);
    assert_snapshot!(draw(&small, GraphFormat::Mermaid), @r#"
    ---
    title: "rollout a \"b\""
    ---
    flowchart TB
      subgraph n1["stage a #34;b#34;"]
        direction TB
        n1_note["a #34;b#34;"]:::note
        n1_note ~~~ n2
        subgraph n2["a #34;b#34;"]
          direction TB
          n2_note["a #34;b#34;"]:::note
          n2_note ~~~ n3
          n3{{"check a #34;b#34;<br/>a #34;b#34;"}}
        end
      end
      n4["stage a #34;b#34;<br/>a #34;b#34;"]
      n1 --> n4
      n4 -.-> n1
      classDef note fill:none,stroke:none
      classDef failed fill:#ffebe9,stroke:#cf222e,color:#1f2328
      class n3 failed
    "#);
    assert_snapshot!(draw(&small, GraphFormat::Json), @r#"
    {
      "version": 1,
      "rollout": "a \"b\"",
      "nodes": [
        {
          "id": 0,
          "path": "a \"b\"",
          "kind": "rollout",
          "title": "a \"b\"",
          "lines": [
            "a \"b\""
          ]
        },
        {
          "id": 1,
          "path": "a \"b\"",
          "kind": "stage",
          "title": "a \"b\"",
          "lines": [
            "a \"b\""
          ],
          "within": 0
        },
        {
          "id": 2,
          "path": "a \"b\"",
          "kind": "loop",
          "title": "a \"b\"",
          "lines": [
            "a \"b\""
          ],
          "within": 1
        },
        {
          "id": 3,
          "path": "a \"b\"",
          "kind": "check",
          "title": "a \"b\"",
          "lines": [
            "a \"b\""
          ],
          "within": 2,
          "state": "failed"
        },
        {
          "id": 4,
          "path": "a \"b\"",
          "kind": "stage",
          "title": "a \"b\"",
          "lines": [
            "a \"b\""
          ],
          "within": 0
        }
      ],
      "edges": [
        {
          "from": 1,
          "to": 4,
          "kind": "order"
        },
        {
          "from": 4,
          "to": 1,
          "kind": "event"
        }
      ]
    }
    "#);
}

#[test]
fn a_graph_is_a_picture() {
    assert_snapshot!("vision.svg", draw(&vision(), GraphFormat::Svg));
}

#[test]
fn hostile_names_stay_names() {
    for text in HOSTILE {
        let drawing = named(text);
        check_xml(&draw(&drawing, GraphFormat::Svg));
        check_quotes(&draw(&drawing, GraphFormat::Dot));
        check_quotes(draw(&drawing, GraphFormat::Mermaid).split_once("flowchart").expect("it is one").1);
        let tree = draw(&drawing, GraphFormat::Text);
        assert!(!tree.contains(['\u{1b}', '\0', '\u{202e}']), "{tree:?}");
        let json: serde_json::Value = serde_json::from_str(&draw(&drawing, GraphFormat::Json)).expect("it is JSON");
        assert_eq!(json["nodes"][1]["title"], *text);
    }
}

#[test]
fn a_picture_of_any_size_can_be_looked_at() {
    for drawing in [mesh(3000, 20, |it| format!("s{it}")), mesh(2000, 1, |it| format!("s{it}")), fan(1000)] {
        let picture = draw(&drawing, GraphFormat::Svg);
        check_xml(&picture);
        assert!(picture.contains("more that are not drawn"));
        assert!(picture.len() < 1_500_000, "{}", picture.len());
    }
    let mut deep = Drawing::new(Node::new(NodeKind::Rollout, "deep", "deep"));
    let mut within = add(&mut deep, NodeNumber(0), NodeKind::Stage, "stage");
    for _ in 0..600 {
        within = add(&mut deep, within, NodeKind::Loop, "for x in xs");
    }
    check_xml(&draw(&deep, GraphFormat::Svg));
    assert!(draw(&deep, GraphFormat::Dot).contains("loops"));
    check_xml(&draw(&Drawing::new(Node::new(NodeKind::Rollout, "none", "none")), GraphFormat::Svg));
}

#[test]
fn a_tree_is_as_wide_as_a_terminal() {
    let long =
        |it: u32| format!("the-{it}th-regional-control-plane-of-the-vision-platform-in-europe-west-{it}-production");
    for drawing in [vision(), fan(40), mesh(9, 3, long)] {
        for line in draw(&drawing, GraphFormat::Text).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}

/// Any graph: a parent, a kind, a state and a text for each node, and edges of any kind, also in circles.
fn any_drawing() -> impl Strategy<Value = Drawing> {
    let node = (any::<prop::sample::Index>(), 0..NodeKind::ALL.len(), 0..20_usize, "\\PC{0,40}");
    let edge = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<bool>());
    let parts = (prop::collection::vec(node, 0..40), prop::collection::vec(edge, 0..60));
    parts.prop_map(|(nodes, edges)| {
        let mut drawing = Drawing::new(Node::new(NodeKind::Rollout, "any", "any"));
        for (parent, kind, state, text) in nodes {
            let parent = NodeNumber(parent.index(drawing.len()) as u32);
            // Most stand in the root, so that there is something to lay out.
            let (parent, kind) =
                if state % 3 > 0 { (parent, NodeKind::ALL[kind]) } else { (NodeNumber(0), NodeKind::Stage) };
            let mut node = Node::new(kind, text.clone(), text);
            node.state = NodeState::ALL.get(state).copied();
            drawing.add(parent, node);
        }
        for (from, to, orders) in edges {
            let kind = if orders { EdgeKind::Order } else { EdgeKind::Event };
            let number = |it: prop::sample::Index| NodeNumber(it.index(drawing.len()) as u32);
            let (from, to) = (number(from), number(to));
            drawing.connect(from, to, kind);
        }
        drawing
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_graph_is_drawn_and_always_alike(drawing in any_drawing()) {
        for format in GraphFormat::ALL {
            prop_assert_eq!(draw(&drawing, format), draw(&drawing.clone(), format));
        }
        check_xml(&draw(&drawing, GraphFormat::Svg));
        check_quotes(&draw(&drawing, GraphFormat::Dot));
    }

    #[test]
    fn cards_never_lie_on_each_other(drawing in any_drawing()) {
        let cards = cards(&draw(&drawing, GraphFormat::Svg));
        for (at, one) in cards.iter().enumerate() {
            for other in &cards[at + 1..] {
                let apart = one.0 + one.2 <= other.0 + 0.2
                    || other.0 + other.2 <= one.0 + 0.2
                    || one.1 + one.3 <= other.1 + 0.2
                    || other.1 + other.3 <= one.1 + 0.2;
                prop_assert!(apart, "{:?} and {:?}", one, other);
            }
        }
    }
}

/// The cards of the stages of a picture: x, y, width, height.
fn cards(picture: &str) -> Vec<(f64, f64, f64, f64)> {
    let number =
        |text: &str| text.split(['"', ' ', ')']).next().and_then(|it| it.parse::<f64>().ok()).expect("a number");
    let after =
        |text: &str, mark: &str| number(&text[text.find(mark).expect("a card has all its parts") + mark.len()..]);
    let lines = picture.lines().filter(|it| it.contains(r#"class="card""#));
    lines
        .map(|line| {
            let (_, place) = line.split_once("translate(").expect("a card is placed");
            let y = place.split_once(' ').expect("a place has two numbers").1;
            (number(place), number(y), after(line, " width=\""), after(line, " height=\""))
        })
        .collect()
}
