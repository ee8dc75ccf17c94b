use std::{collections::BTreeMap, sync::LazyLock};

use minijinja::{
    Environment,
    machinery::{
        Span,
        ast::{CallArg, Expr, Stmt},
        parse, parse_expr,
    },
    value::ValueKind,
};

use super::{Type, expression, function};
use crate::{
    scenario::Text,
    syntax::{Mistake, Source},
};

/// The names that an expression may use, with their types.
pub type Scope = BTreeMap<String, Type>;

/// Every mistake in an expression: its syntax, and unknown names, attributes, filters, tests and functions.
#[must_use]
pub fn lint_expression(source: &Source, text: &Text, scope: &Scope) -> Vec<Mistake> {
    let mut lint = Lint { source, text, mistakes: Vec::new() };
    match parse_expr(&text.text) {
        Ok(expression) => {
            lint.kind(&expression, scope);
        }
        Err(error) => lint.syntax(&error, "expression"),
    }
    lint.mistakes
}

/// The same for a template, which may say no more than `{{ expression }}`.
#[must_use]
pub fn lint_template(source: &Source, text: &Text, scope: &Scope) -> Vec<Mistake> {
    let mut lint = Lint { source, text, mistakes: Vec::new() };
    match parse(&text.text, "template", minijinja::syntax::SyntaxConfig::default()) {
        Ok(Stmt::Template(template)) => {
            for part in &template.children {
                match part {
                    Stmt::EmitExpr(emit) => {
                        lint.kind(&emit.expr, scope);
                    }
                    Stmt::EmitRaw(_) => {}
                    _ => lint.at(Span::default(), "a template here may hold `{{ … }}` alone"),
                }
            }
        }
        Ok(_) => {}
        Err(error) => lint.syntax(&error, "template"),
    }
    lint.mistakes
}

/// The names that a template or an expression in `{{ … }}` rests on, attributes aside.
#[must_use]
pub fn names_of_template(text: &str) -> Vec<String> {
    static BARE: LazyLock<Environment<'static>> = LazyLock::new(expression::bare_environment);
    let mut names: Vec<String> = BARE
        .template_from_str(text)
        .map(|template| template.undeclared_variables(false).into_iter().collect())
        .unwrap_or_default();
    names.sort();
    names
}

struct Lint<'a> {
    source: &'a Source,
    text: &'a Text,
    mistakes: Vec<Mistake>,
}

impl Lint<'_> {
    /// The place of a part of the text in the file; the whole text where the file writes it in another way (quoted with
    /// escapes, folded).
    fn place(&self, span: Span) -> crate::syntax::Span {
        let (start, end) = (span.start_offset as usize, span.end_offset as usize);
        let written = self.source.text().get(self.text.span.clone()).unwrap_or_default();
        match written.find(&self.text.text) {
            Some(at) if end > start => self.text.span.start + at + start..self.text.span.start + at + end,
            _ => self.text.span.clone(),
        }
    }

    fn at(&mut self, span: Span, what: impl Into<String>) {
        self.mistakes.push(Mistake::new(self.source, self.place(span), what));
    }

    fn unknown<'k>(&mut self, span: Span, what: &str, written: &str, known: impl IntoIterator<Item = &'k str>) {
        let mistake = Mistake::new(self.source, self.place(span), format!("unknown {what} `{written}`"));
        self.mistakes.push(mistake.cure_from(written, known));
    }

    fn syntax(&mut self, error: &minijinja::Error, what: &str) {
        let detail = error.detail().unwrap_or("it cannot be read");
        let span = error.range().map_or_else(Span::default, |range| Span {
            start_offset: u32::try_from(range.start).unwrap_or_default(),
            end_offset: u32::try_from(range.end).unwrap_or_default(),
            ..Span::default()
        });
        self.at(span, format!("bad {what}: {detail}"));
    }

    /// The type of an expression, with a mistake for everything in it that is not known.
    fn kind(&mut self, expression: &Expr<'_>, scope: &Scope) -> Type {
        match expression {
            Expr::Var(var) => scope.get(var.id).cloned().unwrap_or_else(|| {
                self.unknown(var.span(), "name", var.id, scope.keys().map(String::as_str));
                Type::Any
            }),
            Expr::Const(value) => constant(&value.value),
            Expr::GetAttr(get) => {
                let of = self.kind(&get.expr, scope);
                self.attribute(expression.span(), &of, get.name)
            }
            Expr::GetItem(get) => self.item(expression, &get.expr, &get.subscript_expr, scope),
            Expr::Slice(slice) => {
                self.each([&slice.start, &slice.stop, &slice.step].into_iter().flatten(), scope);
                self.kind(&slice.expr, scope)
            }
            Expr::Filter(filter) => {
                let of = filter.expr.as_ref().map_or(Type::Any, |of| self.kind(of, scope));
                self.filter(expression.span(), filter.name, &filter.args, of, scope)
            }
            Expr::Test(test) => {
                self.kind(&test.expr, scope);
                self.test(expression.span(), test.name, &test.args, scope)
            }
            Expr::Call(call) => self.call(expression.span(), &call.expr, &call.args, scope),
            Expr::UnaryOp(op) => self.kind(&op.expr, scope),
            Expr::BinOp(op) => {
                let left = self.kind(&op.left, scope);
                let right = self.kind(&op.right, scope);
                if left == right { left } else { Type::Any }
            }
            Expr::Compare(compare) => {
                self.kind(&compare.expr, scope);
                self.each(compare.ops.iter().map(|op| &op.expr), scope);
                Type::Bool
            }
            Expr::IfExpr(choice) => {
                self.kind(&choice.test_expr, scope);
                let yes = self.kind(&choice.true_expr, scope);
                let no = choice.false_expr.as_ref().map(|no| self.kind(no, scope));
                if no.is_none_or(|no| no == yes) { yes } else { Type::Any }
            }
            Expr::List(list) => self.items(&list.items, scope),
            Expr::Tuple(tuple) => self.items(&tuple.items, scope),
            Expr::Map(map) => {
                self.each(map.keys.iter().chain(&map.values), scope);
                Type::Any
            }
        }
    }

    /// Lints parts whose types tell nothing of the whole's.
    fn each<'e>(&mut self, parts: impl IntoIterator<Item = &'e Expr<'e>>, scope: &Scope) {
        for part in parts {
            self.kind(part, scope);
        }
    }

    fn test(&mut self, span: Span, name: &str, args: &[CallArg<'_>], scope: &Scope) -> Type {
        self.arguments(args, scope);
        if !expression::is_test(name) {
            self.unknown(span, "test", name, expression::TESTS.iter().copied());
        }
        Type::Bool
    }

    fn items(&mut self, items: &[Expr<'_>], scope: &Scope) -> Type {
        let kinds: Vec<Type> = items.iter().map(|item| self.kind(item, scope)).collect();
        match kinds.split_first() {
            Some((first, rest)) if rest.iter().all(|kind| kind == first) => Type::list(first.clone()),
            _ => Type::list(Type::Any),
        }
    }

    fn attribute(&mut self, span: Span, of: &Type, name: &str) -> Type {
        match of {
            Type::Any => Type::Any,
            Type::Record(attributes) => attributes.get(name).cloned().unwrap_or_else(|| {
                self.unknown(span, "attribute", name, attributes.keys().map(String::as_str));
                Type::Any
            }),
            Type::List(_) => {
                self.at(
                    span,
                    format!("a list has no attribute `{name}`; take one item, or `| map(attribute=\"{name}\")`"),
                );
                Type::Any
            }
            other => {
                self.at(span, format!("{} has no attribute `{name}`", other.describe()));
                Type::Any
            }
        }
    }

    fn item(&mut self, whole: &Expr<'_>, of: &Expr<'_>, index: &Expr<'_>, scope: &Scope) -> Type {
        let of = self.kind(of, scope);
        let index_kind = self.kind(index, scope);
        match (&of, index.as_const()) {
            (Type::List(item), _) if index_kind != Type::Text => (**item).clone(),
            (Type::Record(_), Some(name)) if name.as_str().is_some() => {
                self.attribute(whole.span(), &of, name.as_str().unwrap_or_default())
            }
            (Type::Record(attributes), _) => {
                let mut kinds = attributes.values();
                kinds.next().filter(|first| kinds.all(|kind| kind == *first)).cloned().unwrap_or(Type::Any)
            }
            _ => Type::Any,
        }
    }

    fn arguments(&mut self, args: &[CallArg<'_>], scope: &Scope) {
        for arg in args {
            match arg {
                CallArg::Pos(value)
                | CallArg::Kwarg(_, value)
                | CallArg::PosSplat(value)
                | CallArg::KwargSplat(value) => {
                    self.kind(value, scope);
                }
            }
        }
    }

    fn call(&mut self, span: Span, callee: &Expr<'_>, args: &[CallArg<'_>], scope: &Scope) -> Type {
        self.arguments(args, scope);
        let Expr::Var(var) = callee else {
            self.at(span, "methods cannot be called; use a filter or a function");
            return Type::Any;
        };
        let Some(function) = function::find(var.id) else {
            self.unknown(var.span(), "function", var.id, function::FUNCTIONS.iter().map(|row| row.name));
            return Type::Any;
        };
        if args.len() != function.arguments.len() {
            self.at(span, format!("`{}` takes ({})", function.name, function.arguments.join(", ")));
        }
        (function.returns)()
    }

    fn filter(&mut self, span: Span, name: &str, args: &[CallArg<'_>], of: Type, scope: &Scope) -> Type {
        self.arguments(args, scope);
        if !expression::is_filter(name) {
            self.unknown(span, "filter", name, expression::FILTERS.iter().copied());
            return Type::Any;
        }
        let item = match &of {
            Type::List(item) => (**item).clone(),
            _ => Type::Any,
        };
        let attribute = attribute_argument(name, args).map(|path| self.path(span, &item, &path));
        match name {
            "map" => Type::list(attribute.unwrap_or(Type::Any)),
            "length" | "count" | "int" | "float" | "round" | "abs" | "sum" => Type::Number,
            "first" | "last" | "min" | "max" => attribute.map_or(item.clone(), |_| item),
            "lower" | "string" | "join" | "replace" => Type::Text,
            "groupby" => Type::list(Type::Any),
            _ => of,
        }
    }

    fn path(&mut self, span: Span, of: &Type, path: &str) -> Type {
        path.split('.').fold(of.clone(), |kind, name| match name.parse::<usize>() {
            Ok(_) => match kind {
                Type::List(item) => *item,
                _ => Type::Any,
            },
            Err(_) => self.attribute(span, &kind, name),
        })
    }
}

/// The attribute that a filter is told to look at, by keyword or, for those that take it first, by position.
fn attribute_argument(filter: &str, args: &[CallArg<'_>]) -> Option<String> {
    let constant = |value: &Expr<'_>| value.as_const().and_then(|value| value.as_str().map(str::to_owned));
    args.iter().enumerate().find_map(|(at, arg)| match arg {
        CallArg::Kwarg("attribute", value) => constant(value),
        CallArg::Pos(value) if at == 0 && ["selectattr", "rejectattr", "groupby"].contains(&filter) => constant(value),
        _ => None,
    })
}

fn constant(value: &minijinja::Value) -> Type {
    match value.kind() {
        ValueKind::Bool => Type::Bool,
        ValueKind::Number => Type::Number,
        ValueKind::String => Type::Text,
        _ => Type::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        let delivery = Type::record([("key", Type::Text), ("status", Type::Number)]);
        BTreeMap::from([
            ("got".to_owned(), Type::list(delivery)),
            ("right".to_owned(), Type::record([("json", Type::Any)])),
        ])
    }

    fn lint(text: &str) -> Vec<String> {
        let line = format!("  - RETRY-8: {text}\n");
        let source = Source::new("a.yaml", line.as_str());
        let text = Text { text: text.into(), span: 13..13 + text.len() };
        lint_expression(&source, &text, &scope())
            .into_iter()
            .map(|mistake| {
                let cure = mistake.cure.map(|cure| format!("; {cure}")).unwrap_or_default();
                format!("{} @ {}{cure}", mistake.what, &line[mistake.span])
            })
            .collect()
    }

    #[test]
    fn sound_expressions_are_left_alone() {
        for text in [
            "got | map(attribute=\"key\") | unique | list | length == 1",
            "got[0].status == 503 and got | length > 1",
            "right.json.anything.goes == 1",
            "policy_attempts(got) | map(attribute=\"status\") | list == [503]",
            "got | selectattr(\"status\", \"eq\", 200) | list | length == 1",
            "(got | last).status in [200, 201]",
        ] {
            assert_eq!(lint(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_is_unknown_is_found_with_its_place() {
        insta::assert_debug_snapshot!(
            [
                "gott | length == 1",
                "got | map(attribute=\"keey\") | list",
                "got.key == 'x'",
                "got[0].statuss == 1",
                "got | lenght",
                "got is emptyish",
                "policy_attemps(got)",
                "policy_attempts()",
                "got | groupby(\"kee\")",
            ]
            .map(lint),
            @r#"
        [
            [
                "unknown name `gott` @ gott; did you mean `got`?",
            ],
            [
                "unknown attribute `keey` @ map(attribute=\"keey\"); did you mean `key`?",
            ],
            [
                "a list has no attribute `key`; take one item, or `| map(attribute=\"key\")` @ got.key",
            ],
            [
                "unknown attribute `statuss` @ [0].statuss; did you mean `status`?",
            ],
            [
                "unknown filter `lenght` @ lenght; did you mean `length`?",
            ],
            [
                "unknown test `emptyish` @ emptyish; known here: defined, divisibleby, endingwith, eq, even, false, ge, gt, in, iterable, le, lt, mapping, ne, none, number, odd, sequence, startingwith, string, true, undefined",
            ],
            [
                "unknown function `policy_attemps` @ policy_attemps; did you mean `policy_attempts`?",
            ],
            [
                "`policy_attempts` takes (deliveries) @ policy_attempts()",
            ],
            [
                "unknown attribute `kee` @ groupby(\"kee\"); did you mean `key`?",
            ],
        ]
        "#
        );
    }

    #[test]
    fn what_the_language_does_not_have_is_told() {
        let method = "methods cannot be called; use a filter or a function @ .upper()";
        assert_eq!(lint("got[0].key.upper()"), [method]);
        assert_eq!(lint("got =="), ["bad expression: unexpected end of input, expected expression @ =="]);
    }
}
