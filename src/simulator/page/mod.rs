//! The agency's page: log in or register, then agree or decline. Plain HTML, no script.

mod session;
mod view;

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    Form, Router,
    extract::FromRequestParts,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::{HeaderValue, StatusCode, header, request::Parts};

pub(super) use self::session::Sessions;
use self::session::Visit;
use self::view::{Field, Screen, render};
use super::{
    behaviour::{Moment, Registration},
    delivery::Job,
    link::{BadLink, Link, Signer},
    platform::Platform,
    state::Connection,
};
use crate::secret::Secret;

/// The shortest password that may be registered, in characters.
const SHORTEST_PASSWORD: usize = 8;

type Fields = Form<BTreeMap<String, String>>;

/// The page's addresses. Each carries the link's own query along, so that what is agreed to is what the link says.
pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new()
        .route("/connect", get(open))
        .route("/connect/login", get(login))
        .route("/connect/email", post(email))
        .route("/connect/password", post(password))
        .route("/connect/register", get(registration).post(register))
        .route("/connect/decide", post(decide))
}

/// One request to the page.
struct Page {
    platform: Arc<Platform>,
    query: String,
    visit: Visit,
}

impl FromRequestParts<Arc<Platform>> for Page {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, platform: &Arc<Platform>) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default().to_owned();
        Ok(Self { platform: Arc::clone(platform), query, visit: platform.sessions.visit(&parts.headers) })
    }
}

impl Page {
    /// What the link says; or the page for one that leads nowhere.
    fn link(&self) -> Result<Link, Box<Response>> {
        let known = self.visit.account.is_some();
        let link = if known || self.platform.behaviour.link.checked_at_open {
            self.platform.signer.check(&self.query, self.platform.time.now(), known)
        } else {
            Signer::read(&self.query).map(|(link, _)| link)
        };
        let link = link.map_err(|bad| self.refused(bad))?;
        if self.platform.behaviour.link.single_use && self.platform.sessions.is_decided(&link.nonce) {
            return Err(self.refused(BadLink::Expired).into());
        }
        Ok(link)
    }

    /// The same, and the form's hidden value is that of the visit.
    fn posted(&self, fields: &Fields) -> Result<Link, Box<Response>> {
        if fields.get("csrf") != Some(&self.visit.csrf) {
            return Err(self
                .message(StatusCode::FORBIDDEN, "This form has expired", "Go back and open it again.")
                .into());
        }
        self.link()
    }

    fn refused(&self, bad: BadLink) -> Response {
        let why = match bad {
            BadLink::Unreadable | BadLink::Forged => "This link is not one of ours, or it was changed on its way.",
            BadLink::Expired => "This link has expired. Ask your CRM for a new one.",
        };
        self.message(StatusCode::FORBIDDEN, "This link leads nowhere", why)
    }

    fn message(&self, status: StatusCode, title: &str, text: &str) -> Response {
        self.show(status, &Screen { title, text, ..Screen::default() })
    }

    fn show(&self, status: StatusCode, screen: &Screen) -> Response {
        let Ok(html) = render(screen, &self.query, &self.visit.csrf) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let mut response = (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"),
        );
        self.visit.remember(headers);
        response
    }

    fn ask_email(&self, error: &str) -> Response {
        let register = format!("/connect/register?{}", self.query);
        let fields = [Field::new("email", "E-mail", "email", "username")];
        self.show(
            StatusCode::OK,
            &Screen {
                title: "Log in to Matchouse",
                error,
                action: "/connect/email",
                fields: &fields,
                button: "Continue",
                other: Some((&register, "Register for a new account")),
                ..Screen::default()
            },
        )
    }

    fn ask_password(&self, email: &str, error: &str) -> Response {
        let fields = [
            Field::new("email", "E-mail", "hidden", "username").holding(email),
            Field::new("password", "Password", "password", "current-password"),
        ];
        self.show(
            StatusCode::OK,
            &Screen {
                title: "Enter your password",
                error,
                action: "/connect/password",
                fields: &fields,
                button: "Log in",
                ..Screen::default()
            },
        )
    }

    fn ask_registration(&self, name: &str, email: &str, error: &str) -> Response {
        let login = format!("/connect/login?{}", self.query);
        let fields = [
            Field::new("agency_name", "Agency name", "text", "organization").holding(name),
            Field::new("email", "E-mail", "email", "username").holding(email),
            Field::new("password", "Password", "password", "new-password"),
        ];
        self.show(
            StatusCode::OK,
            &Screen {
                title: "Register with Matchouse",
                error,
                action: "/connect/register",
                fields: &fields,
                button: "Register",
                other: Some((&login, "Log in to an existing account")),
                ..Screen::default()
            },
        )
    }

    /// The consent, for somebody who is logged in.
    fn ask_consent(&self, link: &Link) -> Response {
        let text = format!(
            "The CRM {} asks for a key to your Matchouse account, with which it publishes your property listings.",
            link.client
        );
        self.show(
            StatusCode::OK,
            &Screen {
                title: "Connect your CRM?",
                text: &text,
                action: "/connect/decide",
                consent: true,
                ..Screen::default()
            },
        )
    }

    /// Back to the link's own address as somebody who is logged in, or at once to what stands there.
    async fn logged_in(self, account: usize, registered: bool) -> Result<Response, Box<Response>> {
        let visit = self.platform.sessions.log_in(&self.visit, account, registered);
        let page = Self { visit, ..self };
        if page.platform.behaviour.page.brief {
            return page.consent(&page.link()?).await;
        }
        let mut response =
            (StatusCode::SEE_OTHER, [(header::LOCATION, format!("/connect?{}", page.query))]).into_response();
        page.visit.remember(response.headers_mut());
        Ok(response)
    }

    /// What somebody who is logged in sees at the link's address.
    async fn consent(&self, link: &Link) -> Result<Response, Box<Response>> {
        self.reached(Moment::Asked, link).await?;
        Ok(self.ask_consent(link))
    }

    /// Delivers the key of this account for this link, where the behaviour does so at this moment.
    async fn reached(&self, moment: Moment, link: &Link) -> Result<(), Box<Response>> {
        let platform = &self.platform;
        if !platform.behaviour.page.delivers_on.contains(&moment) {
            return Ok(());
        }
        // Looking at a page again is no second agreement.
        let looks_only = matches!(moment, Moment::Opened | Moment::Asked);
        if looks_only && !platform.sessions.first_look(&link.nonce) {
            return Ok(());
        }
        let forgotten = self.visit.registered && platform.behaviour.page.registration == Registration::Forgotten;
        if forgotten || platform.turns.agreements.comes(platform.behaviour.page.forgets_one_in) {
            return Ok(());
        }
        let keys = &platform.behaviour.keys;
        let account = self.visit.account.unwrap_or_default();
        let wanted = Connection { account, client: link.client.clone(), agency: link.agency.clone() };
        let now = platform.time.now();
        let (connection, key, fresh) = {
            let mut state = platform.state();
            let fresh = !state.is_connected(&wanted);
            let (connection, key) = state.connect(&wanted, keys.form, keys.scope, now);
            (connection, key, fresh)
        };
        if !fresh && !platform.behaviour.page.delivers_again {
            return Ok(());
        }
        let too_soon = fresh && platform.behaviour.page.second_time_only;
        let further = platform.state().further_keys(connection, keys.per_agency, keys.form, now);
        if platform.make_durable().await.is_err() {
            let why = "Your agreement could not be saved. Try again later.";
            return Err(self.message(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", why).into());
        }
        let deliveries = std::iter::once(key).chain(further).filter(|_| !too_soon).map(|key| {
            let Connection { client, agency, .. } = wanted.clone();
            platform.deliver(Job { client, connection, account, agency, key })
        });
        let deliveries: Vec<_> = deliveries.collect();
        if platform.behaviour.page.waits {
            futures::future::join_all(deliveries).await;
        }
        Ok(())
    }
}

async fn open(page: Page) -> Response {
    either(async {
        let link = page.link()?;
        page.reached(Moment::Opened, &link).await?;
        if page.visit.account.is_some() {
            return page.consent(&link).await;
        }
        let brief = page.platform.behaviour.page.brief;
        Ok(if brief { page.ask_registration("", "", "") } else { page.ask_email("") })
    })
    .await
}

async fn login(page: Page) -> Response {
    either(async { page.link().map(|_| page.ask_email("")) }).await
}

async fn email(page: Page, fields: Fields) -> Response {
    either(async {
        page.posted(&fields)?;
        let email = field(&fields, "email").trim();
        // Whether there is such an account is told to nobody.
        Ok(if email.contains('@') {
            page.ask_password(email, "")
        } else {
            page.ask_email("Enter your e-mail address.")
        })
    })
    .await
}

async fn password(page: Page, fields: Fields) -> Response {
    either(async {
        page.posted(&fields)?;
        let email = field(&fields, "email").trim();
        let account = page.platform.state().log_in(email, field(&fields, "password"));
        match account {
            Some(account) => page.logged_in(account, false).await,
            None => Ok(page.ask_password(email, "E-mail or password is wrong.")),
        }
    })
    .await
}

async fn registration(page: Page) -> Response {
    either(async { page.link().map(|_| page.ask_registration("", "", "")) }).await
}

async fn register(page: Page, fields: Fields) -> Response {
    either(async {
        page.posted(&fields)?;
        let (name, email) = (field(&fields, "agency_name").trim(), field(&fields, "email").trim());
        let password = Secret::new(field(&fields, "password"));
        let error = if name.is_empty() {
            "Enter the name of your agency."
        } else if !email.contains('@') {
            "Enter your e-mail address."
        } else if password.expose().chars().count() < SHORTEST_PASSWORD {
            "Choose a password of at least 8 characters."
        } else if page.platform.state().account(email).is_some() {
            "There is an account with this e-mail already."
        } else {
            ""
        };
        if !error.is_empty() {
            return Ok(page.ask_registration(name, email, error));
        }
        let account = page.platform.state().put_account(name, email, &password);
        page.platform.changed();
        page.logged_in(account, true).await
    })
    .await
}

async fn decide(page: Page, fields: Fields) -> Response {
    either(async {
        let link = page.posted(&fields)?;
        if page.visit.account.is_none() {
            return Ok(page.ask_email("Log in first."));
        }
        let (moment, title, text) = match field(&fields, "decision") {
            "agree" => (Moment::Agreed, "Connected", "Your CRM gets its key now. You may close this page."),
            "decline" => (Moment::Declined, "Not connected", "Your CRM gets no key. You may close this page."),
            _ => return Ok(page.message(StatusCode::BAD_REQUEST, "Nothing was decided", "Agree or decline.")),
        };
        page.platform.sessions.decided(&link.nonce);
        page.reached(moment, &link).await?;
        Ok(page.message(StatusCode::OK, title, text))
    })
    .await
}

async fn either(page: impl Future<Output = Result<Response, Box<Response>>>) -> Response {
    page.await.unwrap_or_else(|refused| *refused)
}

fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", String::as_str)
}
