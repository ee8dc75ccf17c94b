//! Sites on which an agency gets through.

use super::*;

const LOGIN: &str = r#"<nav><a href="/login">Sign in</a> <form action="/search"><input name="q"></form></nav>
    <form method="post" action="/login"><input type="hidden" name="csrf" value="c1">
    <label for="e">E-mail</label><input id="e" name="email" type="email" required>
    <label>Password <input name="password" type="password"></label><button>Log in</button></form>
    <a href="/register">Create an account</a>"#;

const CONSENT: &str = r#"<h1>Connect Example CRM?</h1><form method="post" action="/consent">
    <button name="decision" value="deny">Cancel</button><button name="decision" value="allow">Allow</button></form>"#;

/// Logging in on one page, then a form with two buttons.
fn plain(ask: &Ask) -> Answer {
    match ask.route() {
        ("GET", "/connect" | "/consent") if ask.cookie.contains("sid=1") => html(CONSENT),
        ("GET", "/connect") if ask.query.contains_key("sig") => with_cookie(to("/login"), "pending=1; Path=/"),
        ("POST", "/login") if ask.knows() && ask.form["csrf"] == "c1" => {
            with_cookie(to("/consent"), "sid=1; Path=/; HttpOnly; Secure; SameSite=Lax")
        }
        (_, "/login") => html(LOGIN),
        ("POST", "/consent") if ask.form["decision"] == "allow" => html("<p>Your agency is connected."),
        ("POST", "/consent") => to("/declined"),
        ("GET", "/declined") => html("Nothing was connected."),
        _ => status(404, "no such page"),
    }
}

#[tokio::test]
async fn logs_in_and_agrees() {
    let site = Site::new(plain);
    let visit = agree(&site).await;
    assert_eq!(
        (visit.reached, visit.forms, visit.logged_in, visit.registered),
        (Reached::Agreed, 2, true, false),
        "{visit:?}"
    );
    assert_eq!(visit.exchanges, [1, 2, 3, 4, 5]);
    assert_eq!((visit.status, visit.trouble), (200, None));
    assert_eq!(site.asked(), ["GET /connect", "GET /login", "POST /login", "GET /consent", "POST /consent"]);
}

#[tokio::test]
async fn a_session_leads_straight_to_consent_until_an_entrance_is_asked_for() {
    let site = Site::new(plain);
    let agency = agency();
    agree_as(&agency, &site, None).await;
    let before = site.asked().len();
    assert_eq!(agree_as(&agency, &site, None).await.reached, Reached::Agreed);
    assert_eq!(site.asked()[before..], ["GET /connect", "POST /consent"]);
    assert!(agree_as(&agency, &site, Some(Entrance::Login)).await.logged_in);
}

async fn agree_as(agency: &Agency, site: &dyn Browser, entrance: Option<Entrance>) -> Visit {
    agency.visit(site, &Secret::new(LINK), 0, Intent::Agree, entrance).await
}

#[tokio::test]
async fn each_intent_goes_as_far_as_it_is_meant_to() {
    for (intent, reached, last) in [
        (Intent::Open, Reached::Page, "GET /login"),
        (Intent::Abandon, Reached::Consent, "GET /consent"),
        (Intent::Decline, Reached::Declined, "GET /declined"),
        (Intent::Agree, Reached::Agreed, "POST /consent"),
    ] {
        let site = Site::new(plain);
        let visit = go(&agency(), &site, intent).await;
        assert_eq!((visit.reached, site.asked().pop().unwrap().as_str()), (reached, last), "{visit:?}");
    }
}

#[tokio::test]
async fn a_login_may_take_two_steps() {
    let site = Site::new(|ask| match ask.route() {
        ("GET", "/connect") => html(
            r#"<form method=POST><input name=identifier placeholder="you@company"><input type=submit value=Next></form>"#,
        ),
        ("POST", "/connect") if ask.form["identifier"] == EMAIL => html(
            r#"<form method=POST action="/password"><input name=identifier value="agency@partner.example" readonly>
            <input type=password name=pw autocomplete=current-password><button type=button>Show</button><button type=submit>Continue</button></form>"#,
        ),
        ("POST", "/password") if ask.form["pw"] == PASSWORD && ask.form["identifier"] == EMAIL => html(CONSENT),
        ("POST", "/consent") => Answer(303, vec![("location", "https://crm.example/done".into())], String::new()),
        _ => status(400, "wrong"),
    });
    let visit = agree(&site).await;
    assert_eq!((visit.reached, visit.forms), (Reached::Agreed, 3), "{visit:?}");
    assert_eq!((visit.note.as_str(), visit.trouble), ("the page took the answer and led on to crm.example", None));
}

#[tokio::test]
async fn an_account_registers_first_and_logs_in_later() {
    let known: Mutex<Option<(String, String)>> = Mutex::default();
    let site = Site::new(|ask| match ask.route() {
        ("GET", "/connect") if ask.cookie.contains("sid") => html(CONSENT),
        ("GET", "/connect" | "/login") => html(LOGIN),
        ("GET", "/register") => html(
            r#"<form method=post action=/register>
            <input name="user[name]" required><input name="user[email]"><input type=tel name=phone><input name=companyName>
            <input name=postcode maxlength=8><select name=country><option value="">Choose<option value=uk>UK</select>
            <input type=password name=password><input type=password name=password_confirmation>
            <label><input type=checkbox name=terms required> I accept the terms</label>
            <label><input type=checkbox name=news> Send me the newsletter</label>
            <input name=website style="display: none"><button>Create account</button></form>"#,
        ),
        ("POST", "/register") => {
            let form = &ask.form;
            assert_eq!(form["password"], form["password_confirmation"]);
            assert_eq!((form["country"].as_str(), form["terms"].as_str(), form.get("news")), ("uk", "on", None));
            assert_eq!((form["postcode"].as_str(), form["website"].as_str()), ("EC1A 1BB", ""));
            assert_eq!(form["user[name]"], "Alex Tester");
            *known.lock().unwrap() = Some((form["user[email]"].clone(), form["password"].clone()));
            with_cookie(to("/connect"), "sid=1; Path=/")
        }
        ("POST", "/login") => {
            assert_eq!(*known.lock().unwrap(), Some((ask.form["email"].clone(), ask.form["password"].clone())));
            html(CONSENT)
        }
        ("POST", "/consent") => html("done"),
        _ => status(404, ""),
    });
    let agency = agency_with(Accounts::Registering { domain: "agency.example".into() }, &[]);
    let first = agree_as(&agency, &site, Some(Entrance::Register)).await;
    assert_eq!((first.reached, first.registered, first.logged_in), (Reached::Agreed, true, false), "{first:?}");
    assert!(known.lock().unwrap().as_ref().unwrap().0.ends_with("@agency.example"));
    let second = agree_as(&agency, &site, Some(Entrance::Login)).await;
    assert_eq!((second.reached, second.registered, second.logged_in), (Reached::Agreed, false, true), "{second:?}");
    let third = agree_as(&agency, &site, Some(Entrance::Register)).await;
    assert!(third.trouble.unwrap().contains("exists already"));
    assert_eq!((agency.accounts(), agency.registers()), (None, true));
}

/// A site whose first page asks to agree, in `body`, and takes `agreed` for it.
async fn consent(body: &'static str, agreed: fn(&Ask) -> bool, intent: Intent) -> Visit {
    let site = Site::new(move |ask| match ask.route() {
        ("GET", "/connect") => html(body),
        ("GET", "/declined") => html("Nothing was connected."),
        _ if agreed(ask) => html("<h1>Thank you"),
        _ => to("/declined"),
    });
    let visit = go(&agency(), &site, intent).await;
    let took = site.asked().iter().any(|line| line.ends_with("/declined"));
    assert_eq!(took, intent == Intent::Decline && visit.reached == Reached::Declined, "{visit:?}");
    visit
}

/// A page that asks to agree, and what a site takes for agreeing.
type Case = (&'static str, fn(&Ask) -> bool);

#[tokio::test]
async fn consent_comes_in_many_forms() {
    let forms: [Case; 8] = [
        // A form for each button.
        (
            "<form method=post action=/deny><button>Deny</button></form><form method=post action=/allow><button>OK</button></form>",
            |ask| ask.route() == ("POST", "/allow"),
        ),
        // Inputs of type submit.
        (
            "<form method=post action=/c><input type=submit name=no value='Do not allow'><input type=submit name=yes value='Yes, allow'></form>",
            |ask| ask.form.contains_key("yes"),
        ),
        // Links.
        (
            "<nav><a href=/accept-cookies>Accept cookies</a></nav><p>Read our <a href=/agreement/terms>terms that you agree to</a></p><a href='/consent/decline'>No, thanks</a> <a href='/consent/agree'>Agree</a>",
            |ask| ask.route() == ("GET", "/consent/agree"),
        ),
        // Radio buttons.
        (
            "<form method=post action=/c><input type=radio name=d value=deny><input type=radio name=d value=allow><button>Submit</button></form>",
            |ask| ask.form["d"] == "allow",
        ),
        // The words are in the names alone.
        (
            "<form method=post action=/c><button name=disagree>✗</button><button name=agree>✓</button></form>",
            |ask| ask.form.contains_key("agree"),
        ),
        // A button with an address of its own.
        (
            "<form method=post action=/c><button formaction=/c/reject>1</button><button formaction=/c/approve>2</button></form>",
            |ask| ask.path == "/c/approve",
        ),
        // Beside a notice about cookies.
        (
            "<div class=cookie-banner><form method=post action=/x><button>Accept all</button></form></div><form method=post action=/c><button>Connect</button><a href=/no>Cancel</a></form>",
            |ask| ask.path == "/c",
        ),
        // A form that a table takes apart.
        (
            "<table><form method=post action=/c><tr><td><input type=hidden name=t value=1><td><button name=a value=deny>Deny</button><button name=a value=ok>Authorise</button></tr></form></table>",
            |ask| ask.form.get("a").is_some_and(|value| value == "ok") && ask.form.contains_key("t"),
        ),
    ];
    for (body, agreed) in forms {
        let visit = consent(body, agreed, Intent::Agree).await;
        assert_eq!((visit.reached, visit.forms), (Reached::Agreed, 1), "{body}: {visit:?}");
        let visit = consent(body, agreed, Intent::Decline).await;
        assert_eq!((visit.reached, visit.forms), (Reached::Declined, 1), "{body}: {visit:?}");
        assert_eq!(consent(body, agreed, Intent::Abandon).await.reached, Reached::Consent, "{body}");
    }
}

#[tokio::test]
async fn a_box_may_have_to_be_ticked() {
    let body = "<form method=post action=/c><label><input type=checkbox name=ok value=y> I agree to connect</label><button>Submit</button></form>";
    let visit = consent(body, |ask| ask.form.get("ok").is_some_and(|value| value == "y"), Intent::Agree).await;
    assert_eq!(visit.reached, Reached::Agreed, "{visit:?}");
    let declined = consent(body, |_| false, Intent::Decline).await;
    assert_eq!((declined.reached, declined.forms), (Reached::Consent, 0), "there is no way to decline: {declined:?}");
}

#[tokio::test]
async fn a_branch_is_chosen_on_the_way() {
    let site = Site::new(|ask| match ask.route() {
        ("GET", "/connect") => html(
            "<base href='/app/'><form method=get action=branch><select name=b><option value=''>Choose<option value=7>North</select><input type=submit value=Continue></form>",
        ),
        ("GET", "/app/branch") if ask.query["b"] == "7" => html(CONSENT),
        ("POST", "/consent") => html("done"),
        _ => status(404, ""),
    });
    let visit = agree(&site).await;
    assert_eq!((visit.reached, visit.forms), (Reached::Agreed, 2), "{visit:?}");
}

#[tokio::test]
async fn a_page_that_sends_itself_is_sent() {
    let site = Site::new(|ask| match ask.route() {
        ("GET", "/connect") => html(
            "<body onload='document.forms[0].submit()'><form method=post action=/in><input type=hidden name=s value=1></form>",
        ),
        ("POST", "/in") if ask.form["s"] == "1" => html("<meta http-equiv=refresh content='0; url=/consent'>"),
        ("GET", "/consent") => html(CONSENT),
        ("POST", "/consent") => html("done"),
        _ => status(404, ""),
    });
    assert_eq!(agree(&site).await.reached, Reached::Agreed);
}

#[tokio::test]
async fn a_link_that_login_forgot_is_opened_again() {
    let site = Site::new(|ask| match ask.route() {
        ("GET", "/connect") if ask.cookie.contains("sid") => html(CONSENT),
        ("GET", "/connect") => html(LOGIN),
        ("POST", "/login") => with_cookie(to("/dashboard"), "sid=1; Path=/"),
        ("GET", "/dashboard") => {
            html("<nav><form method=post action=/logout><button>Log out</button></form></nav>Hello")
        }
        ("POST", "/consent") => html("done"),
        _ => status(404, ""),
    });
    let visit = agree(&site).await;
    assert_eq!(visit.reached, Reached::Agreed, "{visit:?}");
    assert!(!site.asked().contains(&"POST /logout".to_owned()));
}

#[tokio::test]
async fn logging_in_may_be_agreeing() {
    let one_form = "<form method=post action=/c><input type=email name=email><input type=password name=password><button>Log in and connect</button></form>";
    assert_eq!(consent(one_form, Ask::knows, Intent::Agree).await.reached, Reached::Agreed);
    for intent in [Intent::Abandon, Intent::Decline] {
        let left = consent(one_form, |_| false, intent).await;
        assert_eq!((left.reached, left.forms), (Reached::Consent, 0), "{left:?}");
    }
    let no_question = Site::new(|ask| match ask.route() {
        ("GET", "/connect") => html(LOGIN),
        ("POST", "/login") if ask.knows() => html("<h1>Your agency is now connected"),
        _ => status(404, ""),
    });
    let visit = agree(&no_question).await;
    assert_eq!(visit.reached, Reached::Agreed, "{visit:?}");
    assert_eq!(visit.note, "no page asked to agree: the page says that the agency is connected");
}

#[tokio::test]
async fn registering_may_be_agreeing() {
    let site = Site::new(|ask| match ask.route() {
        ("GET", "/connect") => html(
            "<form method=post action=/join><input type=email name=email><input type=password name=password>\
             <label><input type=checkbox name=terms value=yes> I let my CRM publish</label>\
             <button>Register or log in, and connect</button></form>",
        ),
        ("POST", "/join") if ask.form.get("terms").is_some_and(|terms| terms == "yes") => html("Connected. Thank you."),
        _ => status(404, ""),
    });
    for (intent, reached, forms) in [
        (Intent::Abandon, Reached::Consent, 0),
        (Intent::Decline, Reached::Consent, 0),
        (Intent::Agree, Reached::Agreed, 1),
    ] {
        let newcomer = agency_with(Accounts::Registering { domain: "partner.example".into() }, &[]);
        let visit = go(&newcomer, &site, intent).await;
        assert_eq!((visit.reached, visit.forms), (reached, forms), "{intent:?}: {visit:?}");
    }
}

/// A browser that keeps the body of what was sent last.
struct Spy<'a, S>(&'a S, &'a Mutex<Option<(String, Secret)>>);

impl<S: Browser> Browser for Spy<'_, S> {
    fn fetch(&self, request: PageRequest) -> BoxFuture<'_, Page> {
        if request.body.is_some() {
            self.1.lock().unwrap().clone_from(&request.body);
        }
        self.0.fetch(request)
    }
}

#[tokio::test]
async fn a_form_of_parts_is_sent_in_parts() {
    let site = Site::new(|ask| match ask.route() {
        ("GET", "/connect") => html(
            "<form method=post action=/c enctype=multipart/form-data><input type=hidden name='a\"b' value='x&y'><button name=go>Allow</button></form>",
        ),
        _ => html("done"),
    });
    let seen = Mutex::new(None);
    assert_eq!(agree(&Spy(&site, &seen)).await.reached, Reached::Agreed);
    let (kind, body) = seen.into_inner().unwrap().unwrap();
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let part = |name: &str, value: &str| {
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    assert_eq!(body.expose(), format!("{}{}--{boundary}--\r\n", part("a%22b", "x&y"), part("go", "")));
}

#[tokio::test]
async fn a_post_says_where_it_comes_from() {
    let site = Site::new(|ask| {
        if ask.method == "GET" {
            return html(CONSENT);
        }
        assert_eq!(ask.headers["origin"], "https://match.example");
        assert_eq!(ask.headers["referer"], LINK);
        html("done")
    });
    assert_eq!(agree(&site).await.reached, Reached::Agreed);
}

#[tokio::test]
async fn cookies_work_on_this_machine_too() {
    for host in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
        let site = Site::new(plain);
        let link = Secret::new(LINK.replace("https://match.example", host));
        let visit = agency().visit(&site, &link, 0, Intent::Agree, None).await;
        assert_eq!(visit.reached, Reached::Agreed, "{host}: {visit:?}");
    }
}

#[tokio::test]
async fn the_same_page_has_the_same_signature() {
    let agency = agency();
    let site = Site::new(|ask| match ask.path.as_str() {
        path if path.starts_with("/c/") || path == "/login" => html(LOGIN),
        _ => html(CONSENT),
    });
    let mut signatures = Vec::new();
    for path in ["/c/0123456789abcdef", "/c/fedcba9876543210", "/login", "/consent", "/answer-to-login"] {
        let link = Secret::new(format!("https://match.example{path}"));
        signatures.push(agency.visit(&site, &link, 0, Intent::Open, None).await.page_signature);
    }
    assert_eq!(signatures[0], signatures[1]);
    assert_ne!(signatures[0], signatures[2]);
    assert_ne!(signatures[2], signatures[3]);
    assert_eq!(signatures[3], signatures[4], "a question is the same wherever it stands");
}
