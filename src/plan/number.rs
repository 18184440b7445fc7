//! Shares and counts become numbers: those that choose round up, those that allow failures round down, waves are
//! cumulative. Says why a number cannot be, and leaves it to others where that is written.

use super::LoopNumbers;
use crate::eval::{share_down, share_up};
use crate::model::{Expr, Loop, Tolerate};
use crate::value::Value;

/// Returns how many of `count` a number or share chooses.
///
/// # Errors
/// A sentence without a period when it is neither, or below nothing.
pub fn chosen(value: &Value, count: u32) -> Result<u32, String> {
    match value {
        Value::Int(int) if *int >= 0 => Ok((*int).min(i64::from(count)) as u32),
        Value::Percent(points) if *points >= 0.0 => Ok(share_up(*points, count as usize) as u32),
        other => Err(format!("a count or a share is needed here, not `{other}`")),
    }
}

/// Returns how many of `count` may fail.
///
/// # Errors
/// A sentence without a period when it is neither a count nor a share.
pub fn allowed(value: &Value, count: u32) -> Result<u32, String> {
    match value {
        Value::Int(int) if *int >= 0 => Ok((*int).min(i64::from(count)) as u32),
        Value::Percent(points) if *points >= 0.0 => Ok(share_down(*points, count as usize) as u32),
        other => Err(format!("a count or a share is needed here, not `{other}`")),
    }
}

/// Returns where each wave ends, with the number under which it was written; waves that add nothing are left out.
///
/// # Errors
/// A sentence without a period: a wave below the one before, or a last one that does not reach everything.
pub fn wave_ends(waves: &[Value], count: u32) -> Result<Vec<(usize, u32)>, String> {
    let mut ends: Vec<(usize, u32)> = Vec::new();
    let mut before = 0;
    for (at, wave) in waves.iter().enumerate() {
        let end = chosen(wave, count)?;
        if end < before {
            return Err(format!("waves are cumulative: `{wave}` comes to {end}, the one before to {before}"));
        }
        if end > before {
            ends.push((at, end));
        }
        before = end;
    }
    if before < count {
        let left = count - before;
        return Err(format!(
            "the last wave ends at {before} of {count}: {left} would never have their turn; end with `100%`"
        ));
    }
    Ok(ends)
}

/// What a loop says about its numbers, evaluated.
#[derive(Debug, Default)]
pub struct Said {
    pub at_once: Option<Value>,
    pub waves: Option<Vec<Value>>,
    pub tolerate: Option<Value>,
    pub tolerate_per_wave: Option<Vec<Value>>,
    pub stagger_ms: i64,
}

impl Said {
    /// Evaluates what a loop says; what has no value is as if it were not said.
    pub fn of(it: &Loop, eval: &mut dyn FnMut(&Expr) -> Option<Value>) -> Said {
        let list = |value: Option<Value>| value.and_then(|it| it.as_list().map(<[Value]>::to_vec));
        let (tolerate, tolerate_per_wave) = match &it.tolerate {
            Some(Tolerate::Once(expr)) => match eval(expr) {
                Some(Value::List(list)) => (None, Some(list.to_vec())),
                once => (once, None),
            },
            Some(Tolerate::PerWave(exprs)) => (None, Some(exprs.iter().filter_map(&mut *eval).collect())),
            None => (None, None),
        };
        let stagger = it.stagger.as_ref().and_then(&mut *eval);
        Said {
            at_once: it.at_once.as_ref().and_then(&mut *eval),
            waves: list(it.waves.as_ref().and_then(&mut *eval)),
            tolerate,
            tolerate_per_wave,
            stagger_ms: stagger.and_then(|it| it.as_duration_ms()).unwrap_or(0).max(0),
        }
    }
}

/// Returns the numbers of a loop over so many elements.
///
/// # Errors
/// A sentence without a period.
pub fn loop_numbers(said: &Said, count: u32) -> Result<LoopNumbers, String> {
    let waves = match &said.waves {
        Some(waves) => wave_ends(waves, count)?,
        None => vec![(0, count)],
    };
    let at_once = match (&said.at_once, &said.waves) {
        (Some(at_once), _) => chosen(at_once, count)?.max(1),
        // A wave goes side by side unless it is told otherwise; without waves one goes after another.
        (None, Some(_)) => largest(&waves).max(1),
        (None, None) => 1,
    };
    let tolerate = match (&said.tolerate, &said.tolerate_per_wave) {
        (_, Some(list)) => per_wave(list, &waves)?,
        (Some(most), None) => vec![allowed(most, count)?],
        (None, None) => vec![0],
    };
    Ok(LoopNumbers {
        at_once,
        waves: waves.into_iter().map(|(_, end)| end).collect(),
        tolerate,
        per_wave: said.tolerate_per_wave.is_some(),
        stagger_ms: said.stagger_ms,
    })
}

fn largest(waves: &[(usize, u32)]) -> u32 {
    let starts = std::iter::once(0).chain(waves.iter().map(|(_, end)| *end));
    waves.iter().zip(starts).map(|((_, end), start)| end - start).max().unwrap_or(0)
}

/// A share for a wave is one of the wave's own elements. A list that is too short goes on with its last.
fn per_wave(list: &[Value], waves: &[(usize, u32)]) -> Result<Vec<u32>, String> {
    let mut start = 0;
    let counts = waves.iter().map(|(at, end)| {
        let size = end - start;
        start = *end;
        let most = list.get(*at).or(list.last());
        most.map_or(Ok(0), |it| allowed(it, size))
    });
    counts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_that_choose_round_up_and_shares_that_allow_round_down() {
        assert_eq!(chosen(&Value::Percent(10.0), 25), Ok(3));
        assert_eq!(chosen(&Value::Percent(10.0), 30), Ok(3));
        assert_eq!(allowed(&Value::Percent(2.0), 99), Ok(1));
        assert_eq!(allowed(&Value::Percent(2.0), 49), Ok(0));
    }

    #[test]
    fn waves_are_cumulative_and_reach_everything() {
        let share = |points| Value::Percent(points);
        assert_eq!(wave_ends(&[Value::Int(1), share(10.0), share(100.0)], 20), Ok(vec![(0, 1), (1, 2), (2, 20)]));
        assert_eq!(wave_ends(&[Value::Int(1), share(10.0), share(100.0)], 5), Ok(vec![(0, 1), (2, 5)]));
        assert!(wave_ends(&[share(50.0)], 10).is_err());
        assert!(wave_ends(&[share(50.0), share(20.0), share(100.0)], 10).is_err());
    }

    #[test]
    fn each_wave_tolerates_a_share_of_itself() {
        let said = Said {
            waves: Some(vec![Value::Percent(20.0), Value::Percent(100.0)]),
            tolerate_per_wave: Some(vec![Value::Int(0), Value::Percent(2.0)]),
            ..Said::default()
        };
        let numbers = loop_numbers(&said, 100).expect("it adds up");
        assert_eq!((numbers.waves, numbers.tolerate), (vec![20, 100], vec![0, 1]));
    }
}
