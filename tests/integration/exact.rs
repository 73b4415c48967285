//! Sums of floating-point numbers without any error but the last rounding.

/// The sum of `numbers`, rounded once, as Python's `math.fsum` makes it.
///
/// The partial sums do not overlap, so that together they are the sum itself (Shewchuk, "Adaptive Precision
/// Floating-Point Arithmetic", 1997).
pub fn sum(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for mut number in numbers {
        let mut kept = Vec::new();
        for mut partial in partials {
            if number.abs() < partial.abs() {
                (number, partial) = (partial, number);
            }
            let high = number + partial;
            let low = partial - (high - number);
            if low != 0.0 {
                kept.push(low);
            }
            number = high;
        }
        kept.push(number);
        partials = kept;
    }
    let mut sum = partials.pop().unwrap_or(0.0);
    while let Some(partial) = partials.pop() {
        let high = sum + partial;
        let low = partial - (high - sum);
        sum = high;
        if low != 0.0 {
            // Halfway between two numbers, what is left decides.
            let up = partials.last().is_some_and(|next| (*next > 0.0) == (low > 0.0));
            if up && sum + low * 2.0 - sum == low * 2.0 {
                sum += low * 2.0;
            }
            break;
        }
    }
    sum
}

/// How many numbers there are between the two, and one.
pub fn ulps(one: f64, other: f64) -> u64 {
    let place = |number: f64| {
        let bits = number.abs().to_bits().cast_signed();
        if number.is_sign_negative() { -bits } else { bits }
    };
    place(one).abs_diff(place(other))
}

#[test]
fn sums_are_exact() {
    assert_eq!(sum([]), 0.0);
    assert_eq!(sum([0.1; 10]), 1.0);
    assert_eq!(sum([1e14, 1e-20, -1e14]), 1e-20);
    assert_eq!(sum([1e16, 1.0, 1e-16]), 1.000_000_000_000_000_2e16);
    assert_eq!(sum([-5e-324, 5e-324]), 0.0);
    assert_eq!((ulps(1.0, 1.0 + f64::EPSILON), ulps(-5e-324, 5e-324), ulps(0.0, -0.0)), (1, 2, 0));
}
