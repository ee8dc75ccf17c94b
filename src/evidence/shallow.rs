use serde_json::Value;

/// The deepest that a value of a target stands in a record. The parser with which records are read back goes 127 levels
/// deep, a record's own among them.
const DEEPEST: usize = 64;

/// What stands in the place of whatever is deeper.
const BELOW: &str = "[nested too deep to be recorded]";

/// The value without what is nested so deep that a record of it could not be read back.
#[must_use]
pub fn shallow(value: Value) -> Value {
    fn cut(value: Value, left: usize) -> Value {
        match value {
            Value::Array(_) | Value::Object(_) if left == 0 => BELOW.into(),
            Value::Array(items) => items.into_iter().map(|item| cut(item, left - 1)).collect(),
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (name, cut(value, left - 1))).collect())
            }
            other => other,
        }
    }
    cut(value, DEEPEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::from(7), |inner, level| {
            if level % 2 == 0 { serde_json::json!([inner]) } else { serde_json::json!({ "a": inner }) }
        })
    }

    #[test]
    fn what_is_not_deep_stays_and_what_is_cut_reads_back_within_a_record() {
        assert_eq!(shallow(nested(DEEPEST)), nested(DEEPEST));
        for depth in [DEEPEST + 1, 120] {
            let cut = shallow(nested(depth));
            assert!(cut.to_string().contains(BELOW));
            let record = serde_json::json!({ "record": { "within": [cut] } }).to_string();
            assert!(serde_json::from_str::<Value>(&record).is_ok(), "{depth}");
        }
    }
}
