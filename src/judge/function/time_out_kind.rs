use minijinja::{Error, Value};

use super::{Function, argument, each, number};
use crate::judge::{Type, terms::CallContext};

/// `time_out_kind(hung, dripped)`: whether a sender limits an attempt as a whole, or only the time in which nothing comes.
pub(super) const ROW: Function = Function {
    name: "time_out_kind",
    arguments: &["hung", "dripped"],
    summary: "what the sender's time-out limits, from attempts that got nothing and attempts that got a byte at a time",
    returns: || Type::Text,
    call,
};

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let longest = |at| -> Result<Option<f64>, Error> {
        let mut longest = None;
        for attempt in each(argument(arguments, at, ROW.name)?)? {
            if matches!(attempt.get_attr("ended")?.as_str(), Some("peer_closed" | "peer_reset")) {
                let took = context.elapsed(number(&attempt, "read_ms")?, number(&attempt, "ended_ms")?);
                longest = Some(took.max(longest.unwrap_or_default()));
            }
        }
        Ok(longest)
    };
    Ok(described(longest(0)?, longest(1)?).into())
}

fn described(hung: Option<f64>, dripped: Option<f64>) -> String {
    match (hung, dripped) {
        (Some(hung), Some(dripped)) if dripped < 1.5 * hung => {
            format!("total: given up {hung:.0} ms after the request when nothing came, {dripped:.0} ms when bytes did")
        }
        (Some(hung), Some(dripped)) => {
            format!("idle, then total: given up after {hung:.0} ms when nothing came, {dripped:.0} ms when bytes did")
        }
        (Some(hung), None) => {
            format!("idle alone: given up after {hung:.0} ms when nothing came, never while bytes did")
        }
        (None, _) => "insufficient data: no attempt that got nothing was given up".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn a_total_limit_is_told_from_an_idle_one() {
        assert!(described(Some(750.0), Some(760.0)).starts_with("total:"));
        assert!(described(Some(750.0), Some(7600.0)).starts_with("idle, then total:"));
        assert!(described(Some(750.0), None).starts_with("idle alone:"));
        assert!(described(None, Some(1.0)).starts_with("insufficient data"));
    }
}
