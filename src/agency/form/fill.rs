//! What an agency writes into a form.

use super::{
    page::{Button, Field, FieldKind, Form},
    role::{Purpose, field_leaning},
    words::{ASIDE, Leaning, leaning_of, says, words},
};
use crate::{agency::Account, secret::Secret};

/// What a text field asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Asked {
    Code,
    Email,
    FirstName,
    LastName,
    Company,
    Phone,
    Postcode,
    City,
    County,
    Country,
    Street,
    Website,
    Name,
}

/// One row for each thing that may be asked for: the words that ask for it, the input type, and what is written. The
/// first row that fits counts. Names and numbers are those reserved for fiction (Ofcom) or for examples.
struct Row(Asked, &'static str, &'static [&'static str], &'static str);

const ROWS: &[Row] = &[
    Row(
        Asked::Code,
        "",
        &["otp", "totp", "captcha", "one time", "verification code", "security code", "pin", "mfa", "2fa"],
        "",
    ),
    Row(Asked::Email, "email", &["email", "mail", "emailaddress", "useremail", "e mail"], ""),
    Row(
        Asked::FirstName,
        "",
        &["firstname", "first name", "given name", "givenname", "forename", "fname", "first"],
        "Alex",
    ),
    Row(Asked::LastName, "", &["lastname", "last name", "family name", "surname", "lname", "last"], "Tester"),
    Row(
        Asked::Company,
        "",
        &[
            "company",
            "companyname",
            "agency",
            "agencyname",
            "organisation",
            "organization",
            "organisationname",
            "organizationname",
            "business",
            "businessname",
            "branch",
            "branchname",
            "trading",
            "firm",
        ],
        "Conformance Test Lettings",
    ),
    Row(
        Asked::Phone,
        "tel",
        &["phone", "telephone", "tel", "mobile", "phonenumber", "contact number"],
        "020 7946 0958",
    ),
    Row(Asked::Postcode, "", &["postcode", "post code", "postal", "zip", "zipcode", "postalcode"], "EC1A 1BB"),
    Row(Asked::City, "", &["city", "town", "locality"], "London"),
    Row(Asked::County, "", &["county", "state", "region", "province"], "Greater London"),
    Row(Asked::Country, "", &["country"], "United Kingdom"),
    Row(Asked::Street, "", &["street", "address", "address1", "line1", "addressline1"], "1 Example Street"),
    Row(Asked::Website, "url", &["website", "homepage", "web site"], "https://agency.example"),
    Row(Asked::Email, "", &["username", "user", "login", "identifier", "userid", "account", "userlogin"], ""),
    Row(Asked::Name, "", &["name", "fullname", "contact"], "Alex Tester"),
];

/// What a field asks for, where a word of it tells.
pub(super) fn asked(field: &Field) -> Option<Asked> {
    row(field).map(|row| row.0)
}

fn row(field: &Field) -> Option<&'static Row> {
    if field.kind != FieldKind::Text
        || !matches!(field.input.as_str(), "" | "text" | "email" | "tel" | "url" | "number")
    {
        return None;
    }
    // Of `user[name]` the last part alone says what is asked for.
    let hints = match field.name.rsplit_once('[') {
        Some((_, own)) => field.hints.replacen(&field.name, own, 1),
        None => field.hints.clone(),
    };
    let by_words = |text: &str| {
        let words = words(text);
        ROWS.iter().find(|row| says(&words, row.2))
    };
    let code = by_words(&hints).filter(|row| row.0 == Asked::Code);
    let by_type = || ROWS.iter().find(|row| !row.1.is_empty() && row.1 == field.input);
    code.or_else(by_type).or_else(|| by_words(&hints)).or_else(|| by_words(&field.placeholder))
}

/// Whether a field is where a form with a password wants to know who logs in, though no word of it says so.
fn is_nameless_identity(form: &Form, field: &Field) -> bool {
    let text = |field: &&Field| field.kind == FieldKind::Text && !field.unseen;
    form.seen().any(|other| other.kind == FieldKind::Password)
        && !form.seen().any(|other| asked(other) == Some(Asked::Email))
        && form.seen().find(text).is_some_and(|first| first.name == field.name && row(first).is_none())
}

/// The pairs that a form sends, in its order.
pub(super) fn fill(form: &Form, button: Option<&Button>, account: &Account, purpose: Purpose) -> Vec<(String, Secret)> {
    let mut pairs = Vec::new();
    for (index, field) in form.fields.iter().enumerate().filter(|(_, field)| !field.name.is_empty()) {
        let value = match field.kind {
            FieldKind::Hidden => Some(field.value.clone()),
            FieldKind::Password if !asks_for_code(field) => Some(account.password.clone()),
            FieldKind::Password => Some(Secret::new("")),
            FieldKind::Text => Some(text(form, field, account)),
            FieldKind::Checkbox => is_ticked(field, purpose).then(|| field.value.clone()),
            FieldKind::Radio => is_chosen(form, index, purpose).then(|| field.value.clone()),
            FieldKind::Select => option(field, purpose),
        };
        pairs.extend(value.map(|value| (field.name.clone(), value)));
    }
    if let Some(button) = button.filter(|button| !button.name.is_empty()) {
        pairs.push((button.name.clone(), Secret::new(button.value.clone())));
    }
    pairs
}

/// Whether a form asks for a code that only a person can have been sent.
pub(super) fn wants_code(form: &Form) -> bool {
    form.seen()
        .any(|field| asked(field) == Some(Asked::Code) || field.kind == FieldKind::Password && asks_for_code(field))
}

fn asks_for_code(field: &Field) -> bool {
    let hints = words(&field.hints);
    says(&hints, ROWS[0].2) && !says(&hints, &["password"])
}

fn text(form: &Form, field: &Field, account: &Account) -> Secret {
    if field.read_only || field.unseen {
        return field.value.clone();
    }
    let row = row(field);
    let has_email = form.seen().any(|other| other.input == "email");
    let value = match row.map(|row| row.0) {
        // Beside an e-mail address, a user name is another thing.
        Some(Asked::Email)
            if has_email && field.input != "email" && !says(&words(&field.hints), &["email", "mail"]) =>
        {
            account.email.split('@').next().unwrap_or_default().replace(['.', '-', '+'], "")
        }
        Some(Asked::Email) => account.email.clone(),
        None if is_nameless_identity(form, field) => account.email.clone(),
        _ if !field.value.is_empty() => return field.value.clone(),
        _ => match (row, field.input.as_str()) {
            (Some(row), _) => row.3.to_owned(),
            (None, _) if !field.required => String::new(),
            (None, "number" | "range") => "1".to_owned(),
            (None, "date") => "2000-01-01".to_owned(),
            (None, _) => "Conformance test".to_owned(),
        },
    };
    let longest = field.longest.unwrap_or(usize::MAX);
    Secret::new(value.chars().take(longest).collect::<String>())
}

/// A box is ticked where it must be, or was; to agree, every box that is about this and not about advertising.
fn is_ticked(field: &Field, purpose: Purpose) -> bool {
    let hints = words(&field.hints);
    let advertising =
        says(&hints, ASIDE) || says(&hints, &["marketing", "offers", "news", "updates", "promotions", "remember"]);
    let terms = says(&hints, &["terms", "privacy", "policy", "conditions", "tos", "gdpr"]);
    let agrees = purpose != Purpose::Decline
        && !field.unseen
        && (field_leaning(field) == Leaning::Agree || terms || purpose == Purpose::Agree);
    field.required || field.checked || agrees && !advertising
}

/// Of the choices of one name: the one that leans the right way, or the one that is chosen, or the first with a value.
fn is_chosen(form: &Form, index: usize, purpose: Purpose) -> bool {
    // The caller counts through these very fields.
    let name = &form.fields[index].name;
    let group =
        || form.fields.iter().enumerate().filter(|(_, field)| field.kind == FieldKind::Radio && field.name == *name);
    let leaning = wanted_leaning(purpose);
    let leans = group().find(|(_, field)| Some(field_leaning(field)) == leaning);
    let chosen = leans.or_else(|| group().find(|(_, field)| field.checked));
    let first = || group().find(|(_, field)| !field.value.is_empty());
    chosen.or_else(first).is_some_and(|(chosen, _)| chosen == index)
}

fn option(field: &Field, purpose: Purpose) -> Option<Secret> {
    let leaning = wanted_leaning(purpose);
    let leans =
        field.options.iter().find(|(value, text, _)| Some(leaning_of([value.as_str(), text].into_iter())) == leaning);
    let selected = || field.options.iter().find(|(value, _, selected)| *selected && !value.is_empty());
    let first = || field.options.iter().find(|(value, ..)| !value.is_empty());
    leans.or_else(selected).or_else(first).map(|(value, ..)| Secret::new(value.clone()))
}

/// Which way a choice is to lean; nothing where any will do.
fn wanted_leaning(purpose: Purpose) -> Option<Leaning> {
    match purpose {
        Purpose::Agree => Some(Leaning::Agree),
        Purpose::Decline => Some(Leaning::Decline),
        Purpose::Login | Purpose::Register | Purpose::Onward => None,
    }
}
