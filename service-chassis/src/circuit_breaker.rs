use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long a circuit stays open.
const COOL_DOWN: Duration = Duration::from_secs(1);

/// Prevents calls for a while after a timeout. Kept in a `thread_local!`, so each instance has its own.
///
/// The host completes abandoned calls and queries. So an overloaded backend or database recovers only if it gets
/// fewer of them.
pub struct CircuitBreaker<R = ()> {
    /// The end of the cool-down, and why the circuit is open.
    open: Cell<Option<(Instant, R)>>,
}

impl<R: Copy> CircuitBreaker<R> {
    pub const fn closed() -> Self {
        Self { open: Cell::new(None) }
    }

    /// Opens the circuit until the cool-down of one second is over.
    pub fn open(&self, reason: R) {
        self.open.set(Some((Instant::now() + COOL_DOWN, reason)));
    }

    /// Why the circuit is open, `None` if it is closed.
    pub fn reason(&self) -> Option<R> {
        let (until, reason) = self.open.get()?;
        (Instant::now() < until).then_some(reason)
    }

    pub fn is_open(&self) -> bool {
        self.reason().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circuit_is_open_with_its_reason_until_the_cool_down_is_over() {
        let circuit = CircuitBreaker::closed();
        assert_eq!(circuit.reason(), None);
        circuit.open("timeout");
        assert_eq!((circuit.reason(), circuit.is_open()), (Some("timeout"), true));
        circuit.open.set(Some((Instant::now(), "timeout")));
        assert!(!circuit.is_open());
    }
}
