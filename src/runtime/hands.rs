//! The action room at the host's service: each run has its own secrets and variables, and what its steps print is
//! shown to whoever looks on.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use smol_str::SmolStr;
use tokio::sync::OnceCell;

use super::attempt_name::AttemptName;
use super::audience::{Audience, Stream, Update};
use super::folder::StateFolder;
use super::leftover;
use super::performer::{Asked, Open, Perform, Recall, Recalled, Work};
use crate::action::{
    self, Attempt, Environment, Files, Found, Live, Performer, Quiet, SecretFailure, SecretSource, Sources,
    Supervisors, Vault, boot_id,
};
use crate::engine::{Answer, Fault, FaultKind};
use crate::model::{self, Secret};
use crate::plan::{Place, Plan};

/// Does jobs for real.
pub struct Hands {
    folder: StateFolder,
    audience: Audience,
    supervisors: Supervisors,
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
    supervisors: Supervisors,
    host_file: PathBuf,
    /// Whether it is durable in which life of the host the commands are begun; else a sentence that says why not.
    is_noted: OnceCell<Result<(), String>>,
    /// Made when the first job comes, because secrets may take a while.
    performer: OnceCell<Performer>,
}

impl Hands {
    pub fn new(folder: &StateFolder, audience: &Audience) -> Hands {
        // This very program, even if its file has been replaced meanwhile.
        let supervisors = Supervisors::new(&["/proc/self/exe", "supervise"]);
        let sources = Arc::new(Sources::with_samples(folder.samples()));
        Hands { folder: folder.clone(), audience: audience.clone(), supervisors, runs: Mutex::default(), sources }
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
            let ended = async move { ended.wait().await };
            let performer = hand.performer.get_or_init(|| hand.make()).await;
            let answer = match asked.work {
                Work::Job(job) => {
                    if let Err(message) = hand.is_noted.get_or_init(|| hand.note_host()).await {
                        let fault = Fault { kind: FaultKind::Unreachable, message: message.clone(), code: None };
                        return Answer::Fault(fault);
                    }
                    performer.perform(&attempt, &job, ended, |_| {}).await
                }
                Work::Attend(found) => performer.attend(&attempt, found, ended).await,
            };
            if matches!(&answer, Answer::Fault(fault) if fault.kind == FaultKind::Unknown) {
                // Its supervisor is gone. What it started is not to go on beside what is done about that.
                leftover::end_all(&[attempt.output_file]).await;
            }
            answer
        })
    }

    fn prepare(&self, run: &SmolStr, plan: &Arc<Plan>, variables: Option<BTreeMap<SmolStr, String>>) {
        let environment = match variables {
            Some(variables) => variables.into_iter().collect(),
            None => Environment::of_engine(),
        };
        let (plan, audience) = (Arc::clone(plan), self.audience.clone());
        let hand = Hand {
            run: run.clone(),
            plan,
            environment,
            audience,
            sources: Arc::clone(&self.sources),
            supervisors: self.supervisors.clone(),
            host_file: host_file(&self.folder, run),
            is_noted: OnceCell::new(),
            performer: OnceCell::new(),
        };
        self.runs().insert(run.clone(), Arc::new(hand));
    }

    fn printed(&self, run: &SmolStr, plan: &Plan) -> String {
        super::printed(&self.folder, run, plan)
    }

    fn forget(&self, run: &SmolStr) {
        self.runs().remove(run);
    }

    fn recall(&self, run: SmolStr, open: Vec<Open>) -> Pin<Box<dyn Future<Output = Vec<Recalled>> + Send>> {
        let folder = self.folder.clone();
        Box::pin(async move {
            let looked = tokio::task::spawn_blocking(move || look(&folder, &run, open)).await;
            let (recalled, unwatched) = looked.expect("looking does not panic");
            leftover::end_all(&unwatched).await;
            recalled
        })
    }

    fn recorded(&self, run: &SmolStr, place: Place, attempt: u32) {
        Files::beside(&AttemptName { place, attempt }.log(&self.folder, run)).forget();
    }
}

/// The file that says during which life of the host the commands of a run were begun.
fn host_file(folder: &StateFolder, run: &str) -> PathBuf {
    folder.logs().join(run).join("host")
}

/// Looks what became of open questions, and which of them may have left something running.
fn look(folder: &StateFolder, run: &str, open: Vec<Open>) -> (Vec<Recalled>, Vec<PathBuf>) {
    // After a restart of the host nothing runs any more, and a claim that is not there may only have been lost.
    let same_host = std::fs::read_to_string(host_file(folder, run)).is_ok_and(|it| it == boot_id());
    let mut unwatched = Vec::new();
    let recalled = open.into_iter().map(|Open { place, attempt, is_supervised }| {
        let name = AttemptName { place, attempt };
        let files = Files::beside(&name.log(folder, run));
        let found = match (is_supervised, same_host) {
            (true, true) => Found::look(&files),
            (true, false) => Found::look_after_restart(&files),
            (false, _) => Ok(Found::Lost),
        };
        match found {
            Ok(found @ (Found::UnderWay(_) | Found::Ended(_) | Found::NeverBegun)) => {
                let found = found.answer().map_or_else(Recall::UnderWay, Recall::Answered);
                Recalled { place, attempt, found }
            }
            Ok(Found::Lost) => {
                unwatched.push(name.output(folder, run));
                Recalled::unknown(place, attempt)
            }
            Err(error) => {
                tracing::error!(run, %error, "what an attempt left could not be read");
                unwatched.push(name.output(folder, run));
                Recalled::unknown(place, attempt)
            }
        }
    });
    (recalled.collect(), unwatched)
}

/// Returns who asks the world for a plan that does not run.
pub async fn performer_for(folder: &StateFolder, plan: &Plan) -> Performer {
    let environment = Environment::of_engine();
    let (vault, _) = vault_for(plan, &environment).await;
    let sources = Arc::new(Sources::with_samples(folder.samples()));
    Performer::new(Arc::new(vault), Arc::new(Quiet), environment).asking(sources)
}

/// Fetches the secrets of a plan; those that are gone are named.
async fn vault_for(plan: &Plan, environment: &Environment) -> (Vault, Vec<(SmolStr, SecretFailure)>) {
    let folder = Path::new(&plan.folder);
    let declared: Vec<(SmolStr, SecretSource)> =
        plan.secrets.iter().map(|it| (it.name.clone(), source_of(it, folder))).collect();
    Vault::load(&declared, environment).await
}

impl Hand {
    async fn make(&self) -> Performer {
        let (vault, gone) = vault_for(&self.plan, &self.environment).await;
        for (name, failure) in gone {
            // Whichever step needs it says so; the run pauses there.
            tracing::warn!(run = %self.run, secret = %name, %failure, "a secret is not there");
        }
        let live = Shown { run: self.run.clone(), audience: self.audience.clone() };
        let (vault, environment) = (Arc::new(vault), self.environment.clone());
        let performer = Performer::supervised(vault, Arc::new(live), environment, self.supervisors.clone());
        performer.asking(Arc::clone(&self.sources))
    }

    /// Notes in which life of the host commands are begun, before the first one is. Every question of an earlier life
    /// has been answered by then, and the answers are durable.
    async fn note_host(&self) -> Result<(), String> {
        let path = self.host_file.clone();
        let noted = tokio::task::spawn_blocking(move || note_host(&path)).await.expect("writing does not panic");
        noted.map_err(|error| format!("`{}` could not be written: {error}", self.host_file.display()))
    }
}

fn note_host(path: &Path) -> std::io::Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|it| it == boot_id()) {
        return Ok(());
    }
    let folder = path.parent().expect("it lies in the folder of its run");
    std::fs::create_dir_all(folder)?;
    let aside = path.with_extension("new");
    let mut file = std::fs::File::create(&aside)?;
    file.write_all(boot_id().as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&aside, path)?;
    std::fs::File::open(folder)?.sync_all()
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
    fn is_heard(&self) -> bool {
        !self.audience.is_empty()
    }

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
