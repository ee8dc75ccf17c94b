use super::encoding::spelled;

/// The other ways in which a text stands in JSON, HTML, URLs and forms; none where all spell it alike.
#[must_use]
pub fn spellings(value: &str) -> Vec<String> {
    spelled(value).into_iter().skip(1).filter_map(|(_, form)| String::from_utf8(form).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_has_one_spelling_only() {
        assert_eq!(spellings("abcDEF01"), Vec::<String>::new());
    }

    #[test]
    fn a_link_is_known_in_json_html_and_urls() {
        let all = spellings("https://x/?a=1&b=2");
        for spelling in [
            r"https:\/\/x\/?a=1&b=2",
            r"https:\/\/x\/?a=1\u0026b=2",
            "https://x/?a=1&amp;b=2",
            "https%3A%2F%2Fx%2F%3Fa%3D1%26b%3D2",
            "https%3a%2f%2fx%2f%3fa%3d1%26b%3d2",
        ] {
            assert!(all.iter().any(|known| known == spelling), "{spelling} is not in {all:?}");
        }
    }

    #[test]
    fn a_password_is_known_in_forms() {
        assert!(spellings("p w+d!").contains(&"p+w%2Bd%21".to_owned()));
    }
}
