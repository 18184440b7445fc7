//! The one who performs: takes a job, has it done by the file that knows how, and answers. Holds what all jobs of a
//! run share; knows neither plan nor journal.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::attempt::{Attempt, Live};
use super::environment::Environment;
use super::fault::{ended as was_ended, fault};
use super::group::ProcessIdentity;
use super::outputs::read_outputs;
use super::probe::{read_answer, tcp};
use super::process;
use super::programs::Programs;
use super::sources::Sources;
use super::start::{Errand, argv, find_program};
use super::supervise::{Files, Found, Supervisors, Unbegun};
use super::vault::Vault;
use super::{haproxy, http, mail, metric, notice, recorded};
use crate::engine::{
    Answer, CommandJob, Done, Fault, FaultKind, HttpJob, Job, MetricAsk, MetricSource, NoticeForm, NoticeJob, ProbeAsk,
    ProbeJob, Probed, RouterCall,
};

/// How many probes of one job are asked side by side.
const PROBES_AT_ONCE: usize = 32;

/// What is said of an attempt whose supervisor is gone and has left no result.
const LOST: &str = "its supervisor died, and nobody knows whether it ran to its end";

/// Performs the jobs of one run. Cheap to clone.
#[derive(Clone)]
pub struct Performer {
    shared: Arc<Shared>,
}

struct Shared {
    vault: Arc<Vault>,
    live: Arc<dyn Live>,
    environment: Environment,
    /// Built when the first request is sent: loading certificates takes a while.
    client: OnceLock<reqwest::Client>,
    /// Folders of output files that are known to exist.
    folders: Mutex<BTreeSet<PathBuf>>,
    programs: Programs,
    sources: Arc<Sources>,
    /// None: every command dies with the engine.
    supervisors: Option<Supervisors>,
}

impl Performer {
    /// Makes ready with the secrets of a run, someone who watches, and the variables that commands may be passed.
    pub fn new(vault: Arc<Vault>, live: Arc<dyn Live>, environment: Environment) -> Performer {
        Performer::with(vault, live, environment, None)
    }

    /// The same, but the commands of steps are supervised and outlive whoever performs them.
    pub fn supervised(
        vault: Arc<Vault>,
        live: Arc<dyn Live>,
        environment: Environment,
        supervisors: Supervisors,
    ) -> Performer {
        Performer::with(vault, live, environment, Some(supervisors))
    }

    fn with(
        vault: Arc<Vault>,
        live: Arc<dyn Live>,
        environment: Environment,
        supervisors: Option<Supervisors>,
    ) -> Performer {
        let (client, folders, programs) = (OnceLock::new(), Mutex::new(BTreeSet::new()), Programs::default());
        let sources = Arc::default();
        let shared = Shared { vault, live, environment, client, folders, programs, sources, supervisors };
        Performer { shared: Arc::new(shared) }
    }

    /// The same, asking sources that others ask as well.
    pub fn asking(mut self, sources: Arc<Sources>) -> Performer {
        Arc::get_mut(&mut self.shared).expect("nobody else has a performer that is being made").sources = sources;
        self
    }

    /// Performs a job. When `ended` comes first, what runs is ended and the answer says so. `started` hears of the
    /// process of a command that dies with the engine as soon as there is one.
    ///
    /// Dropping the future kills such a command at once; one that is supervised goes on.
    pub async fn perform(
        &self,
        attempt: &Attempt,
        job: &Job,
        ended: impl Future<Output = ()> + Send,
        started: impl FnOnce(ProcessIdentity) + Send,
    ) -> Answer {
        let ended = pin!(ended);
        let done = match (job, &self.shared.supervisors) {
            (Job::Command(job), Some(supervisors)) => self.shared.step(supervisors, attempt, job, ended).await,
            (Job::Command(job), None) => self.shared.command(attempt, job, ended, started).await,
            // To set a share once more does no harm.
            (Job::Router(job), _) => match &job.call {
                RouterCall::Command(command) => self.shared.command(attempt, command, ended, started).await,
                RouterCall::Haproxy(call) => tokio::select! {
                    done = haproxy::perform(call) => done,
                    () = ended => Err(was_ended()),
                },
            },
            (Job::Http(job), _) => tokio::select! {
                done = self.shared.http(job) => done,
                () = ended => Err(was_ended()),
            },
            (Job::Notice(job), _) => tokio::select! {
                done = self.shared.notice(job) => done,
                () = ended => Err(was_ended()),
            },
            (Job::Probes { probes }, _) => tokio::select! {
                results = self.probes(attempt, probes) => return Answer::Probed { results },
                () = ended => Err(was_ended()),
            },
        };
        self.answer(done)
    }

    /// Stays with what an earlier engine began, as if it had been performed here.
    pub async fn attend(&self, attempt: &Attempt, found: Found, ended: impl Future<Output = ()> + Send) -> Answer {
        let done = self.shared.stay(attempt, found, pin!(ended)).await;
        self.answer(done)
    }

    fn answer(&self, done: Result<Done, Fault>) -> Answer {
        match done {
            Ok(done) => Answer::Done(done),
            Err(fault) => Answer::Fault(Fault { message: self.shared.vault.mask().text(&fault.message), ..fault }),
        }
    }

    /// Reads one metric, outside of any run.
    pub async fn look(&self, ask: &MetricAsk) -> Probed {
        let attempt = Attempt {
            run: String::new(),
            step: String::new(),
            attempt: 1,
            log: PathBuf::new(),
            output_file: PathBuf::new(),
            log_limit_bytes: 0,
            grace_ms: 0,
        };
        self.shared.metric(&attempt, ask).await
    }

    pub(super) async fn fetched(&self, job: &HttpJob) -> Result<String, Fault> {
        self.shared.fetched(job).await
    }

    async fn probes(&self, attempt: &Attempt, probes: &[ProbeJob]) -> Vec<Probed> {
        if let [probe] = probes {
            return vec![self.shared.probe(attempt, probe).await];
        }
        let places = Arc::new(Semaphore::new(PROBES_AT_ONCE));
        let mut asked = JoinSet::new();
        for (at, probe) in probes.iter().enumerate() {
            let (shared, places) = (Arc::clone(&self.shared), Arc::clone(&places));
            let probe = probe.clone();
            let output_file = attempt.output_file.with_added_extension(at.to_string());
            let attempt = Attempt { output_file, ..attempt.clone() };
            asked.spawn(async move {
                let _place = places.acquire().await;
                (at, shared.probe(&attempt, &probe).await)
            });
        }
        let mut results = vec![Probed::Unknown { why: "it was not asked to its end".to_owned() }; probes.len()];
        while let Some(answered) = asked.join_next().await {
            if let Ok((at, probed)) = answered {
                results[at] = probed;
            }
        }
        results
    }
}

impl Shared {
    /// Runs a command of a question, which dies with the engine.
    async fn command(
        &self,
        attempt: &Attempt,
        job: &CommandJob,
        ended: Pin<&mut (dyn Future<Output = ()> + Send)>,
        started: impl FnOnce(ProcessIdentity) + Send,
    ) -> Result<Done, Fault> {
        let errand = self.errand(attempt, job)?;
        let done = process::run(&errand, self.vault.mask(), self.live.as_ref(), ended, started).await?;
        let outputs = read_outputs(&attempt.output_file, self.vault.mask());
        let outputs = outputs.map_err(|why| Fault { kind: FaultKind::Refused, message: why, code: Some(done.code) })?;
        Ok(Done { outputs, ..done })
    }

    /// Runs the command of a step under a supervisor.
    async fn step(
        &self,
        supervisors: &Supervisors,
        attempt: &Attempt,
        job: &CommandJob,
        ended: Pin<&mut (dyn Future<Output = ()> + Send)>,
    ) -> Result<Done, Fault> {
        let errand = self.errand(attempt, job)?;
        let unclear = |error: std::io::Error| fault(FaultKind::Unknown, format!("its files are not readable: {error}"));
        let found = match supervisors.begin(&errand, self.vault.secrets()).await {
            Ok(watched) => Found::UnderWay(watched),
            Err(unbegun) => match (Found::look(&Files::beside(&attempt.log)).map_err(unclear)?, unbegun) {
                // Nothing can be started now, so that to begin anew would come to the same, again and again.
                (Found::NeverBegun, Unbegun::Failed(error)) => {
                    let message = format!("no supervisor could be begun for it: {error}");
                    return Err(fault(FaultKind::Unreachable, message));
                }
                (found, _) => found,
            },
        };
        self.stay(attempt, found, ended).await
    }

    /// Stays with what was found of an attempt until it is over.
    async fn stay(
        &self,
        attempt: &Attempt,
        found: Found,
        ended: Pin<&mut (dyn Future<Output = ()> + Send)>,
    ) -> Result<Done, Fault> {
        let result = match found {
            Found::UnderWay(watched) => watched.wait(&attempt.step, self.live.as_ref(), ended).await,
            Found::Ended(result) => Some(result),
            Found::NeverBegun => Some(Err(fault(FaultKind::NotBegun, "it never began"))),
            Found::Lost => None,
        };
        match result {
            Some(result) => result,
            None => Err(fault(FaultKind::Unknown, LOST)),
        }
    }

    fn errand(&self, attempt: &Attempt, job: &CommandJob) -> Result<Errand, Fault> {
        self.ensure_folder(&attempt.output_file)?;
        let mut variables = self.environment.clean(&job.pass_env);
        for (name, value) in &job.env {
            variables.insert(name.as_str().into(), self.vault.resolve(value)?.into());
        }
        let marks: [(&str, OsString); 4] = [
            ("ROLLOUT_RUN", attempt.run.as_str().into()),
            ("ROLLOUT_STEP", attempt.step.as_str().into()),
            ("ROLLOUT_ATTEMPT", attempt.attempt.to_string().into()),
            ("ROLLOUT_OUTPUT", attempt.output_file.as_os_str().to_owned()),
        ];
        variables.extend(marks.map(|(name, value)| (name.into(), value)));
        let variables: Vec<(OsString, OsString)> = variables.into_iter().collect();
        let argv = argv(&job.what);
        Ok(Errand {
            attempt: attempt.clone(),
            program: find_program(&argv, &variables, &self.programs)?,
            argv,
            variables,
            folder: job.cwd.clone().into(),
            stdin: job.stdin.as_ref().map(|text| self.vault.resolve(text)).transpose()?,
            timeout_ms: job.timeout_ms,
            accept: job.accept.clone(),
        })
    }

    async fn http(&self, job: &HttpJob) -> Result<Done, Fault> {
        http::perform(self.client.get_or_init(http::http_client), job, &self.vault).await
    }

    async fn notice(&self, job: &NoticeJob) -> Result<Done, Fault> {
        match &job.form {
            NoticeForm::Post { body, key } => {
                self.http(&notice::request(&job.url, body, key.as_ref(), job.timeout_ms, &self.vault)?).await
            }
            NoticeForm::Mail(mail) => mail::send(&job.url, mail, job.timeout_ms, &self.vault).await,
        }
    }

    async fn probe(&self, attempt: &Attempt, probe: &ProbeJob) -> Probed {
        let probed = match &probe.ask {
            ProbeAsk::Command(job) => {
                read_answer(self.command(attempt, job, pin!(std::future::pending()), |_| {}).await)
            }
            ProbeAsk::Http(job) => read_answer(self.http(job).await),
            ProbeAsk::Tcp { host, port, timeout_ms } => tcp(host, *port, *timeout_ms).await,
            ProbeAsk::Metric(ask) => self.metric(attempt, ask).await,
        };
        let mask = self.vault.mask();
        match probed {
            Probed::Holds => Probed::Holds,
            Probed::Violated { why } => Probed::Violated { why: mask.text(&why) },
            Probed::Unknown { why } => Probed::Unknown { why: mask.text(&why) },
            Probed::Absent { why } => Probed::Absent { why: mask.text(&why) },
            Probed::Sampled { value, note } => Probed::Sampled { value, note: note.map(|it| mask.text(&it)) },
            Probed::Series { values, times } => Probed::Series { values, times },
        }
    }

    async fn metric(&self, attempt: &Attempt, ask: &MetricAsk) -> Probed {
        let answer = match (&ask.source, ask.over) {
            (MetricSource::Recorded { .. }, _) => return self.recorded(&attempt.run, ask).await,
            (MetricSource::Command(job), None) => {
                let done = self.command(attempt, job, pin!(std::future::pending()), |_| {}).await;
                done.map(|it| it.stdout)
            }
            (MetricSource::Command(_), Some(_))
            | (MetricSource::Http { .. } | MetricSource::Alertmanager { .. } | MetricSource::Prometheus { .. }, _) => {
                match metric::request(ask) {
                    Ok(request) => self.fetched(&request).await,
                    Err(unknown) => return unknown,
                }
            }
        };
        metric::read(ask, answer)
    }

    /// Asks what others may be asking as well.
    async fn fetched(&self, job: &HttpJob) -> Result<String, Fault> {
        let client = self.client.get_or_init(http::http_client);
        let reply = self.sources.ask(client, job, &self.vault).await?;
        let reply = http::accepted(reply, job)?;
        if reply.body.len() >= http::BODY_BYTES_MAX {
            let message = "the answer is too long to be that of one number".to_owned();
            return Err(Fault { kind: FaultKind::Refused, message, code: Some(i32::from(reply.status)) });
        }
        Ok(String::from_utf8_lossy(&reply.body).into_owned())
    }

    async fn recorded(&self, run: &str, ask: &MetricAsk) -> Probed {
        let (sources, run, ask) = (Arc::clone(&self.sources), run.to_owned(), ask.clone());
        let read = tokio::task::spawn_blocking(move || match sources.samples() {
            Ok(samples) => recorded::read(samples, &run, &ask),
            Err(why) => Probed::Unknown { why },
        });
        read.await.expect("reading samples does not panic")
    }

    /// Makes the folder in which a command may leave its output file, once for each folder.
    fn ensure_folder(&self, file: &Path) -> Result<(), Fault> {
        let Some(folder) = file.parent() else { return Ok(()) };
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if !folders.contains(folder) {
            let made = std::fs::create_dir_all(folder);
            made.map_err(|error| {
                let message = format!("the folder `{}` for outputs could not be made: {error}", folder.display());
                fault(FaultKind::Unreachable, message)
            })?;
            folders.insert(folder.to_owned());
        }
        Ok(())
    }
}
