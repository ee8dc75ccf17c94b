//! Which of many records broke a check: the ones that a reader has to look at.

use minijinja::{
    Environment, Value,
    machinery::{
        ast::{BinOpKind, CallArg, Expr, UnaryOpKind},
        parse_expr,
    },
    value::ValueKind,
};

use super::{Type, bindings::AT, expression::part_of, function};

/// The records that a failed expression can be put down to, by their place among [`super::bindings::Bindings::elements`].
#[derive(Debug, Default, PartialEq)]
pub(super) struct Offenders {
    /// The records.
    pub(super) places: Vec<usize>,
    /// Whether what failed lies in them alone; not where a whole list is too short, or otherwise wrong as a whole.
    pub(super) exact: bool,
}

/// The records to which it can be put down that none of some alternatives holds: those of the one that lacks least.
pub(super) fn of_alternatives<'t>(
    environment: &Environment<'_>,
    alternatives: impl Iterator<Item = &'t str>,
    scope: &Value,
) -> Vec<usize> {
    let found = alternatives.map(|text| offenders(environment, text, scope));
    let found: Vec<Offenders> = found.filter(|offenders| !offenders.places.is_empty()).collect();
    let least = |exact: bool| {
        found.iter().filter(|one| one.exact || !exact).min_by_key(|one| one.places.len()).map(|one| one.places.clone())
    };
    least(true).or_else(|| least(false)).unwrap_or_default()
}

/// The records to which it can be put down that an expression does not hold.
fn offenders(environment: &Environment<'_>, text: &str, scope: &Value) -> Offenders {
    let Ok(expression) = parse_expr(text) else { return Offenders::default() };
    let mut search = Search { environment, text, scope, found: Offenders { exact: true, ..Offenders::default() } };
    search.broken(&expression, true);
    let mut found = search.found;
    found.places.sort_unstable();
    found.places.dedup();
    found
}

struct Search<'a> {
    environment: &'a Environment<'a>,
    text: &'a str,
    scope: &'a Value,
    found: Offenders,
}

impl Search<'_> {
    fn value(&self, expression: &Expr<'_>) -> Option<Value> {
        let part = part_of(self.text, expression)?;
        self.environment.compile_expression_owned(part).ok()?.eval(self.scope).ok()
    }

    /// Searches an expression that should have been `wanted` and was not.
    fn broken(&mut self, expression: &Expr<'_>, wanted: bool) {
        match expression {
            Expr::UnaryOp(not) if matches!(not.op, UnaryOpKind::Not) => self.broken(&not.expr, !wanted),
            Expr::BinOp(op) if matches!(op.op, BinOpKind::ScAnd | BinOpKind::ScOr) => {
                for side in [&op.left, &op.right] {
                    if self.value(side).is_some_and(|value| value.is_true() != wanted) {
                        self.broken(side, wanted);
                    }
                }
            }
            Expr::BinOp(op) if wanted && matches!(op.op, BinOpKind::Eq) => {
                self.unequal(expression, &op.left, &op.right);
            }
            Expr::Call(call) if wanted => match (&call.expr, &call.args[..]) {
                (Expr::Var(function), [CallArg::Pos(argument)]) => self.each(expression, function.id, argument),
                _ => self.records(expression),
            },
            _ => self.records(expression),
        }
    }

    /// `list | length == 0` breaks on what stands in the list, `list | unique | length == …` on what stands there twice.
    fn unequal(&mut self, whole: &Expr<'_>, left: &Expr<'_>, right: &Expr<'_>) {
        for (side, other) in [(left, right), (right, left)] {
            let Some(counted) = counted(side) else { continue };
            let places = match other {
                Expr::Const(zero) if zero.value == Value::from(0) => self.items(counted),
                _ => self.repeated(counted),
            };
            if let Some(places) = places.filter(|places| !places.is_empty()) {
                self.found.places.extend(places);
                return;
            }
        }
        self.records(whole);
    }

    /// The records of a list that holds nothing else.
    fn items(&self, list: &Expr<'_>) -> Option<Vec<usize>> {
        self.list(list)?.iter().map(place).collect()
    }

    fn list(&self, list: &Expr<'_>) -> Option<Vec<Value>> {
        let list = self.value(list)?;
        matches!(list.kind(), ValueKind::Seq | ValueKind::Iterable)
            .then(|| list.try_iter().ok().map(Iterator::collect))?
    }

    /// The records of `records | map(attribute=…) | unique` whose attribute others have too.
    fn repeated(&self, list: &Expr<'_>) -> Option<Vec<usize>> {
        let Expr::Filter(filter) = list else { return None };
        if filter.name != "unique" {
            return self.repeated(filter.expr.as_ref()?);
        }
        let mapped = filter.expr.as_ref()?;
        let Expr::Filter(map) = mapped else { return None };
        let (values, places) = (self.list(mapped)?, self.items(map.expr.as_ref()?)?);
        if map.name != "map" || values.len() != places.len() {
            return None;
        }
        let is_repeated = |value: &Value| values.iter().filter(|other| *other == value).count() > 1;
        Some(values.iter().zip(places).filter(|(value, _)| is_repeated(value)).map(|(_, place)| place).collect())
    }

    /// A question about every item of a list breaks on those of which it does not hold by themselves.
    fn each(&mut self, whole: &Expr<'_>, function: &str, argument: &Expr<'_>) {
        let asks = function::find(function).is_some_and(|row| (row.returns)() == Type::Bool);
        let ask = format!("{function}(item)");
        let breaks = |item: &Value| {
            let asked =
                self.environment.compile_expression(&ask).and_then(|ask| ask.eval(minijinja::context! { item }));
            asked.is_ok_and(|holds| !holds.is_true())
        };
        let list = self.list(argument).filter(|_| asks);
        let places: Option<Vec<usize>> =
            list.and_then(|items| items.iter().filter(|item| breaks(item)).map(place).collect());
        match places.filter(|places| !places.is_empty()) {
            Some(places) => self.found.places.extend(places),
            None => self.records(whole),
        }
    }

    /// The records of which an expression speaks; a list as a whole is none.
    fn records(&mut self, expression: &Expr<'_>) {
        let value = self.value(expression);
        if let Some(place) = value.as_ref().and_then(place) {
            self.found.places.push(place);
            return;
        }
        match expression {
            Expr::Var(_) => {
                let is_list = value.is_some_and(|value| matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable));
                self.found.exact &= !is_list;
            }
            Expr::Filter(filter) => self.all(filter.expr.iter().chain(positional(&filter.args))),
            Expr::Test(test) => self.all([&test.expr].into_iter().chain(positional(&test.args))),
            Expr::Call(call) => self.all(positional(&call.args)),
            Expr::GetAttr(get) => self.records(&get.expr),
            Expr::GetItem(get) => self.records(&get.expr),
            Expr::Slice(slice) => self.records(&slice.expr),
            Expr::UnaryOp(op) => self.records(&op.expr),
            Expr::BinOp(op) => self.all([&op.left, &op.right]),
            Expr::Compare(compare) => {
                self.all([&compare.expr].into_iter().chain(compare.ops.iter().map(|op| &op.expr)));
            }
            Expr::IfExpr(choice) => {
                self.all([&choice.test_expr, &choice.true_expr].into_iter().chain(&choice.false_expr));
            }
            Expr::List(list) => self.all(&list.items),
            Expr::Const(_) | Expr::Tuple(_) | Expr::Map(_) => {}
        }
    }

    fn all<'e, 's: 'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr<'s>>) {
        for expression in expressions {
            self.records(expression);
        }
    }
}

/// The list of which `list | length` tells the length.
fn counted<'e, 's>(expression: &'e Expr<'s>) -> Option<&'e Expr<'s>> {
    match expression {
        Expr::Filter(filter) if matches!(filter.name, "length" | "count") => filter.expr.as_ref(),
        _ => None,
    }
}

fn positional<'e, 's>(arguments: &'e [CallArg<'s>]) -> impl Iterator<Item = &'e Expr<'s>> {
    arguments.iter().filter_map(|argument| match argument {
        CallArg::Pos(expression) => Some(expression),
        _ => None,
    })
}

/// The place of a record among the bindings' elements; nothing for any other value.
fn place(value: &Value) -> Option<usize> {
    if value.kind() != ValueKind::Map {
        return None;
    }
    usize::try_from(value.get_attr(AT).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::judge::{Terms, expression, terms::CallContext};

    /// The places of those to which it is put down that a check over these names does not hold.
    fn found(alternatives: &[&str]) -> Vec<usize> {
        let call = |at: usize, status: u16, part: &str, caught: bool| json!({ AT: at, "status": status, "part": part, "caught": caught, "token": null, "opened": null, "holds_agency": false });
        let scope = json!({
            "calls": [call(0, 401, "a", true), call(1, 200, "b", false), call(2, 200, "a", false), call(3, 401, "c", true)],
            "one": call(4, 200, "d", true),
            "other": call(5, 401, "d", true),
            "rounds": [{ AT: 6, "call": call(7, 429, "x", true) }],
            "target": { "n": 2 },
        });
        let environment = expression::environment(&Arc::new(CallContext::new(&Terms::bare(), None)));
        let scope = Value::from(minijinja::value::Serde(&scope));
        of_alternatives(&environment, alternatives.iter().copied(), &scope)
    }

    #[test]
    fn a_question_about_all_breaks_on_those_of_which_it_does_not_hold() {
        assert_eq!(found(&["refused(calls)"]), [1, 2]);
        assert_eq!(found(&["refused([other, one])"]), [4]);
        assert_eq!(found(&["refused(one)"]), [4]);
        assert_eq!(found(&["not accepted(one)"]), [4]);
    }

    #[test]
    fn a_list_that_should_be_empty_breaks_on_what_is_in_it() {
        assert_eq!(found(&["calls | rejectattr('caught') | list | length == 0"]), [1, 2]);
        assert_eq!(found(&["0 == calls | rejectattr('caught') | list | length"]), [1, 2]);
        assert_eq!(found(&["calls | map(attribute='part') | unique | list | length == calls | length"]), [0, 2]);
    }

    #[test]
    fn only_the_part_that_broke_is_searched() {
        assert_eq!(found(&["other.status < 500 and one.status > 500"]), [4]);
        assert_eq!(found(&["one.status == 1 or other.status == 1"]), [4, 5]);
        assert_eq!(found(&["not (one.status == 200 and other.status == 401)"]), [4, 5]);
        assert_eq!(found(&["(rounds | last).call.status == 200"]), [7]);
        assert_eq!(found(&["calls[1].part is number"]), [1]);
    }

    #[test]
    fn of_alternatives_the_one_that_lacks_least_counts() {
        let all = "calls | rejectattr('caught') | list | length == 0";
        assert_eq!(found(&[all, "unprotected(calls) | length == 0 and calls | length > 3"]), [2]);
        assert_eq!(
            found(&[all, "unprotected(calls) | length == 0 and calls | length > 9"]),
            [1, 2],
            "too short a list"
        );
    }

    #[test]
    fn what_is_wrong_as_a_whole_is_nobodys_fault() {
        assert_eq!(found(&["calls | length > target.n * 4"]), [0_usize; 0]);
        assert_eq!(found(&["missing.status == 1"]), [0_usize; 0]);
    }
}
