use rand::distr::{Alphanumeric, SampleString};
use thiserror::Error;

use crate::secret::Secret;

/// The logins of the agencies.
#[derive(Clone, Debug)]
pub enum Accounts {
    /// Accounts that exist at the target.
    Listed(Vec<Account>),
    /// Accounts that are registered when they are first needed.
    Registering {
        /// The domain of their e-mail addresses.
        domain: String,
    },
}

/// One login.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The e-mail address or user name.
    pub email: String,
    /// The password.
    pub password: Secret,
}

/// A file of accounts that cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum AccountsError {
    /// A line is not an account.
    #[error("line {line}: {what}; write one `email,password` per line, quoted as CSV where a value holds a comma")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file holds no account.
    #[error("the file holds no account; write one `email,password` per line")]
    Empty,
}

impl Accounts {
    /// Reads CSV (RFC 4180) with an e-mail address and a password on each line. A first line `email,password` is a
    /// heading; empty lines and lines that begin with `#` are left out.
    ///
    /// # Errors
    ///
    /// Where a line is no account, or none is there. The error never shows what the line holds.
    pub fn from_csv(text: &str) -> Result<Self, AccountsError> {
        let mut listed = Vec::new();
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let empty = line.trim().is_empty() || line.starts_with('#');
            let heading = index == 0 && line.to_ascii_lowercase().replace([' ', '"'], "") == "email,password";
            if !empty && !heading {
                listed.push(account(line).map_err(|what| AccountsError::Line { line: index + 1, what })?);
            }
        }
        if listed.is_empty() { Err(AccountsError::Empty) } else { Ok(Self::Listed(listed)) }
    }
}

impl Account {
    /// A new account under a domain.
    pub(super) fn invented(number: usize, domain: &str) -> Self {
        let random = |length| Alphanumeric.sample_string(&mut rand::rng(), length);
        let email = format!("agency-{}-{}@{domain}", number + 1, random(8).to_lowercase());
        // What common password rules ask for stands at its begin; the rest is its strength.
        Self { email, password: Secret::new(format!("Aa1!{}", random(20))) }
    }
}

fn account(line: &str) -> Result<Account, &'static str> {
    let (email, rest) = field(line)?;
    let (password, rest) = field(rest.ok_or("the password is missing")?)?;
    match rest {
        Some(_) => Err("there are more than two values"),
        None if email.trim().is_empty() => Err("the e-mail address is empty"),
        None if password.is_empty() => Err("the password is empty"),
        None => Ok(Account { email: email.trim().to_owned(), password: Secret::new(password) }),
    }
}

/// The first value of a line, and what follows its comma.
fn field(line: &str) -> Result<(String, Option<&str>), &'static str> {
    let Some(mut rest) = line.strip_prefix('"') else {
        return Ok(match line.split_once(',') {
            Some((value, rest)) => (value.to_owned(), Some(rest)),
            None => (line.to_owned(), None),
        });
    };
    let mut value = String::new();
    loop {
        let (part, after) = rest.split_once('"').ok_or("a quote is not closed")?;
        value.push_str(part);
        match after.strip_prefix('"') {
            Some(after) => {
                value.push('"');
                rest = after;
            }
            None if after.trim().is_empty() => return Ok((value, None)),
            None => return Ok((value, Some(after.strip_prefix(',').ok_or("text follows a closing quote")?))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        let Ok(Accounts::Listed(listed)) = Accounts::from_csv(text) else { panic!("{text}") };
        listed.into_iter().map(|account| (account.email, account.password.expose().to_owned())).collect()
    }

    #[test]
    fn accounts_are_read_from_csv() {
        let text = "\u{feff}Email, Password\r\na@x.example,one\r\n\n# later\n\"b@x.example\",\"t,w\"\"o\"\n";
        let expected = [("a@x.example", "one"), ("b@x.example", "t,w\"o")];
        assert_eq!(read(text), expected.map(|(email, password)| (email.to_owned(), password.to_owned())));
        assert_eq!(read("a@x.example, pass word ")[0].1, " pass word ", "a password is taken as it stands");
    }

    #[test]
    fn a_wrong_line_is_told_and_not_shown() {
        for (text, line) in [("a@x.example", 1), ("email,password\na,b,c", 2), ("a,", 1), (",b", 1), ("\"a,b", 1)] {
            let error = Accounts::from_csv(text).unwrap_err();
            assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}");
        }
        assert_eq!(Accounts::from_csv("email,password\n").unwrap_err(), AccountsError::Empty);
        assert!(!format!("{:?}", Accounts::from_csv("a,hush-hush").unwrap()).contains("hush"));
    }
}
