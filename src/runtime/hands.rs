//! The action room at the host's service: each run has its own secrets and variables, and what its steps print is
//! shown to whoever looks on.

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use smol_str::SmolStr;
use tokio::sync::OnceCell;

use super::attempt_name::AttemptName;
use super::audience::{Audience, Stream, Update};
use super::folder::StateFolder;
use super::performer::{Asked, Perform};
use crate::action::{self, Attempt, Environment, Live, Performer, SecretSource, Sources, Vault};
use crate::engine::Answer;
use crate::model::{self, Secret};
use crate::plan::Plan;

/// Does jobs for real.
pub struct Hands {
    folder: StateFolder,
    audience: Audience,
    runs: Mutex<BTreeMap<SmolStr, Arc<Hand>>>,
    /// What all runs ask about.
    sources: Arc<Sources>,
}

/// What the jobs of one run share.
struct Hand {
    run: SmolStr,
    plan: Arc<Plan>,
    environment: Environment,
    audience: Audience,
    sources: Arc<Sources>,
    /// Made when the first job comes, because secrets may take a while.
    performer: OnceCell<Performer>,
}

impl Hands {
    pub fn new(folder: &StateFolder, audience: &Audience) -> Hands {
        let sources = Arc::new(Sources::with_samples(folder.samples()));
        Hands { folder: folder.clone(), audience: audience.clone(), runs: Mutex::default(), sources }
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, BTreeMap<SmolStr, Arc<Hand>>> {
        self.runs.lock().expect("nobody panics while holding the hands")
    }
}

impl Perform for Hands {
    fn perform(&self, asked: Asked) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        let hand = Arc::clone(&self.runs()[&asked.run]);
        let name = AttemptName { place: asked.place, attempt: asked.attempt };
        let attempt = Attempt {
            run: asked.run.to_string(),
            step: asked.plan.path(asked.place),
            attempt: asked.attempt,
            log: name.log(&self.folder, &asked.run),
            output_file: name.output(&self.folder, &asked.run),
            log_limit_bytes: Attempt::LOG_LIMIT_BYTES,
            grace_ms: Attempt::GRACE_MS,
        };
        Box::pin(async move {
            let mut ended = asked.ended;
            let performer = hand.performer.get_or_init(|| hand.make()).await;
            performer.perform(&attempt, &asked.job, async move { ended.wait().await }, |_| {}).await
        })
    }

    fn prepare(&self, run: &SmolStr, plan: &Arc<Plan>, variables: Option<BTreeMap<SmolStr, String>>) {
        let environment = match variables {
            Some(variables) => variables.into_iter().collect(),
            None => Environment::of_engine(),
        };
        let (plan, audience, sources) = (Arc::clone(plan), self.audience.clone(), Arc::clone(&self.sources));
        let hand = Hand { run: run.clone(), plan, environment, audience, sources, performer: OnceCell::new() };
        self.runs().insert(run.clone(), Arc::new(hand));
    }

    fn forget(&self, run: &SmolStr) {
        self.runs().remove(run);
    }
}

/// Returns who asks the world for a plan that does not run.
pub async fn performer_for(folder: &StateFolder, plan: &Arc<Plan>) -> Performer {
    let hand = Hand {
        run: SmolStr::default(),
        plan: Arc::clone(plan),
        environment: Environment::of_engine(),
        audience: Audience::default(),
        sources: Arc::new(Sources::with_samples(folder.samples())),
        performer: OnceCell::new(),
    };
    hand.make().await
}

impl Hand {
    async fn make(&self) -> Performer {
        let folder = Path::new(&self.plan.folder);
        let declared: Vec<(SmolStr, SecretSource)> =
            self.plan.secrets.iter().map(|it| (it.name.clone(), source_of(it, folder))).collect();
        let (vault, gone) = Vault::load(&declared, &self.environment).await;
        for (name, failure) in gone {
            // Whichever step needs it says so; the run pauses there.
            tracing::warn!(run = %self.run, secret = %name, %failure, "a secret is not there");
        }
        let live = Shown { run: self.run.clone(), audience: self.audience.clone() };
        Performer::asking(Arc::clone(&self.sources), Arc::new(vault), Arc::new(live), self.environment.clone())
    }
}

fn source_of(secret: &Secret, folder: &Path) -> SecretSource {
    match &secret.source {
        model::SecretSource::Env(name) => SecretSource::Env(name.to_string()),
        model::SecretSource::File(path) => SecretSource::File(folder.join(path)),
        model::SecretSource::Command(argv) => {
            SecretSource::Command { argv: argv.clone(), folder: folder.join(&secret.folder) }
        }
    }
}

/// Shows lines to the audience.
struct Shown {
    run: SmolStr,
    audience: Audience,
}

impl Live for Shown {
    fn line(&self, step: &str, stream: action::Stream, line: &str) {
        if self.audience.is_empty() {
            return;
        }
        let stream = match stream {
            action::Stream::Stdout => Stream::Stdout,
            action::Stream::Stderr => Stream::Stderr,
        };
        self.audience.show(&Update::Printed { run: self.run.clone(), path: step.into(), stream, text: line.into() });
    }
}
