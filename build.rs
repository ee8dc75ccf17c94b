//! Scenarios are embedded by being there: a new file among them has to rebuild the crate.

fn main() {
    println!("cargo:rerun-if-changed=scenarios");
}
