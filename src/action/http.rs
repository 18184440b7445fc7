//! One HTTP request: sent, answered, judged by its status. The one place that builds a client. Knows no metric and
//! no probe.

use std::net::IpAddr;
use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::{Attempt as Redirect, Policy};
use reqwest::{Client, Method, Response, Url};

use super::fault::{duration_text, fault};
use super::mask::Mask;
use super::output::KEPT_BYTES_MAX;
use super::reach::{Reach, refusal};
use super::vault::Vault;
use crate::engine::{Done, Fault, FaultKind, HttpJob, StatusRange};

/// A longer body is cut.
pub const BODY_BYTES_MAX: usize = 1 << 20;
const REDIRECTS_MAX: usize = 5;

/// Builds the client for everything that is sent: one pool of connections, redirects only within a host, and no address
/// that is out of reach.
pub fn http_client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // Where someone installed a provider before, theirs serves as well.
        rustls::crypto::ring::default_provider().install_default().ok();
    });
    let builder = Client::builder().redirect(Policy::custom(redirect)).connect_timeout(Duration::from_secs(30));
    let agent = concat!("rollout/", env!("CARGO_PKG_VERSION"));
    let builder = builder.dns_resolver(Arc::new(Reach::of_this_process().clone()));
    builder.user_agent(agent).build().expect("the settings are fixed and the provider is installed")
}

fn redirect(redirect: Redirect) -> reqwest::redirect::Action {
    let place = |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    let is_same = redirect.previous().first().is_some_and(|first| place(first) == place(redirect.url()));
    if is_same && redirect.previous().len() <= REDIRECTS_MAX { redirect.follow() } else { redirect.stop() }
}

/// What came back, whatever its status.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    /// At most `BODY_BYTES_MAX` bytes.
    pub body: Vec<u8>,
}

/// Sends a request and reads the answer, all within the job's time.
pub async fn send(client: &Client, job: &HttpJob, vault: &Vault) -> Result<Reply, Fault> {
    let request = request(client, job, vault)?;
    let exchange = async {
        let response = request.send().await.map_err(|error| explain(error, job))?;
        let status = response.status().as_u16();
        Ok(Reply { status, body: body(response).await.map_err(|error| explain(error, job))? })
    };
    let answered = tokio::time::timeout(Duration::from_millis(job.timeout_ms), exchange).await;
    answered.unwrap_or_else(|_| Err(late(job)))
}

/// Sends a request and judges the status of the answer.
pub(super) async fn perform(client: &Client, job: &HttpJob, vault: &Vault) -> Result<Done, Fault> {
    let reply = accepted(send(client, job, vault).await?, job)?;
    let code = i32::from(reply.status);
    Ok(Done { code, stdout: text(&reply.body, vault.mask()), outputs: Default::default() })
}

/// Judges an answer by its status.
pub(super) fn accepted(reply: Reply, job: &HttpJob) -> Result<Reply, Fault> {
    let code = i32::from(reply.status);
    if is_accepted(reply.status, &job.accept) {
        return Ok(reply);
    }
    let aside = match reply.status {
        300..=399 => ", a redirect that is not followed",
        401 | 403 => ": who asks is not let in",
        _ => "",
    };
    Err(Fault { kind: FaultKind::Refused, message: format!("answered {code}{aside}"), code: Some(code) })
}

fn is_accepted(status: u16, accept: &[StatusRange]) -> bool {
    let usual = [StatusRange { first: 200, last: 299 }];
    let accept = if accept.is_empty() { &usual } else { accept };
    accept.iter().any(|range| (range.first..=range.last).contains(&status))
}

fn request(client: &Client, job: &HttpJob, vault: &Vault) -> Result<reqwest::RequestBuilder, Fault> {
    let refused = |message: String| fault(FaultKind::Unreachable, message);
    let url = Url::parse(&job.url).map_err(|error| refused(format!("`{}` is not a URL: {error}", job.url)))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused(format!("`{}` is neither http nor https", job.url)));
    }
    // Addresses that are written as numbers ask no resolver.
    if let Some(address) = numeric(&url)
        && !Reach::of_this_process().may_ask(address)
    {
        return Err(refused(refusal(&address.to_string())));
    }
    let method = Method::from_bytes(job.method.as_bytes());
    let method = method.map_err(|_| refused(format!("`{}` is not a method of HTTP", job.method)))?;
    let mut headers = HeaderMap::new();
    for (name, value) in &job.headers {
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused(format!("`{name}` is not a header")))?;
        let value = HeaderValue::from_str(&vault.resolve(value)?);
        let mut value = value.map_err(|_| refused(format!("the value for the header `{name}` cannot be sent")))?;
        value.set_sensitive(true);
        headers.append(key, value);
    }
    let request = client.request(method, url).headers(headers);
    Ok(match &job.body {
        Some(body) => request.body(vault.resolve(body)?),
        None => request,
    })
}

fn numeric(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

async fn body(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let fits = chunk.len().min(BODY_BYTES_MAX - body.len());
        body.extend_from_slice(&chunk[..fits]);
        if body.len() == BODY_BYTES_MAX {
            break;
        }
    }
    Ok(body)
}

fn explain(error: reqwest::Error, job: &HttpJob) -> Fault {
    if error.is_timeout() {
        return late(job);
    }
    // The innermost reason is the one that helps; the outer ones repeat the address.
    let error = error.without_url();
    let mut reason: &dyn std::error::Error = &error;
    while let Some(source) = reason.source() {
        reason = source;
    }
    let place = Url::parse(&job.url).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    fault(FaultKind::Unreachable, format!("`{place}` could not be reached: {reason}"))
}

fn late(job: &HttpJob) -> Fault {
    fault(FaultKind::TimedOut, format!("no answer within {}", duration_text(job.timeout_ms)))
}

/// Returns the start of a body as text, masked and without its final newline.
fn text(body: &[u8], mask: &Mask) -> String {
    let mut text = mask.text(&String::from_utf8_lossy(body));
    let mut end = text.len().min(KEPT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    let end = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text).len());
    text.truncate(end.unwrap_or(text.len()));
    text
}
