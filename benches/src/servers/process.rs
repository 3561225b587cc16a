//! The process of the servers, seen from the one that measures.

use std::env::current_exe;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::destination::Destination;
use super::site::Site;
use crate::Failure;

/// The running servers. Dropping it ends them.
#[derive(Debug)]
pub(crate) struct Servers {
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    destinations: Vec<Destination>,
}

/// What a server has counted since it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Connections accepted.
    pub(crate) connections: usize,
    /// Handshakes that resumed a session.
    pub(crate) resumed: usize,
    /// Connections that are open now.
    pub(crate) open: usize,
}

impl Servers {
    /// Starts the servers and waits until they listen.
    ///
    /// `program` has them; this one, where it is none.
    pub(crate) fn start(program: Option<&Path>) -> Result<Self, Failure> {
        let program = program.map_or_else(current_exe, |program| Ok(program.to_owned()))?;
        let mut process = Command::new(program)
            .arg("--serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let questions = process.stdin.take().ok_or("the servers have no input")?;
        let output = process.stdout.take().ok_or("the servers have no output")?;
        let mut servers = Self {
            process,
            questions,
            answers: BufReader::new(output),
            destinations: Vec::new(),
        };
        for _ in Site::ALL {
            let destination = servers.answer()?.parse()?;
            servers.destinations.push(destination);
        }
        Ok(servers)
    }

    /// Where a site is.
    pub(crate) fn destination(&self, site: Site) -> Result<&Destination, Failure> {
        Ok(self
            .destinations
            .get(site as usize)
            .ok_or("there is no such site")?)
    }

    /// What a site has counted.
    pub(crate) fn counts(&mut self, site: Site) -> Result<Counts, Failure> {
        writeln!(self.questions, "{}", site as usize)?;
        let answer = self.answer()?;
        let mut numbers = answer.split_whitespace().map(str::parse);
        let mut next = || numbers.next().ok_or("a counter is missing");
        Ok(Counts {
            connections: next()??,
            resumed: next()??,
            open: next()??,
        })
    }

    fn answer(&mut self) -> Result<String, Failure> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the servers have ended".into());
        }
        Ok(line)
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        // An error says that the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
