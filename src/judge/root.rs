//! Where a function is zero, after Brent and Dekker: a straight line or a parabola through the last points where that
//! gains ground, halves where it does not. Knows nothing of the function.

/// More steps are not taken; halving alone needs about a hundred for any bracket of numbers.
const STEPS_MAX: u32 = 1000;

/// Returns a zero of a function between two places, to within a tolerance. Without a change of sign between the two the
/// answer lies between them and means nothing.
pub(super) fn root(function: impl Fn(f64) -> f64, low: f64, high: f64, tolerance: f64) -> f64 {
    let first = Point { at: low, value: function(low) };
    let best = Point { at: high, value: function(high) };
    let mut bracket = Bracket { best, before: first, across: first };
    if first.value == 0.0 {
        return low;
    }
    for _ in 0..STEPS_MAX {
        bracket.put_nearest_first();
        let least = 2.0 * f64::EPSILON * bracket.best.at.abs() + tolerance / 2.0;
        let half = (bracket.across.at - bracket.best.at) / 2.0;
        if half.abs() <= least || bracket.best.value == 0.0 || half.is_nan() {
            break;
        }
        let step = bracket.interpolation(half, least).unwrap_or(half);
        let step = if step.abs() < least { least.copysign(half) } else { step };
        let at = bracket.best.at + step;
        bracket.advance(Point { at, value: function(at) });
    }
    bracket.best.at
}

#[derive(Debug, Clone, Copy)]
struct Point {
    at: f64,
    value: f64,
}

/// Three points; the zero lies between the best and the one across.
#[derive(Debug, Clone, Copy)]
struct Bracket {
    best: Point,
    before: Point,
    across: Point,
}

impl Bracket {
    /// Makes the end whose value is nearer to zero the best.
    fn put_nearest_first(&mut self) {
        if self.across.value.abs() < self.best.value.abs() {
            (self.before, self.best, self.across) = (self.best, self.across, self.best);
        }
    }

    /// Returns the step that a line or a parabola suggests, unless halving is the safer one.
    fn interpolation(&self, half: f64, least: f64) -> Option<f64> {
        let Bracket { best, before, across } = *self;
        let last = best.at - before.at;
        if last.abs() < least || before.value.abs() <= best.value.abs() {
            return None;
        }
        let width = across.at - best.at;
        let slope = best.value / before.value;
        let (above, below) = if before.at == across.at {
            (width * slope, 1.0 - slope)
        } else {
            let (far, near) = (before.value / across.value, best.value / across.value);
            let above = slope * (width * far * (far - near) - last * (near - 1.0));
            (above, (far - 1.0) * (near - 1.0) * (slope - 1.0))
        };
        let (above, below) = if above > 0.0 { (above, -below) } else { (-above, below) };
        let is_inside = above < 1.5 * half * below - (least * below).abs() / 2.0;
        let gains = above < (last * below / 2.0).abs();
        (is_inside && gains).then(|| above / below)
    }

    fn advance(&mut self, next: Point) {
        self.before = self.best;
        self.best = next;
        let (here, there) = (next.value, self.across.value);
        if (here > 0.0 && there > 0.0) || (here < 0.0 && there < 0.0) {
            self.across = self.before;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn zeros_of_smooth_functions_are_found() {
        assert!((root(|x| x * x - 2.0, 0.0, 2.0, 1e-12) - 2f64.sqrt()).abs() < 1e-12);
        assert!((root(|x| x.cos() - x, 0.0, 1.0, 1e-12) - 0.739_085_133_215).abs() < 1e-11);
        assert_eq!(root(|x| x, 0.0, 1.0, 1e-4), 0.0);
        assert_eq!(root(|x| x - 1.0, 0.0, 1.0, 1e-4), 1.0);
    }

    #[test]
    fn a_jump_is_found_in_few_steps() {
        let asked = Cell::new(0);
        let jump = |x: f64| {
            asked.set(asked.get() + 1);
            if x < 0.3 { 1.0 } else { -7.0 }
        };
        let found = root(jump, -1e6, 1e6, 1e-9);
        assert!((found - 0.3).abs() < 1e-8, "{found}");
        assert!(asked.get() < 300, "{}", asked.get());
    }

    #[test]
    fn what_has_no_zero_ends_within_its_bracket() {
        for function in [|_| 1.0, |_| f64::NAN, |x: f64| x * x + 1.0] {
            let found = root(function, -3.0, 5.0, 1e-4);
            assert!((-3.0..=5.0).contains(&found), "{found}");
        }
    }
}
