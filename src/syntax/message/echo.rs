//! Which mistakes are told: on one line often only the first is one, and the others are its echo.

use super::Narrator;
use crate::diag::Diagnostic;
use crate::source::Source;
use crate::syntax::mistake::{Mistake, MistakeKind, Mistakes};
use crate::syntax::parse::DIAGNOSTICS_MAX;

/// How many findings one line can have.
const FINDINGS_PER_LINE_MAX: usize = 4;

/// Tells the first mistakes; of those that may be echoes of others on their line, none.
pub(in crate::syntax) fn tell_all(narrator: &Narrator<'_>, mistakes: &Mistakes) -> Vec<Diagnostic> {
    let source = narrator.source;
    let mut list: Vec<(u32, Rank, &Mistake)> = Vec::with_capacity(mistakes.list.len());
    list.extend(mistakes.list.iter().map(|it| (source.line_of(it.start), it.rank(), it)));
    list.sort_by_key(|(line, rank, it)| (*line, *rank, it.start, it.end));
    let mut errors: Vec<Diagnostic> = Vec::new();
    let mut on_line: Vec<&Mistake> = Vec::new();
    let mut told_line = 0;
    for (line, _, mistake) in list {
        if line != told_line {
            told_line = line;
            on_line.clear();
        }
        if mistake.is_echo_of(&on_line, source) {
            continue;
        }
        on_line.push(mistake);
        errors.push(narrator.tell(mistake));
        if errors.len() == DIAGNOSTICS_MAX {
            break;
        }
    }
    errors.sort_by_key(|it| it.span().start);
    errors
}

impl Mistake {
    /// Returns whether this says nothing new on a line where others were told.
    fn is_echo_of(&self, told: &[&Mistake], source: &Source) -> bool {
        let told_any = |ranks: &[Rank]| told.iter().any(|it| ranks.contains(&it.rank()));
        let many = told.len() >= FINDINGS_PER_LINE_MAX;
        match self.rank() {
            Rank::Limit => told_any(&[Rank::Limit]),
            Rank::Quote => told_any(&[Rank::Limit, Rank::Quote]),
            Rank::Word => told_any(&[Rank::Limit]) || many,
            Rank::Character | Rank::Bracket => told_any(&[Rank::Limit, Rank::Quote, self.rank()]),
            Rank::Shape => {
                let surer = told_any(&[Rank::Limit, Rank::Quote, Rank::Character, Rank::Bracket]);
                surer || many || told.iter().any(|it| self.belongs_to(it, source))
            }
        }
    }

    /// Returns whether two mistakes are about one value or entry: one place lies in the other, or both are of the
    /// grammar and no comma stands between them.
    fn belongs_to(&self, other: &Mistake, source: &Source) -> bool {
        let within = other.start < self.start && self.start < other.end;
        let between = other.end.min(self.start) as usize..self.start as usize;
        within || other.rank() == Rank::Shape && !source.text()[between].contains(',')
    }
}

impl Mistake {
    /// How sure it is that this mistake is not the echo of another on its line; surest first.
    pub fn rank(&self) -> Rank {
        match self.kind {
            MistakeKind::TooLarge | MistakeKind::TooDeep => Rank::Limit,
            MistakeKind::UnclosedText | MistakeKind::UnclosedBlock | MistakeKind::UnclosedHole => Rank::Quote,
            MistakeKind::UnknownUnit { .. }
            | MistakeKind::SpacedUnit { .. }
            | MistakeKind::BodyOnOwnLine { .. }
            | MistakeKind::SingleQuotes
            | MistakeKind::LopsidedOperator
            | MistakeKind::UnknownEscape
            | MistakeKind::BadLiteral { .. }
            | MistakeKind::Foreign { .. }
            | MistakeKind::MissingAlias
            | MistakeKind::MissingEquals { .. }
            | MistakeKind::ChainedComparison { .. }
            | MistakeKind::ChainedRange => Rank::Word,
            MistakeKind::Junk => Rank::Character,
            MistakeKind::UnclosedBracket { .. } | MistakeKind::StrayCloser | MistakeKind::MissingBodyOpen => {
                Rank::Bracket
            }
            MistakeKind::Node { .. } | MistakeKind::MisplacedWhere | MistakeKind::Unreadable => Rank::Shape,
        }
    }
}

/// What a mistake is about: the later ranks follow from the earlier ones on their line more often than not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::syntax) enum Rank {
    Limit,
    Quote,
    Word,
    Character,
    Bracket,
    Shape,
}
