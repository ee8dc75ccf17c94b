use minijinja::{Error, Value};

use super::{Function, argument, each, number};
use crate::judge::{Type, terms::CallContext};

/// `connect_time_out(connection, deliveries, delay, gap)`: how long a sender waits for a connection to be made.
pub(super) const ROW: Function = Function {
    name: "connect_time_out",
    arguments: &["connection", "deliveries", "delay", "gap"],
    summary: "how long the sender waits for a connection, estimated from an agreement whose first attempt met a port without room, \
              and the milliseconds that a first attempt and a retry usually take to come",
    returns: || Type::Text,
    call,
};

/// When systems try again by themselves to make a connection, in milliseconds from the first time. Linux doubles from a second, since
/// 6.5 after four times at a second's distance (its `ip-sysctl`: `tcp_syn_retries`, `tcp_syn_linear_timeouts`).
const AGAIN_MS: [f64; 11] =
    [1_000.0, 2_000.0, 3_000.0, 4_000.0, 5_000.0, 7_000.0, 11_000.0, 15_000.0, 19_000.0, 31_000.0, 35_000.0];
/// By so much such a try may seem late or early.
const OFF_MS: f64 = 60.0;

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let milliseconds = |at| f64::try_from(argument(arguments, at, ROW.name)?.clone());
    let (delay, gap) = (milliseconds(2)?, milliseconds(3)?);
    let Some(came) = each(argument(arguments, 1, ROW.name)?)?.into_iter().next() else {
        return Ok("insufficient data: no attempt came when there was room again".into());
    };
    let agreed = number(argument(arguments, 0, ROW.name)?, "agreed_ms")?;
    Ok(described(context.elapsed(agreed, number(&came, "at_ms")?) - delay, gap).into())
}

/// What an attempt tells that came so many milliseconds after the first was due, where a retry usually comes after `usual`.
fn described(after: f64, usual: f64) -> String {
    let by_system = AGAIN_MS.iter().find(|again| (after - **again).abs() < OFF_MS);
    match by_system {
        Some(again) => format!("more than {again:.0} ms, when the sender's system made the connection after all"),
        None if after > usual => format!("about {:.0} ms (estimated)", after - usual),
        None => "less than can be told".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn an_attempt_that_the_system_completed_tells_a_bound_and_a_retry_an_estimate() {
        assert_eq!(described(853.0, 101.0), "about 752 ms (estimated)");
        assert_eq!(
            described(3_004.0, 101.0),
            "more than 3000 ms, when the sender's system made the connection after all"
        );
        assert_eq!(described(90.0, 101.0), "less than can be told");
    }
}
