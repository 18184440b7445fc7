//! Probes: conditions on the world, each asked by one command, request or connection.

use smol_str::SmolStr;

use super::checker::Checker;
use super::declare::{Declaration, Declared};
use super::spot::Spot;
use crate::diag::{Code, Diagnostic};
use crate::model::{Expr, ExprKind, Probe, ProbeMeans};
use crate::schema::{Place, word};
use crate::syntax::Entry;
use crate::value::{Type, Value};

impl<'t> Checker<'t> {
    /// Reads every probe.
    pub fn check_probes(&mut self) {
        for id in self.declared_where(|it| matches!(it, Declaration::Probe(_))) {
            let Declared { module, .. } = self.declared[id];
            self.within(module, |it| it.check_probe(id));
        }
    }

    fn check_probe(&mut self, id: usize) {
        let Declared { entry, name, name_span, .. } = self.declared[id];
        let row = word(Place::File, "probe").expect("the table has probes");
        let parts = self.parts(row, entry);
        let mark = self.mark();
        let params = self.bind_params(id);
        let asked: Vec<Entry<'t>> = parts.entries.iter().copied().filter(|it| !it.is_broken()).collect();
        let spot = Spot { place: Place::Probe, ..Spot::default() };
        let means = match asked[..] {
            [one] => self.at_spot(spot, |it| it.probe_means(one)),
            [] => {
                if !entry.is_broken() && parts.entries.is_empty() {
                    let problem = Diagnostic::new(Code::MISSING, name_span, format!("the probe `{name}` asks nothing"));
                    self.say(problem.help("give it one `run`, `exec`, `http` or `tcp`"));
                }
                None
            }
            [first, second, ..] => {
                let message = "a probe asks once";
                let problem = Diagnostic::new(Code::SHAPE, second.head().span(), message).because("one too many");
                self.say(problem.also(first.head().span(), "asked by this").help("make a second probe of it"));
                None
            }
        };
        let mute = parts.entries.iter().any(|it| it.is_broken()) || means.is_none();
        self.forget_quietly(mark, mute);
        let means = means.unwrap_or(ProbeMeans::Tcp { address: Expr::new(ExprKind::Bad, name_span), timeout: None });
        self.program.probes.push(Probe { name: SmolStr::new(name), params, means, span: name_span });
    }

    /// Forgets names; without complaint where something is missing that may have used them.
    pub fn forget_quietly(&mut self, mark: usize, quietly: bool) {
        let muted = self.frames[self.at].muted;
        self.frame().muted |= quietly;
        self.forget(mark);
        self.frame().muted = muted;
    }

    fn probe_means(&mut self, entry: Entry<'t>) -> Option<ProbeMeans> {
        let row = self.word_of(entry, Place::Probe)?;
        let parts = self.parts(row, entry);
        match row.name {
            "run" => self.run_act(&parts).map(ProbeMeans::Run),
            "exec" => self.exec(&parts).map(ProbeMeans::Exec),
            "http" => self.http(&parts).map(ProbeMeans::Http),
            _ => {
                self.refuse_entries(&parts);
                let timeout = self.duration(&parts, "timeout");
                if !self.expect_plain(row, entry, 2) {
                    return None;
                }
                let address = self.typed(entry.items().nth(1)?, &Type::Text);
                self.check_address(&address);
                Some(ProbeMeans::Tcp { address, timeout })
            }
        }
    }

    fn check_address(&mut self, address: &Expr) {
        if let Some(Value::Text(text)) = address.known()
            && !text.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        {
            let problem = Diagnostic::new(Code::OUT_OF_RANGE, address.span, "an address is `host:port`");
            self.say(problem.help("write `\"db.example.com:5432\"`"));
        }
    }
}
