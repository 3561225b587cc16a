//! An explanation as text, with or without colour.

use std::fmt;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style};

use super::Explanation;
use super::view::CertificateView;

/// The styles of the parts of a text; without colour they are all plain.
#[derive(Clone, Copy, Default)]
struct Palette {
    fault: Style,
    remedy: Style,
    label: Style,
}

impl Palette {
    fn coloured() -> Self {
        Self {
            fault: AnsiColor::Red.on_default().bold(),
            remedy: AnsiColor::Green.on_default().bold(),
            label: AnsiColor::Cyan.on_default(),
        }
    }
}

impl Explanation {
    /// The explanation in colour if `output` is a terminal and the environment variable `NO_COLOR`
    /// is unset or empty; else plain text.
    pub fn for_terminal(&self, output: &impl IsTerminal) -> impl fmt::Display {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let palette = if wanted && output.is_terminal() {
            Palette::coloured()
        } else {
            Palette::default()
        };
        Painted {
            explanation: self,
            palette,
        }
    }
}

/// Plain text of several lines, without a trailing line break.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Painted {
            explanation: self,
            palette: Palette::default(),
        }
        .fmt(f)
    }
}

struct Painted<'a> {
    explanation: &'a Explanation,
    palette: Palette,
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Explanation {
            code,
            headline,
            host,
            zone,
            clock,
            anchors,
            presented,
            more_presented,
            path,
            checks,
            remedy,
            page,
        } = self.explanation;
        let Palette {
            fault,
            remedy: good,
            label,
        } = self.palette;
        write!(f, "{fault}refused[{code}]{fault:#}: ")?;
        if let Some(host) = host {
            write!(f, "{host}: ")?;
        }
        writeln!(f, "{headline}")?;
        if !presented.is_empty() {
            writeln!(f, "  {label}presented{label:#}, each above its issuer:")?;
            self.tree(f)?;
            if *more_presented > 0 {
                writeln!(f, "    and {more_presented} more")?;
            }
        }
        if !path.is_empty() {
            writeln!(f, "  {label}path proved{label:#}: {}", path.join(" <- "))?;
        } else if !presented.is_empty() {
            writeln!(f, "  {label}path proved{label:#}: none")?;
        }
        if let Some(clock) = clock {
            write!(f, "  {label}clock{label:#}: {}, {}", clock.name, clock.time)?;
            if clock.is_wrong {
                write!(f, ", {fault}which is before this library was made{fault:#}")?;
            }
            writeln!(f)?;
        }
        if let Some(zone) = zone {
            write!(f, "  {label}anchors{label:#} of zone {zone}: ")?;
            if anchors.is_empty() {
                f.write_str("none")?;
            }
            for (index, anchor) in anchors.iter().enumerate() {
                let separator = if index == 0 { "" } else { ", " };
                write!(f, "{separator}{} from {}", anchor.count, anchor.origin)?;
            }
            writeln!(f)?;
        }
        for check in checks {
            let style = if check.refused {
                fault
            } else {
                Style::default()
            };
            writeln!(
                f,
                "  {label}{}{label:#}: {style}{}{style:#}",
                check.name, check.outcome
            )?;
        }
        writeln!(f, "  {good}remedy{good:#}: {}", remedy.text)?;
        write!(f, "  {label}more{label:#}: {page}")
    }
}

impl Painted<'_> {
    /// The leaf, its issuer below it, and so on; then the certificates that are not on this chain.
    fn tree(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let presented = &self.explanation.presented;
        let mut drawn = vec![false; presented.len()];
        let mut depth = 0;
        let mut current = presented.first();
        while let Some(certificate) = current {
            drawn[certificate.position] = true;
            self.certificate(f, certificate, depth)?;
            let next = certificate.issued_by.and_then(|at| presented.get(at));
            if let Some(next) = next
                && !drawn[next.position]
            {
                current = Some(next);
                depth += 1;
                continue;
            }
            if next.is_none() && certificate.issuer != certificate.subject {
                let indent = "   ".repeat(depth + 1);
                let anchor = if certificate.issuer_is_anchor {
                    ", an anchor has this name"
                } else {
                    ""
                };
                writeln!(f, "    {indent}└─ not sent{anchor}: {}", certificate.issuer)?;
            }
            current = None;
        }
        let others = presented.iter().zip(drawn).filter(|(_, drawn)| !drawn);
        for (certificate, _) in others {
            self.certificate(f, certificate, 0)?;
        }
        Ok(())
    }

    fn certificate(
        &self,
        f: &mut fmt::Formatter<'_>,
        certificate: &CertificateView,
        depth: usize,
    ) -> fmt::Result {
        let fault = self.palette.fault;
        let indent = "   ".repeat(depth);
        let branch = if depth == 0 { "" } else { "└─ " };
        let lead = if depth == 0 { "   " } else { "      " };
        let CertificateView {
            position,
            subject,
            not_before,
            not_after,
            key,
            names,
            more_names,
            on_path,
            ..
        } = certificate;
        let indent = if depth == 0 {
            indent
        } else {
            "   ".repeat(depth - 1)
        };
        let used = if *on_path { ", on the path" } else { "" };
        writeln!(f, "    {indent}{branch}{position}: {subject} ({key}{used})")?;
        if let (Some(from), Some(until)) = (not_before, not_after) {
            writeln!(f, "    {indent}{lead}valid from {from} to {until}")?;
        }
        if !names.is_empty() {
            write!(f, "    {indent}{lead}for {}", names.join(", "))?;
            match more_names {
                0 => writeln!(f)?,
                more => writeln!(f, " and {more} more")?,
            }
        }
        if let Some(what) = &certificate.fault {
            writeln!(f, "    {indent}{lead}{fault}^ {what}{fault:#}")?;
        }
        Ok(())
    }
}
