use minijinja::{Error, Value};

use super::{Function, argument, delays, each, number};
use crate::judge::{Type, terms::CallContext};

/// `slowed_by(connections, deliveries, hanging, hung)`: beside how many hanging deliveries others are held up.
pub(super) const ROW: Function = Function {
    name: "slowed_by",
    arguments: &["connections", "deliveries", "hanging", "hung"],
    summary: "beside how many hanging deliveries the keys of other agencies come later, from the connections of both and their \
              deliveries",
    returns: || Type::Text,
    call,
};

/// A key comes later where it takes so many times as long as beside none, and so many milliseconds more.
const TIMES: f64 = 2.0;
const MORE_MS: f64 = 100.0;

fn call(context: &CallContext, arguments: &[Value]) -> Result<Value, Error> {
    let connections = each(argument(arguments, 0, ROW.name)?)?;
    let deliveries = each(argument(arguments, 1, ROW.name)?)?;
    let hung = each(argument(arguments, 3, ROW.name)?)?;
    // When each that hangs was due, and when its first attempt was over; forever, where that did not come.
    let mut hanging: Vec<(f64, f64)> = Vec::new();
    for connection in each(argument(arguments, 2, ROW.name)?)? {
        let agency = connection.get_attr("agency_id")?;
        let first = hung.iter().find(|delivery| delivery.get_attr("agency").is_ok_and(|one| one == agency));
        let over = first.map_or(Ok(0.0), |delivery| number(delivery, "ended_ms"))?;
        // What is still open has no end yet.
        hanging.push((number(&connection, "agreed_ms")?, if over == 0.0 { f64::INFINITY } else { over }));
    }
    let mut beside = Vec::new();
    for connection in &connections {
        let delay = delays::of(context, std::slice::from_ref(connection), &deliveries);
        let delay = delay.ok().and_then(|delays| delays.first().copied()).unwrap_or(f64::INFINITY);
        let at = number(connection, "agreed_ms")?;
        let count = hanging.iter().filter(|(due, over)| *due <= at && at < *over).count();
        beside.push((count, delay));
    }
    Ok(described(&mut beside).into())
}

/// What delays in milliseconds tell, each beside so many that hang.
fn described(beside: &mut [(usize, f64)]) -> String {
    beside.sort_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let Some(usual) = beside.iter().filter(|(count, _)| *count == 0).map(|(_, delay)| *delay).reduce(f64::max) else {
        return "insufficient data: no key came beside none that hangs".into();
    };
    let slower = beside.iter().find(|(_, delay)| *delay > usual * TIMES + MORE_MS);
    let most = beside.last().map_or(0, |(count, _)| *count);
    match slower {
        Some((count, delay)) => {
            let delay = if delay.is_finite() { format!("after {delay:.0} ms") } else { "not at all".to_owned() };
            format!("later beside {count} hanging deliveries: {delay}, and after {usual:.0} ms beside none")
        }
        None if most == 0 => "insufficient data: no key came beside one that hangs".into(),
        None => format!("no later beside up to {most} hanging deliveries (after {usual:.0} ms beside none)"),
    }
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn the_fewest_that_hang_and_slow_others_down_are_told() {
        assert_eq!(
            described(&mut [(16, 3000.0), (0, 40.0), (5, 1500.0), (1, 41.0), (0, 30.0)]),
            "later beside 5 hanging deliveries: after 1500 ms, and after 40 ms beside none"
        );
        assert_eq!(
            described(&mut [(0, 40.0), (16, 170.0)]),
            "no later beside up to 16 hanging deliveries (after 40 ms beside none)"
        );
        assert!(
            described(&mut [(0, 40.0), (7, f64::INFINITY)])
                .starts_with("later beside 7 hanging deliveries: not at all")
        );
        assert!(described(&mut [(0, 40.0)]).starts_with("insufficient data"));
        assert!(described(&mut [(3, 40.0)]).starts_with("insufficient data"));
    }
}
