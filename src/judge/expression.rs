use std::{error::Error as _, fmt, sync::Arc};

use minijinja::{
    Environment, Error, UndefinedBehavior, Value,
    machinery::{ast::Expr, parse_expr},
    value::{Kwargs, Rest},
};

use super::{bindings::unmarked, function, terms::CallContext};
use crate::verdict::Shown;

/// The filters of the expression language; the rest of minijinja's are for making pages.
pub(super) const FILTERS: [&str; 26] = [
    "abs",
    "count",
    "default",
    "first",
    "float",
    "groupby",
    "int",
    "join",
    "last",
    "length",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "select",
    "selectattr",
    "sort",
    "string",
    "sum",
    "unique",
];

/// The tests of the expression language.
pub(super) const TESTS: [&str; 22] = [
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "even",
    "false",
    "ge",
    "gt",
    "in",
    "iterable",
    "le",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "sequence",
    "startingwith",
    "string",
    "true",
    "undefined",
];

pub(super) fn is_filter(name: &str) -> bool {
    FILTERS.contains(&name)
}

pub(super) fn is_test(name: &str) -> bool {
    TESTS.contains(&name)
}

/// An expression may take this many instructions: far more than one over thousands of deliveries needs.
const FUEL: u64 = 5_000_000;

/// An environment with the language's own filters over minijinja's, and without functions.
pub(super) fn bare_environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    // minijinja's own fold letter case unless told otherwise, which would make two keys of different case equal.
    environment.add_filter("unique", unique);
    environment.add_filter("sort", sort);
    environment.add_filter("groupby", group_by);
    environment
}

/// The environment in which checks and templates are evaluated.
pub(super) fn environment(context: &Arc<CallContext>) -> Environment<'static> {
    let mut environment = bare_environment();
    for row in function::FUNCTIONS {
        let context = Arc::clone(context);
        environment.add_function(row.name, move |arguments: Rest<Value>| (row.call)(&context, &arguments.0));
    }
    environment
}

/// What an expression came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Truth {
    /// True.
    Yes,
    /// False.
    No,
    /// The evidence does not tell, and why.
    Unknown(String),
}

/// Why a function cannot answer: evidence, not a fault of the expression.
#[derive(Debug)]
pub(super) struct Unknown(pub(super) String);

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unknown {}

/// Ends an expression with "cannot tell".
pub(super) fn unknown(why: impl Into<String>) -> Error {
    Error::new(minijinja::ErrorKind::InvalidOperation, "the evidence does not tell").with_source(Unknown(why.into()))
}

/// Evaluates an expression to a truth.
pub(super) fn truth(environment: &Environment<'_>, text: &str, scope: &Value) -> Truth {
    match environment.compile_expression(text).and_then(|expression| expression.eval(scope)) {
        Ok(value) if value.is_true() => Truth::Yes,
        Ok(_) => Truth::No,
        Err(error) => match error.source().and_then(|source| source.downcast_ref::<Unknown>()) {
            Some(unknown) => Truth::Unknown(unknown.0.clone()),
            None => Truth::Unknown(format!("`{text}` cannot be evaluated: {error}")),
        },
    }
}

/// The parts of an expression that have a value worth showing, in the order in which they stand.
pub(super) fn shown(environment: &Environment<'_>, text: &str, scope: &Value) -> Vec<Shown> {
    let Ok(expression) = parse_expr(text) else { return Vec::new() };
    let mut parts = Vec::new();
    collect_parts(&expression, &mut parts);
    let mut shown: Vec<Shown> = Vec::new();
    for (start, end) in parts {
        let Some(part) = balanced(text, start, end) else { continue };
        if shown.iter().any(|one| one.part == part) {
            continue;
        }
        let value = match environment.compile_expression_owned(part.clone()).and_then(|part| part.eval(scope)) {
            Ok(value) => render(&value),
            Err(error) if error.kind() == minijinja::ErrorKind::UndefinedError => "not seen".to_owned(),
            Err(error) => format!("({error})"),
        };
        shown.push(Shown { part, value });
    }
    shown
}

/// The operands of comparisons and connectives, constants aside: as large as possible, and what they are made of.
fn collect_parts(expression: &Expr<'_>, parts: &mut Vec<(usize, usize)>) {
    match expression {
        Expr::Const(_) => {}
        Expr::BinOp(op) => {
            collect_parts(&op.left, parts);
            collect_parts(&op.right, parts);
        }
        Expr::Compare(compare) => {
            collect_parts(&compare.expr, parts);
            for op in &compare.ops {
                collect_parts(&op.expr, parts);
            }
        }
        Expr::UnaryOp(op) => collect_parts(&op.expr, parts),
        Expr::List(_) | Expr::Tuple(_) if expression.as_const().is_some() => {}
        _ => parts.push(extent(expression)),
    }
}

/// The text of a part of an expression.
pub(super) fn part_of(text: &str, part: &Expr<'_>) -> Option<String> {
    let (start, end) = extent(part);
    balanced(text, start, end)
}

/// The text of a part, with the brackets around it of which it holds one end: the parser counts none of them to the part.
fn balanced(text: &str, mut start: usize, mut end: usize) -> Option<String> {
    loop {
        let part = text.get(start..end)?;
        match half_brackets(part) {
            (0, 0) => return Some(part.trim().to_owned()),
            (0, _) => end += text.get(end..)?.find(')')? + 1,
            _ => start = text.get(..start)?.rfind('(')?,
        }
    }
}

/// How many brackets a text closes that it does not open, and opens that it does not close; texts within it aside.
fn half_brackets(text: &str) -> (usize, usize) {
    let (mut open, mut unopened, mut quote) = (0_usize, 0, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(begin), c) if c == begin => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '(') => open += 1,
            (None, ')') if open == 0 => unopened += 1,
            (None, ')') => open -= 1,
            (_, _) => {}
        }
    }
    (unopened, open)
}

/// Where an expression stands, from the begin of what it is applied to: the parser gives a filter's own place alone, and
/// an operator's without all of its operands.
fn extent(expression: &Expr<'_>) -> (usize, usize) {
    let span = expression.span();
    let operands = match expression {
        Expr::BinOp(op) => Some((&op.left, &op.right)),
        Expr::Compare(compare) => compare.ops.last().map(|last| (&compare.expr, &last.expr)),
        _ => None,
    };
    if let Some((first, last)) = operands {
        return (extent(first).0, extent(last).1);
    }
    let inner = match expression {
        Expr::Filter(filter) => filter.expr.as_ref(),
        Expr::Test(test) => Some(&test.expr),
        Expr::GetAttr(get) => Some(&get.expr),
        Expr::GetItem(get) => Some(&get.expr),
        Expr::Slice(slice) => Some(&slice.expr),
        Expr::Call(call) => Some(&call.expr),
        _ => None,
    };
    let start = inner.map_or(span.start_offset as usize, |inner| extent(inner).0.min(span.start_offset as usize));
    (start, span.end_offset as usize)
}

/// A value for a reader, cut to a readable length.
fn render(value: &Value) -> String {
    const LONGEST: usize = 400;
    let text = match value.as_str() {
        Some(text) => format!("{text:?}"),
        None => serde_json::to_value(value).map_or_else(
            |_| value.to_string(),
            |mut json| {
                unmarked(&mut json);
                rounded(&mut json);
                json.to_string()
            },
        ),
    };
    if text.chars().count() <= LONGEST {
        return text;
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("{cut}… ({} characters)", text.chars().count())
}

/// Fractions to three digits: all times are measured in milliseconds, to the microsecond.
fn rounded(json: &mut serde_json::Value) {
    match json {
        serde_json::Value::Number(number) if number.is_f64() => {
            let short = number.as_f64().map(|value| (value * 1e3).round() / 1e3);
            *json = short.map_or(serde_json::Value::Null, serde_json::Value::from);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(rounded),
        serde_json::Value::Object(members) => members.values_mut().for_each(rounded),
        _ => {}
    }
}

fn attribute_of(item: &Value, attribute: Option<&str>) -> Result<Value, Error> {
    attribute.map_or(Ok(item.clone()), |path| {
        path.split('.').try_fold(item.clone(), |value, name| match name.parse::<usize>() {
            Ok(index) => value.get_item_by_index(index),
            Err(_) => value.get_attr(name),
        })
    })
}

#[expect(clippy::needless_pass_by_value, reason = "minijinja's filters take their arguments by value")]
fn unique(values: Value, kwargs: Kwargs) -> Result<Vec<Value>, Error> {
    let attribute: Option<String> = kwargs.get("attribute")?;
    kwargs.assert_all_used()?;
    let mut seen = std::collections::HashSet::new();
    let mut kept = Vec::new();
    for item in values.try_iter()? {
        if seen.insert(attribute_of(&item, attribute.as_deref())?) {
            kept.push(item);
        }
    }
    Ok(kept)
}

#[expect(clippy::needless_pass_by_value, reason = "minijinja's filters take their arguments by value")]
fn sort(values: Value, kwargs: Kwargs) -> Result<Vec<Value>, Error> {
    let attribute: Option<String> = kwargs.get("attribute")?;
    let reverse: Option<bool> = kwargs.get("reverse")?;
    kwargs.assert_all_used()?;
    let mut keyed = values
        .try_iter()?
        .map(|item| Ok((attribute_of(&item, attribute.as_deref())?, item)))
        .collect::<Result<Vec<_>, Error>>()?;
    keyed.sort_by(|one, other| one.0.cmp(&other.0));
    if reverse == Some(true) {
        keyed.reverse();
    }
    Ok(keyed.into_iter().map(|(_, item)| item).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "minijinja's filters take their arguments by value")]
fn group_by(values: Value, attribute: String) -> Result<Vec<Vec<Value>>, Error> {
    let mut groups: Vec<(Value, Vec<Value>)> = Vec::new();
    for item in values.try_iter()? {
        let key = attribute_of(&item, Some(&attribute))?;
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, items)) => items.push(item),
            None => groups.push((key, vec![item])),
        }
    }
    groups.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(groups.into_iter().map(|(_, items)| items).collect())
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn keys_that_differ_in_case_alone_are_two() {
        let environment = bare_environment();
        let scope = context! { keys => ["Ab", "ab", "Ab"] };
        assert_eq!(truth(&environment, "keys | unique | list | length == 2", &scope), Truth::Yes);
        assert_eq!(truth(&environment, "keys | sort | list == ['Ab', 'Ab', 'ab']", &scope), Truth::Yes);
    }

    #[test]
    fn an_endless_expression_ends_as_unknown() {
        let environment = bare_environment();
        let scope = context! { keys => (0..100_000).collect::<Vec<_>>() };
        let many = vec!["(keys | map('string') | map('length') | list | length)"; 60].join(" + ");
        let Truth::Unknown(why) = truth(&environment, &many, &scope) else { panic!("it came to an end") };
        assert!(why.contains("fuel"), "{why}");
    }

    #[test]
    fn the_values_of_a_comparison_are_shown() {
        let environment = bare_environment();
        let scope = context! { got => [1, 2], x => context! { status => 503 } };
        let shown = shown(&environment, "got | length == 1 and not x.status in [200]", &scope);
        let shown: Vec<_> = shown.iter().map(|one| (one.part.as_str(), one.value.as_str())).collect();
        assert_eq!(shown, [("got | length", "2"), ("x.status", "503")]);
    }

    #[test]
    fn a_part_keeps_the_brackets_that_it_closes() {
        let environment = bare_environment();
        let scope = context! { calls => [context! { status => 429, name => "a)" }] };
        let shown = shown(&environment, "((calls | last).status == 1) or (calls | first).name ~ ')' == ''", &scope);
        let shown: Vec<_> = shown.iter().map(|one| (one.part.as_str(), one.value.as_str())).collect();
        assert_eq!(shown, [("(calls | last).status", "429"), ("(calls | first).name", "\"a)\"")]);
    }
}
