//! A stopwatch for the stages.

use std::time::Instant;

use super::report::StageTimings;

/// Times the stages.
pub(crate) struct Clock {
    begin: Instant,
    lap: Instant,
    pub(crate) millis: StageTimings,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let now = Instant::now();
        Self { begin: now, lap: now, millis: StageTimings::default() }
    }

    pub(crate) fn lap(&mut self) -> f32 {
        let now = Instant::now();
        let millis = (now - self.lap).as_secs_f32() * 1e3;
        self.lap = now;
        millis
    }

    pub(crate) fn finish(mut self) -> StageTimings {
        self.millis.total = self.begin.elapsed().as_secs_f32() * 1e3;
        self.millis
    }
}
