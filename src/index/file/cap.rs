//! Caps: what a word may earn at most, as a byte of a segment.

/// No cap, as fixed-point units and as a byte of a segment.
pub(crate) const NO_CAP_UNITS: i16 = 255;

/// What an uncapped word may earn, in fixed-point units: more than any word does.
const FREE_UNITS: i16 = 8192;

/// A cap as a byte of a segment. Whole units below 8 nats, then none. 0 is kept for separators.
pub(crate) fn cap_byte(units: i16) -> u8 {
    units.clamp(0, NO_CAP_UNITS - 1) as u8 + 1
}

/// What a byte of a segment lets its word earn, in fixed-point units; negative at separators.
pub(crate) fn cap_units(byte: u8) -> i16 {
    match i16::from(byte) {
        0 => i16::MIN,
        NO_CAP_UNITS => FREE_UNITS,
        capped => capped - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caps_survive_their_byte() {
        for units in [0, 1, 100, 253] {
            assert_eq!(cap_units(cap_byte(units)), units);
        }
        assert!(cap_units(cap_byte(254)) > 2000 && cap_units(cap_byte(8192)) > 2000, "no cap");
        assert!(cap_units(0) < 0, "a separator");
    }
}
