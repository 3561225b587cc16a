//! A download from its first request to the final name.

use std::path::PathBuf;

use http::header::{ACCEPT_ENCODING, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, Method};
use http_body::Body as _;
use tokio::time::Instant;

use super::answer::{Answer, Asked, judge};
use super::disk::{on_disk, unwritable};
use super::part::{Left, Part, free_bytes};
use super::{Downloaded, Plan};
use crate::client::RequestBuilder;
use crate::error::{Delivery, Error, Failure, Kind, Phase};
use crate::exchange::Call;
use crate::limits::{Deadline, MAX_RESUMPTIONS};
use crate::response::Response;

/// How much is gathered in memory before it is written.
const PIECE_BYTES: usize = 256 * 1024;

/// Downloads by `plan` what `request` asks for.
pub(super) async fn run(request: RequestBuilder, plan: Plan) -> Result<Downloaded, Error> {
    let Some((call, timeouts)) = request.parts() else {
        return Err(request.send().await.err().unwrap_or_else(unsendable));
    };
    check(call, &plan).map_err(|failure| {
        let failure = failure.delivered(Delivery::NotSent);
        Error::from(failure).at(|| call.url())
    })?;
    let mut limits = call.limits;
    timeouts.apply(&mut limits);
    let (part, path, left) = open(&plan).await.map_err(|failure| {
        let failure = failure.delivered(Delivery::NotSent);
        Error::from(failure).at(|| call.url())
    })?;
    let run = Run {
        request,
        deadline: limits.deadline(),
        plan,
        path,
        received: left.bytes,
        furthest: left.bytes,
        validator: left.validator,
        total: None,
        headers: None,
        part: Some(part),
        resumptions: 0,
        fruitless: 0,
    };
    run.drive().await
}

/// A request that has a mistake is never sent.
#[cold]
fn unsendable() -> Error {
    Failure::new(Kind::Request, "the request cannot be sent").into()
}

fn check(call: &Call, plan: &Plan) -> Result<(), Failure> {
    let mistake = |what: String| Err(Failure::new(Kind::Request, what));
    if call.method != Method::GET || !call.body.is_end_stream() {
        return mistake("only a GET without a body can be downloaded to a file".to_owned());
    }
    for name in [RANGE, IF_RANGE, ACCEPT_ENCODING] {
        if call.headers.contains_key(&name) {
            return mistake(format!("the header {name} cannot be set for a download"));
        }
    }
    if plan.across_runs && plan.integrity.is_none() {
        let what = "a download can be resumed across runs only if its digest is known";
        return mistake(what.to_owned());
    }
    Ok(())
}

/// The part, the final path, and what an earlier run has left.
async fn open(plan: &Plan) -> Result<(Part, PathBuf, Left), Failure> {
    let (path, integrity) = (plan.path.clone(), plan.integrity.clone());
    let across_runs = plan.across_runs;
    let opened = on_disk(move || {
        let path = std::path::absolute(path)?;
        let (part, left) = match integrity {
            Some(integrity) if across_runs => Part::reopen(path.clone(), integrity)?,
            integrity => (Part::create(path.clone(), integrity)?, Left::default()),
        };
        Ok((part, path, left))
    });
    opened.await?.map_err(|error| unwritable(&plan.path, error))
}

/// A download under way.
struct Run {
    request: RequestBuilder,
    /// Of all attempts together.
    deadline: Deadline,
    plan: Plan,
    path: PathBuf,
    received: u64,
    /// By which the rest can be asked for.
    validator: Option<HeaderValue>,
    /// The length of the file, once a response has said it.
    total: Option<u64>,
    /// Of the response that the file began with; None if an earlier run had it.
    headers: Option<HeaderMap>,
    /// None only while the disk is written.
    part: Option<Part>,
    resumptions: u32,
    /// The most that was received at any time, of the present version or of one before.
    furthest: u64,
    /// How many attempts in a row have brought nothing new.
    fruitless: u32,
}

impl Run {
    async fn drive(mut self) -> Result<Downloaded, Error> {
        loop {
            let mut response = self.ask().await?;
            let answer = self.judge(&response);
            let is_complete = match answer.map_err(|failure| blame(&response, failure))? {
                Some(Answer::Complete) => true,
                Some(Answer::Changed) => {
                    let restarted = self.restart(None).await;
                    restarted.map_err(|failure| blame(&response, failure))?;
                    let what = "the file became shorter while it was downloaded";
                    let error = blame(&response, Failure::new(Kind::Closed, what));
                    self.resume(error).await?;
                    continue;
                }
                Some(Answer::Rest { total }) => {
                    self.total = Some(total);
                    false
                }
                Some(Answer::Whole { total, validator }) => {
                    self.total = total;
                    self.headers = Some(response.headers().clone());
                    let restarted = self.restart(validator).await;
                    restarted.map_err(|failure| blame(&response, failure))?;
                    false
                }
                None => {
                    response.error_for_status_ref()?;
                    let status = response.status();
                    let what = format!("the server answered {status}, without a file");
                    let error = blame(&response, Failure::new(Kind::Status, what));
                    return Err(error.with_status(status));
                }
            };
            if !is_complete && let Err(error) = self.read(&mut response).await? {
                self.resume(error).await?;
                continue;
            }
            let finished = self.finish().await;
            finished.map_err(|failure| blame(&response, failure))?;
            return Ok(Downloaded {
                path: self.path,
                bytes: self.received,
                resumptions: self.resumptions,
                url: response.url().clone(),
                headers: self.headers.unwrap_or_else(|| response.headers().clone()),
                receipt: response.receipt().cloned(),
            });
        }
    }

    /// Sends the request for what is missing.
    async fn ask(&self) -> Result<Response, Error> {
        let again = self.request.try_clone();
        let mut request = again.ok_or_else(unsendable)?.identity();
        if let Some(validator) = self.validator.as_ref().filter(|_| self.received > 0) {
            request = request
                .header(RANGE, format!("bytes={}-", self.received))
                .header(IF_RANGE, validator.clone());
        }
        if let Some((at, _)) = self.deadline {
            request = request.timeout(at.saturating_duration_since(Instant::now()));
        }
        request.send().await
    }

    fn judge(&self, response: &Response) -> Result<Option<Answer>, Failure> {
        let asked = Asked {
            offset: match self.validator {
                Some(_) => self.received,
                None => 0,
            },
            validator: self.validator.as_ref(),
            total: self.total,
        };
        judge(asked, response.status(), response.headers()).map_err(|refused| {
            let what = "the response is not what was asked for";
            Failure::new(Kind::Protocol, what).caused_by(refused)
        })
    }

    /// Begins with the first byte, of the version that has `validator`.
    async fn restart(&mut self, validator: Option<HeaderValue>) -> Result<(), Failure> {
        self.received = 0;
        self.validator.clone_from(&validator);
        self.with_part(move |part| part.restart(validator.as_ref()))
            .await
    }

    /// Reads the body of `response` into the part. The inner error is that of a body of which the
    /// rest may be asked for.
    async fn read(&mut self, response: &mut Response) -> Result<Result<(), Error>, Error> {
        let ended = self.receive(response).await;
        ended.map_err(|failure| blame(response, failure))
    }

    async fn receive(&mut self, response: &mut Response) -> Result<Result<(), Error>, Failure> {
        if let Some(total) = self.total {
            self.check_size(total)?;
            self.check_space(total).await?;
        }
        let mut gathered = Vec::new();
        let ended = loop {
            let chunk = match self.next(response).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => break Ok(()),
                Ok(Err(error)) => break Err(error),
                Err(slow) => break Err(blame(response, slow)),
            };
            self.received += chunk.len() as u64;
            if self.received > self.furthest {
                self.furthest = self.received;
                self.fruitless = 0;
            }
            self.check_size(self.received)?;
            if let Some(report) = &self.plan.report {
                report(self.received, self.total);
            }
            gathered.extend_from_slice(&chunk);
            if gathered.len() >= PIECE_BYTES {
                gathered = self.write(gathered).await?;
            }
        };
        self.write(gathered).await?;
        Ok(ended)
    }

    /// The next piece of the body, or that it comes too slowly.
    async fn next(
        &mut self,
        response: &mut Response,
    ) -> Result<Result<Option<bytes::Bytes>, Error>, Failure> {
        let Some(pace) = &mut self.plan.pace else {
            return Ok(response.chunk().await);
        };
        loop {
            let start = Instant::now();
            let chunk = tokio::time::timeout(pace.left(), response.chunk()).await;
            let arrived = match chunk {
                Ok(Ok(Some(ref chunk))) => chunk.len() as u64,
                Ok(ended) => return Ok(ended),
                Err(_) => 0,
            };
            if !pace.note(start, arrived) {
                let (bytes, per) = (pace.bytes, pace.per);
                let what = format!(
                    "fewer than {bytes} bytes arrived within {per:?}, the limit set by `min_throughput`"
                );
                return Err(Failure::new(Kind::Timeout, what));
            }
            if let Ok(chunk) = chunk {
                return Ok(chunk);
            }
        }
    }

    /// Waits until the rest may be asked for, or returns `error`.
    async fn resume(&mut self, error: Error) -> Result<(), Error> {
        self.fruitless += 1;
        if self.resumptions >= MAX_RESUMPTIONS {
            return Err(error);
        }
        let Some((call, _)) = self.request.parts() else {
            return Err(error);
        };
        let stack = &self.request.client().inner().stack;
        let Some(wait) = stack.resume_after(call, &error, self.fruitless, self.deadline) else {
            return Err(error);
        };
        tracing::debug!(received = self.received, ?wait, %error, "asking for the rest of a file");
        tokio::time::sleep(wait).await;
        self.resumptions += 1;
        Ok(())
    }

    fn check_size(&self, bytes: u64) -> Result<(), Failure> {
        match self.plan.max_bytes {
            Some(limit) if bytes > limit => {
                let what =
                    format!("the file is larger than {limit} bytes, the limit set by `max_bytes`");
                Err(Failure::new(Kind::TooLarge, what))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a file that has no room.
    async fn check_space(&self, total: u64) -> Result<(), Failure> {
        let path = self.path.clone();
        // Where the file system does not say, writing will show it.
        let Ok(free) = on_disk(move || free_bytes(&path)).await? else {
            return Ok(());
        };
        let missing = total.saturating_sub(self.received);
        if missing <= free {
            return Ok(());
        }
        let path = &self.plan.path;
        let what = format!("{missing} bytes are to be written to {path:?}, and {free} are free");
        Err(Failure::new(Kind::File, what))
    }

    /// Writes what was gathered. Returns the emptied memory.
    async fn write(&mut self, gathered: Vec<u8>) -> Result<Vec<u8>, Failure> {
        if gathered.is_empty() {
            return Ok(gathered);
        }
        self.with_part(move |part| {
            part.write(&gathered)?;
            let mut emptied = gathered;
            emptied.clear();
            Ok(emptied)
        })
        .await
    }

    /// Proves the digest, and gives the file its name.
    async fn finish(&mut self) -> Result<(), Failure> {
        if let Some(total) = self.total.filter(|total| *total != self.received) {
            let received = self.received;
            let what = format!("{received} bytes of {total} were received");
            return Err(Failure::new(Kind::Protocol, what));
        }
        let Some(mut part) = self.part.take() else {
            return Ok(());
        };
        let finished = on_disk(move || {
            if let Some(mismatch) = part.mismatch() {
                part.discard();
                return Ok(Some(mismatch));
            }
            part.finish().map(|()| None)
        });
        match finished.await? {
            Ok(None) => Ok(()),
            Ok(Some(mismatch)) => Err(Failure::new(Kind::Integrity, mismatch)),
            Err(error) => Err(unwritable(&self.plan.path, error)),
        }
    }

    async fn with_part<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Part) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, Failure> {
        let part = self.part.take();
        let (part, done) = on_disk(move || match part {
            Some(mut part) => {
                let done = work(&mut part);
                (Some(part), done)
            }
            None => (None, Err(std::io::ErrorKind::NotFound.into())),
        })
        .await?;
        self.part = part;
        done.map_err(|error| unwritable(&self.plan.path, error))
    }
}

/// The error of a download whose last response is this one.
#[cold]
fn blame(response: &Response, failure: Failure) -> Error {
    response.blame(failure.during(Phase::Body))
}
