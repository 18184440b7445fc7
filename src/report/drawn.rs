//! Drawings of every size, and what they must look like.

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
    let loop_ = add_with(&mut d, pilot, Loop, "for site in 10% of factories", &["5 of 41 targets, 3 at once, during night"]);
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

fn views() -> Vec<(&'static str, Drawing)> {
    let long = |it: u32| format!("deploy-the-{it}th-regional-control-plane-of-the-vision-platform-in-europe-west-{it}");
    let mut fan = Drawing::new(Node::new(NodeKind::Rollout, "fan", "multi_region").with_line("20 regions, one child rollout each"));
    let root = fan.root();
    let build = add(&mut fan, root, NodeKind::Stage, "build");
    add(&mut fan, build, NodeKind::Action, "run make");
    let regions: Vec<NodeNumber> = (0..20).map(|it| {
        let stage = add(&mut fan, root, NodeKind::Stage, &format!("region-{it}"));
        add(&mut fan, stage, NodeKind::Child, &format!("regional {{ region = \"r{it}\" }}"));
        stage
    }).collect();
    let done = add(&mut fan, root, NodeKind::Stage, "announce");
    add(&mut fan, done, NodeKind::Notice, "releases");
    for region in regions {
        fan.connect(build, region, EdgeKind::Order);
        fan.connect(region, done, EdgeKind::Order);
    }
    let mut live = vision();
    let states = [NodeState::Done, NodeState::Running, NodeState::Waiting];
    live = with_states(&live, |it| if it == 0 { None } else { Some(states[(it as usize / 5).min(2)]) });
    vec![
        ("vision", vision()),
        ("live", live),
        ("twelve", mesh(12, 1, |it| format!("stage-{it}"))),
        ("twelve_dag", mesh(12, 3, |it| format!("stage-{it}"))),
        ("sixty", mesh(60, 6, |it| format!("service-{it}"))),
        ("deep", mesh(60, 1, |it| format!("service-{it}"))),
        ("long", mesh(9, 3, long)),
        ("fan", fan),
        ("huge", mesh(3000, 20, |it| format!("s{it}"))),
    ]
}

fn with_states(drawing: &Drawing, state: impl Fn(u32) -> Option<NodeState>) -> Drawing {
    let mut copy = Drawing::new(drawing.node(drawing.root()).clone());
    for number in drawing.numbers().skip(1) {
        let mut node = drawing.node(number).clone();
        node.state = state(number.0);
        copy.add(drawing.parent(number).expect("only the root has no parent"), node);
    }
    for edge in drawing.edges() {
        copy.connect(edge.from, edge.to, edge.kind);
    }
    copy
}

#[test]
fn zz_view() {
    for (name, drawing) in views() {
        for format in GraphFormat::ALL {
            let begun = std::time::Instant::now();
            let text = draw(&drawing, format);
            std::fs::write(format!("/tmp/view/{name}.{}", format.name()), text).unwrap();
            println!("{name} {} {:?}", format.name(), begun.elapsed());
        }
    }
}
