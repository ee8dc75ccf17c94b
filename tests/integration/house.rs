//! Reads sources as far as the rules of the house need it: which module names which.

/// A name, a `::`, or any other sign.
type Token = String;

/// The tokens of a source without comments, strings and whatever is compiled for tests alone, and the child modules that
/// are.
pub(crate) fn tokens(source: &str) -> (Vec<Token>, Vec<String>) {
    without_tests(&split(source))
}

fn split(source: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let length = blank(rest).or_else(|| literal(rest)).unwrap_or(0);
        if length > 0 {
            rest = &rest[length..];
            continue;
        }
        let word = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(rest.len());
        let token = match word {
            0 if rest.starts_with("::") => 2,
            0 => first.len_utf8(),
            word => word,
        };
        tokens.push(rest[..token].to_owned());
        rest = &rest[token..];
    }
    tokens
}

/// The length of the space or comment with which a text begins.
fn blank(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(text.find("*/").map_or(text.len(), |end| end + 2));
    }
    text.chars().next().filter(|letter| letter.is_whitespace()).map(char::len_utf8)
}

/// The length of the string or character with which a text begins; a lifetime is its one quote.
fn literal(text: &str) -> Option<usize> {
    for prefix in ["r", "br", ""] {
        let Some(after) = text.strip_prefix(prefix) else { continue };
        let hashes = after.len() - after.trim_start_matches('#').len();
        if !prefix.is_empty() && after[hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            let begin = prefix.len() + hashes + 1;
            return Some(text[begin..].find(&end).map_or(text.len(), |at| begin + at + end.len()));
        }
    }
    let quote = if text.starts_with('"') {
        '"'
    } else if text.starts_with("'\\") || text.starts_with('\'') && text.chars().nth(2) == Some('\'') {
        '\''
    } else {
        return text.starts_with('\'').then_some(1);
    };
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    Some(text.len())
}

fn without_tests(tokens: &[Token]) -> (Vec<Token>, Vec<String>) {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut children, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if !tokens[at..].starts_with(&MARK.map(str::to_owned)) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        let begin = at + MARK.len();
        at = end_of_item(tokens, begin);
        let name = tokens[begin..at].iter().position(|token| token == "mod").map(|place| begin + place + 1);
        if let Some(name) = name.filter(|name| tokens.get(name + 1).is_some_and(|next| next == ";")) {
            children.push(tokens[name].clone());
        }
    }
    (kept, children)
}

/// Where the item ends that begins at `at`: after its first `;`, or after its braces.
fn end_of_item(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
        at += 1;
    }
    at
}

/// Every path in the tokens of the module `module` that leads through the crate, from its root on: `use`d or written out.
pub(crate) fn paths(tokens: &[Token], module: &[&str]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut inside: Vec<(String, usize)> = Vec::new();
    let mut depth = 0;
    for at in 0..tokens.len() {
        match tokens[at].as_str() {
            "{" => depth += 1,
            "}" => {
                depth -= 1;
                inside.retain(|(_, within)| *within <= depth);
            }
            "mod" if tokens.get(at + 2).is_some_and(|next| next == "{") => {
                inside.push((tokens[at + 1].clone(), depth + 1));
            }
            "crate" | "super" | "self"
                if tokens.get(at + 1).is_some_and(|next| next == "::")
                    && at.checked_sub(1).is_none_or(|before| tokens[before] != "::" && !is_in_group(tokens, at)) =>
            {
                let here: Vec<String> = module
                    .iter()
                    .map(|&part| part.to_owned())
                    .chain(inside.iter().map(|(name, _)| name.clone()))
                    .collect();
                let mut written = Vec::new();
                tree(tokens, at, &[], &mut written);
                found.extend(written.iter().map(|path| absolute(path, &here)));
            }
            _ => {}
        }
    }
    found
}

/// Whether a path stands in the braces of a `use`, where it is read with the whole.
fn is_in_group(tokens: &[Token], at: usize) -> bool {
    let statement = tokens[..at].rsplit(|token| token == ";").next().unwrap_or_default();
    let used = statement.iter().rposition(|token| token == "use");
    used.is_some_and(|used| statement[used..].iter().any(|token| token == "{"))
}

/// Reads a path, or a tree of them, and gives the place behind it.
fn tree(tokens: &[Token], mut at: usize, begin: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = begin.to_vec();
    loop {
        match tokens.get(at).map(String::as_str) {
            Some("{") => {
                at += 1;
                while tokens.get(at).is_some_and(|token| token != "}") {
                    at = tree(tokens, at, &path, found);
                    while tokens.get(at).is_some_and(|token| token != "," && token != "}") {
                        at += 1;
                    }
                    at += usize::from(tokens.get(at).is_some_and(|token| token == ","));
                }
                return at + 1;
            }
            Some(name) if name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => break,
        }
        if tokens.get(at).is_none_or(|next| next != "::") {
            break;
        }
        at += 1;
    }
    found.push(path);
    at
}

/// A path from the root of the crate on.
fn absolute(path: &[String], here: &[String]) -> Vec<String> {
    let mut base = here.to_vec();
    let mut rest = path;
    while let Some((first, behind)) = rest.split_first() {
        match first.as_str() {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            _ => break,
        }
        rest = behind;
    }
    base.extend(rest.iter().cloned());
    base
}

/// Whether the tokens say these, one after another.
pub(crate) fn says(tokens: &[Token], words: &[&str]) -> bool {
    tokens.windows(words.len()).any(|window| window.iter().zip(words).all(|(token, word)| token == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(source: &str, module: &[&str]) -> Vec<String> {
        paths(&tokens(source).0, module).into_iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn every_way_to_name_a_module_is_read() {
        assert_eq!(named("use crate::{a::{B, c::D as E}, f, self};", &["x"]), ["a::B", "a::c::D", "f", ""]);
        assert_eq!(named("use super::{super::judge, y};", &["step", "x"]), ["judge", "step::y"]);
        assert_eq!(named("use super::super::judge::Type;", &["step", "x"]), ["judge::Type"]);
        assert_eq!(
            named("fn f(a: &crate::wire::Call) { self::g::<crate::b::C>() }", &["x"]),
            ["wire::Call", "x::g", "b::C"]
        );
        assert_eq!(named("mod inner { use super::y; } use super::z;", &["x"]), ["x::y", "z"]);
        assert_eq!(named("pub use self::y::Z; pub(crate) fn f() {} pub(super) fn g() {}", &["x"]), ["x::y::Z"]);
    }

    #[test]
    fn what_only_looks_like_a_path_is_none() {
        let source = r##"
            // use crate::a;
            /* crate::b */
            const C: &str = "crate::c \" crate::d"; const E: &str = r#"crate::e " crate::f"#; const G: char = '"';
            fn h<'a>(x: &'a str) -> char { '\'' } // crate::i
            use crate::real;
        "##;
        assert_eq!(named(source, &["x"]), ["real"]);
    }

    #[test]
    fn what_is_for_tests_alone_is_left_out() {
        let source = "#[cfg(test)] mod kit; #[cfg(test)] mod tests { use crate::a; fn f() { {} } } use crate::b; \
                      #[cfg(test)] use crate::c::{d}; use crate::e;";
        assert_eq!(named(source, &["x"]), ["b", "e"]);
        assert_eq!(tokens(source).1, ["kit"]);
    }
}
