//! Where text leaves the program: results to stdout, everything else to stderr.
//!
//! Rendered text always carries colours; they are taken off here where they are not wanted (`--color`, `NO_COLOR`, not a
//! terminal). Nothing else in it has an effect on a terminal: what would is shown as an escape. What is told goes out
//! with one write, so that lines of several processes do not mix.

use std::io::{self, BufRead, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;
use indicatif::MultiProgress;

use crate::exit::CommandFailure;
use crate::render::visible;

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> ColorChoice {
        match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }
}

/// Lines are this wide when no terminal says otherwise, so that output does not depend on who reads it.
const WIDTH: usize = 120;

/// The user's side of a command. Clones speak to the same.
#[derive(Debug, Clone)]
pub(crate) struct Ui {
    /// On stdout, and on stderr.
    colors: (ColorChoice, ColorChoice),
    /// Whether the result is JSON.
    pub json: bool,
    /// Bars that are drawn on stderr, if any are; lines are written around them.
    bars: MultiProgress,
}

impl Ui {
    pub(crate) fn new(color: Color, json: bool) -> Ui {
        let color = color.into();
        let colors = match color {
            ColorChoice::Auto => (AutoStream::choice(&io::stdout()), AutoStream::choice(&io::stderr())),
            given => (given, given),
        };
        Ui { colors, json, bars: MultiProgress::new() }
    }

    /// Characters on a line.
    pub(crate) fn width(&self) -> usize {
        match console_width() {
            Some(width) if io::stdout().is_terminal() => width.clamp(60, 160),
            _ => WIDTH,
        }
    }

    /// Whether a person watches.
    pub(crate) fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// The bars on stderr.
    pub(crate) fn bars(&self) -> &MultiProgress {
        &self.bars
    }

    /// Writes a result.
    pub(crate) fn result(&self, text: &str) -> Result<(), CommandFailure> {
        let text = if self.json { visible::in_json(text) } else { visible::on_terminal(text) };
        let mut out = io::stdout().lock();
        match out.write_all(&colored(&text, self.colors.0)).and_then(|()| out.flush()) {
            // Whoever reads has seen enough.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(e) => Err(CommandFailure::new("cannot write to standard output").because(&e)),
            Ok(()) => Ok(()),
        }
    }

    /// Tells what is going on. When nobody can be told, work goes on.
    pub(crate) fn tell(&self, text: &str) {
        let text = colored(&visible::on_terminal(text), self.colors.1);
        self.bars.suspend(|| {
            let mut err = io::stderr().lock();
            let _ = err.write_all(&text).and_then(|()| err.flush());
        });
    }

    /// Puts a yes-or-no question.
    ///
    /// # Errors
    /// When nobody is there to answer it.
    pub(crate) fn question(&self, question: &str) -> Result<(), CommandFailure> {
        if !io::stdin().is_terminal() {
            return Err(CommandFailure::new("nobody is there to confirm: standard input is not a terminal")
                .hint("give `--yes` to go ahead without being asked"));
        }
        self.tell(&format!("{question} [y/N] "));
        Ok(())
    }

    /// Asks, unless that was agreed to in advance. Says it where nothing is done.
    ///
    /// # Errors
    /// When nobody is there to answer.
    pub(crate) fn confirm(&self, yes: bool, question: &str) -> Result<bool, CommandFailure> {
        if yes {
            return Ok(true);
        }
        self.question(question)?;
        let agrees = Ui::answer()?;
        if !agrees {
            self.tell("Nothing was changed\n");
        }
        Ok(agrees)
    }

    /// Waits for the answer to a question; anything but yes is no.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn answer() -> Result<bool, CommandFailure> {
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        read.map_err(|e| CommandFailure::new("cannot read the answer").because(&e))?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }
}

/// Text with its colours, or without.
fn colored(text: &str, color: ColorChoice) -> Vec<u8> {
    let mut stream = AutoStream::new(Vec::with_capacity(text.len()), color);
    // Memory takes everything.
    let _ = stream.write_all(text.as_bytes());
    stream.into_inner()
}

fn console_width() -> Option<usize> {
    console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns))
}
