use super::*;
use crate::{scenario::shipped, syntax::render_all};

#[test]
fn every_shipped_scenario_is_sound() {
    let settings = Settings::default();
    match plan(&shipped(), Side::Platform, &settings, &Terms::bare(), &|_| true) {
        Ok(plan) => assert_eq!(plan.scenarios.len(), shipped().len()),
        Err(mistakes) => panic!("{}", render_all(&mistakes)),
    }
}
