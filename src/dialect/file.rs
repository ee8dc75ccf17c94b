use std::fmt::Write as _;

use super::{Dialect, PARTS};
use crate::syntax::{Mistake, Source, decode, parse_toml};

/// Of which target a pinned file tells, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// The target's name in the profile.
    pub target: &'a str,
    /// Its base URL.
    pub base_url: &'a str,
    /// The version of matchproof that looked.
    pub version: &'a str,
    /// When it did (RFC 3339).
    pub when: &'a str,
}

impl Dialect {
    /// Reads a pinned file.
    ///
    /// # Errors
    ///
    /// Every mistake in it with its place; never empty.
    pub fn read(source: &Source) -> Result<Self, Vec<Mistake>> {
        let read = parse_toml(source).map_err(|mistake| vec![mistake]).and_then(|node| decode(source, &node));
        read.map_err(|mistakes| mistakes.into_iter().map(cured).collect())
    }

    /// A pinned file's text: each part that is known, with what it is about.
    #[must_use]
    pub fn to_file(&self, head: &Head<'_>) -> String {
        // A line end in a name would end its comment.
        let plain = |text: &str| text.replace(char::is_control, "?");
        let [target, base_url, version, when] = [head.target, head.base_url, head.version, head.when].map(plain);
        let mut text = format!(
            "# How `{target}` at {base_url} answers where the guide leaves the form open.\n\
             # Seen by matchproof {version} on {when}.\n\
             # A run whose target has `dialect` set to this file fails where it answers otherwise. Remove what may vary;\n\
             # `matchproof discover --target {target} --force` writes the file anew.\n",
        );
        // Texts and lists of texts under plain names always have a TOML form.
        let values = toml::Table::try_from(self).unwrap_or_default();
        for part in PARTS {
            if let Some(value) = values.get(part.name) {
                let _ = write!(text, "\n# {}\n{} = {value}\n", part.about, part.name);
            }
        }
        text
    }
}

fn cured(mistake: Mistake) -> Mistake {
    if mistake.cure.is_some() {
        return mistake;
    }
    mistake.cure("mend it, remove it to let it vary, or write the file anew by `matchproof discover --force`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::render_all;

    const HEAD: Head<'static> = Head {
        target: "staging",
        base_url: "https://staging.example/api",
        version: "9.9.9",
        when: "2026-11-24T04:00:00Z",
    };

    fn read(text: &str) -> Result<Dialect, Vec<Mistake>> {
        Dialect::read(&Source::new("pinned.toml", text))
    }

    #[test]
    fn a_file_says_what_each_part_is_and_reads_back() {
        let dialect = read(
            "token = 'json:/a\"b'\ntoken_life = '6h'\nlimit_headers = []\nlink = 'header:location'\n\
             delivery_fields = ['agencyId', 'x-api-key']",
        )
        .unwrap();
        let text = dialect.to_file(&HEAD);
        assert_eq!(read(&text), Ok(dialect));
        insta::assert_snapshot!(text, @r#"
        # How `staging` at https://staging.example/api answers where the guide leaves the form open.
        # Seen by matchproof 9.9.9 on 2026-11-24T04:00:00Z.
        # A run whose target has `dialect` set to this file fails where it answers otherwise. Remove what may vary;
        # `matchproof discover --target staging --force` writes the file anew.

        # where the answer of /crm/oauth holds the token
        token = 'json:/a"b'

        # how long a token lives by the answer's own word
        token_life = "6h"

        # headers about a rate limit on an answer that was not limited
        limit_headers = []

        # where the answer of /crm/integrate holds the signed URL
        link = "header:location"

        # the names in the JSON object of a delivery
        delivery_fields = ["agencyId", "x-api-key"]
        "#);
    }

    #[test]
    fn a_name_cannot_end_its_comment() {
        let text = Dialect::default().to_file(&Head { target: "a\nlink = \"text\"", ..HEAD });
        assert_eq!(read(&text), Ok(Dialect::default()));
    }

    #[test]
    fn every_mistake_has_its_place_and_a_cure() {
        let text = "tokn = \"json:/t\"\nlink = \"jsn:/url\"\nlink_answer = \"201\"\n";
        insta::assert_snapshot!(render_all(&read(text).unwrap_err()), @r#"
        error: unknown key `tokn`
         --> pinned.toml:1:1
          |
        1 | tokn = "json:/t"
          | ^^^^
          |
          = help: did you mean `token`?

        error: expected a place, found "jsn:/url"
         --> pinned.toml:2:8
          |
        2 | link = "jsn:/url"
          |        ^^^^^^^^^^
          |
          = help: write `header:NAME`, `json:/POINTER`, `text` or `html`

        error: expected a status and a content type, found "201"
         --> pinned.toml:3:15
          |
        3 | link_answer = "201"
          |               ^^^^^
          |
          = help: write it such as "401 application/json", "204 empty" or "400 untyped"
        "#);
    }

    #[test]
    fn a_value_of_the_wrong_kind_has_them_too() {
        let text = "wrong_token = 401\ndelivery_fields = \"agencyId\"\ntoken_life = \"soon\"\n";
        insta::assert_snapshot!(render_all(&read(text).unwrap_err()), @r#"
        error: expected a string, found the number 401
         --> pinned.toml:1:15
          |
        1 | wrong_token = 401
          |               ^^^
          |
          = help: mend it, remove it to let it vary, or write the file anew by `matchproof discover --force`

        error: expected a list, found the text "agencyId"
         --> pinned.toml:2:19
          |
        2 | delivery_fields = "agencyId"
          |                   ^^^^^^^^^^
          |
          = help: mend it, remove it to let it vary, or write the file anew by `matchproof discover --force`

        error: expected a length of time such as `30s`, `5m` or `1h 30m`, found `soon`
         --> pinned.toml:3:14
          |
        3 | token_life = "soon"
          |              ^^^^^^
          |
          = help: mend it, remove it to let it vary, or write the file anew by `matchproof discover --force`
        "#);
    }

    #[test]
    fn what_is_no_pinned_file_is_told_so() {
        insta::assert_snapshot!(render_all(&read("link = \n").unwrap_err()), @r"
        error: string values must be quoted, expected literal string
         --> pinned.toml:1:8
          |
        1 | link = 
          |        ^
          |
          = help: mend it, remove it to let it vary, or write the file anew by `matchproof discover --force`
        ");
        insta::assert_snapshot!(render_all(&read("[dialect]\nlink = \"text\"\n").unwrap_err()), @r"
        error: unknown key `dialect`
         --> pinned.toml:1:2
          |
        1 | [dialect]
          |  ^^^^^^^
          |
          = help: known here: token, token_answer, token_life, limit_headers, link, link_answer, wrong_secret, wrong_token, missing_agency, delivery_type, delivery_fields, delivery_headers
        ");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_panic(text in ".{0,80}") {
            let _ = read(&text);
        }

        #[test]
        fn what_is_written_reads_back(
            pointer in "(/[ -~é\u{1}\u{202e}]{0,8}){0,3}", names in proptest::collection::vec("[ -~é]{0,9}", 0..4), target in ".{0,9}",
        ) {
            let dialect = Dialect {
                link: Some(super::super::Place::Json(pointer)),
                delivery_fields: Some(names),
                ..Dialect::default()
            };
            proptest::prop_assert_eq!(read(&dialect.to_file(&Head { target: &target, ..HEAD })), Ok(dialect));
        }
    }
}
