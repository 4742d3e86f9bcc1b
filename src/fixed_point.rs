//! Scores in fixed-point: what kernels add up in `i16` instead of nats.

/// Fixed-point units a nat. `i16` then holds alignments of up to 1,023 nats; longer ones saturate.
///
/// Tuned (units): an `i16` holds alignments of up to 1,023 nats.
pub(crate) const UNITS_PER_NAT: f32 = 32.0;

/// Largest amount that one step of an alignment may add or take, in units: two of them never overflow an `i16`.
const MAX_STEP_UNITS: f32 = 8192.0;

/// Nats in fixed-point units.
pub(crate) fn units(nats: f32) -> i16 {
    (nats * UNITS_PER_NAT).round().clamp(-MAX_STEP_UNITS, MAX_STEP_UNITS) as i16
}
