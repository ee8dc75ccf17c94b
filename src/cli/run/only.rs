use std::collections::BTreeSet;

use crate::{
    cli::failure::{Problems, meant},
    requirement::{self, Requirement},
};

/// The requirements that a run is to judge.
#[derive(Debug, Default)]
pub(super) struct Only(Vec<String>);

impl Only {
    /// Reads ids (`RETRY-6`) and families (`RETRY`, `CRM`), letter case aside. None means all.
    pub(super) fn read(names: &[String]) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        for name in names.iter().filter(|name| !requirement::all().any(|row| covers(name, row))) {
            let known: BTreeSet<&str> =
                requirement::all().flat_map(|row| [row.id, requirement::family(row.id)]).collect();
            let cure = meant(name, known, "`matchproof list requirements` shows all there are");
            problems.push(format!("`--only {name}`: no requirement and no family of that name; {cure}"));
        }
        if problems.is_empty() { Ok(Self(names.to_vec())) } else { Err(problems) }
    }

    /// Whether a requirement is to be judged.
    pub(super) fn accepts(&self, row: &Requirement) -> bool {
        self.0.is_empty() || self.0.iter().any(|name| covers(name, row))
    }

    /// As it was typed.
    pub(super) fn typed(&self) -> String {
        self.0.join(",")
    }
}

/// Whether a name is a requirement's id, or the begin of it up to a hyphen.
fn covers(name: &str, row: &Requirement) -> bool {
    let begin = row.id.get(..name.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(name));
    begin && matches!(row.id.as_bytes().get(name.len()), None | Some(b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::failure::Failure;

    fn accepted(names: &[&str]) -> Vec<&'static str> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let only = Only::read(&names).unwrap();
        requirement::all().filter(|row| only.accepts(row)).map(|row| row.id).collect()
    }

    #[test]
    fn an_id_is_one_row_and_a_family_all_of_its_rows() {
        assert_eq!(accepted(&["link-2"]), ["LINK-2"], "and not LINK-2b");
        assert_eq!(accepted(&["RATE"]).len(), 6);
        assert!(accepted(&["CRM"]).iter().all(|id| id.starts_with("CRM-")));
        assert_eq!(accepted(&[]).len(), requirement::all().count());
    }

    #[test]
    fn an_unknown_name_is_a_mistake() {
        let names = ["RETRI", "AUTH-1", "LINK-99", "", "xylophone"].map(str::to_owned);
        insta::assert_snapshot!(Failure::all(Only::read(&names).unwrap_err()), @r"
        error: `--only RETRI`: no requirement and no family of that name; did you mean `RETRY`?

        error: `--only LINK-99`: no requirement and no family of that name; did you mean `LINK-1`?

        error: `--only `: no requirement and no family of that name; `matchproof list requirements` shows all there are

        error: `--only xylophone`: no requirement and no family of that name; `matchproof list requirements` shows all there are
        ");
    }
}
