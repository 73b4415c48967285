use std::cell::Cell;
use std::time::{Duration, Instant};

/// A time in which nothing is asked of somebody who has been asked in vain, for a `thread_local`.
pub struct Pause(Cell<Option<Instant>>);

impl Pause {
    pub const fn none() -> Self {
        Self(Cell::new(None))
    }

    /// Begins now, and takes so long.
    pub fn begin(&self, length: Duration) {
        self.0.set(Some(Instant::now() + length));
    }

    /// Whether it is not over yet.
    pub fn is_on(&self) -> bool {
        self.0.get().is_some_and(|until| Instant::now() < until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_begins_and_ends() {
        let pause = Pause::none();
        assert!(!pause.is_on());
        pause.begin(Duration::from_secs(60));
        assert!(pause.is_on());
        pause.begin(Duration::ZERO);
        assert!(!pause.is_on());
    }
}
