use super::Requirement;

pub(super) const ROWS: &[Requirement] = &[];
