//! Sites on which an agency does not get through, and must not come to harm.

use super::*;

const LOGIN: &str = "<form method=post action=/login><input name=email type=email><input name=password type=password><button>Sign in</button></form>";

async fn open(answer: impl Fn(&Ask) -> Answer + Send + Sync) -> Visit {
    agree(&Site::new(answer)).await
}

#[tokio::test]
async fn a_page_that_is_an_error_is_nowhere() {
    let error = "<nav><a href=/login>Log in</a></nav><h1>This link is not valid</h1>";
    for code in [400, 403, 404, 410, 500] {
        let visit = open(move |_| status(code, &format!("{error}{LOGIN}"))).await;
        assert_eq!((visit.reached, visit.forms, visit.status), (Reached::Nowhere, 0, code));
    }
    let soft = open(move |_| html(error)).await;
    assert_eq!((soft.reached, soft.forms), (Reached::Nowhere, 0), "{soft:?}");
    let json = open(|_| Answer(200, vec![("content-type", "application/json".into())], LOGIN.into())).await;
    assert_eq!(json.reached, Reached::Nowhere);
}

#[tokio::test]
async fn wrong_credentials_are_given_once() {
    let site = Site::new(|_| html(LOGIN));
    let visit = agree(&site).await;
    assert_eq!((visit.reached, visit.forms, visit.logged_in), (Reached::Page, 1, false), "{visit:?}");
    assert_eq!(visit.note, "the page asks for the same credentials again: it did not take them");
    let told = open(|ask| if ask.method == "GET" { html(LOGIN) } else { status(422, LOGIN) }).await;
    assert_eq!((told.reached, told.forms, told.logged_in), (Reached::Page, 1, false), "{told:?}");
}

#[tokio::test]
async fn consent_that_is_asked_again_or_refused_is_not_agreed() {
    let consent = "<form method=post action=/connect><button>Agree</button><button>Decline</button></form>";
    let again = open(move |_| html(consent)).await;
    assert_eq!((again.reached, again.forms), (Reached::Consent, 1), "{again:?}");
    let refused = open(move |ask| if ask.method == "GET" { html(consent) } else { status(500, "") }).await;
    assert_eq!((refused.reached, refused.status), (Reached::Consent, 500), "{refused:?}");
}

#[tokio::test]
async fn redirects_that_never_end_do() {
    let site = Site::new(|_| to("/connect"));
    let visit = agree(&site).await;
    assert_eq!((visit.reached, site.asked().len()), (Reached::Nowhere, 11));
    assert_eq!(visit.trouble.unwrap(), "more than 10 redirects follow one another");
}

#[tokio::test]
async fn no_other_host_is_gone_to_unless_it_is_allowed() {
    let site = || {
        Site::new(|ask| match ask.route() {
            ("GET", "/connect") => to("https://login.example/in"),
            ("GET", "/in") => html(LOGIN),
            _ => html("<h1>Connected"),
        })
    };
    let other = site();
    let visit = agree(&other).await;
    assert_eq!((visit.reached, other.asked().len()), (Reached::Nowhere, 1));
    insta::assert_snapshot!(
        visit.trouble.unwrap(),
        @"the page leads to login.example, which is not allowed; add it to `allowed_hosts` if it belongs to the login"
    );
    for allowed in ["login.example", "LOGIN.example:443"] {
        assert_eq!(go(&agency_with(listed(), &[allowed]), &site(), Intent::Agree).await.reached, Reached::Agreed);
    }
    assert_eq!(
        go(&agency_with(listed(), &["login.example:8443"]), &site(), Intent::Agree).await.reached,
        Reached::Nowhere
    );
}

#[tokio::test]
async fn credentials_never_leave_the_allowed_hosts() {
    for action in ["https://evil.example/login", "http://match.example/login", "https://match.example:8443/login"] {
        let site = Site::new(move |_| html(LOGIN.replace("/login", action)));
        let visit = agree(&site).await;
        assert_eq!((site.asked().len(), visit.logged_in), (1, false), "{action}");
        assert!(visit.trouble.is_some());
    }
}

#[tokio::test]
async fn addresses_that_are_not_of_http_are_not_gone_to() {
    for target in ["javascript:alert(1)", "file:///etc/hostname", "data:text/html,x", "mailto:a@b.example"] {
        let redirect = open(move |_| to(target)).await;
        assert!(redirect.trouble.unwrap().contains(&format!("`{}:`", target.split_once(':').unwrap().0)));
        let site = Site::new(move |_| html(format!("{}<a href='{target}'>Agree</a>", LOGIN.replace("/login", target))));
        let visit = agree(&site).await;
        assert_eq!((visit.forms, site.asked().len()), (0, 1), "{target}: {visit:?}");
    }
    let agency = agency();
    let visit =
        agency.visit(&Site::new(|_| html("")), &Secret::new("file:///etc/hostname"), 0, Intent::Agree, None).await;
    assert!(visit.trouble.is_some());
    assert_eq!(visit.exchanges, [0; 0]);
}

#[tokio::test]
async fn a_page_that_always_asks_for_more_is_left() {
    let count = Mutex::new(0);
    let visit = open(|_| {
        *count.lock().unwrap() += 1;
        html(format!(
            "<form method=post action=/step><input name=field{} required><button>Next</button></form>",
            count.lock().unwrap()
        ))
    })
    .await;
    assert_eq!(visit.forms, 5, "{visit:?}");
    assert!(visit.trouble.unwrap().contains("more forms"));
}

#[tokio::test]
async fn a_code_is_nothing_that_an_agency_can_know() {
    let visit =
        open(|_| html("<form method=post><input name=email><input name=otp><button>Next</button></form>")).await;
    assert_eq!((visit.reached, visit.forms), (Reached::Page, 0));
    assert_eq!(visit.note, "the page asks for a code that was sent elsewhere");
}

#[tokio::test]
async fn pages_beyond_all_measure_do_no_harm() {
    let many = "<form method=post action=/x><input type=checkbox name=a><button>No</button></form>".repeat(10_000);
    let deep = "<div>".repeat(100_000);
    let deep_labels = "<label><button><a href=x>".repeat(20_000);
    let formatting = "<b><i><p>".repeat(20_000);
    let odd = String::from_utf8_lossy(&[0xff, 0xfe, b'<', b'f', b'o', b'r', b'm', 0xc3]).into_owned();
    for body in [many, deep, deep_labels, formatting, odd, "<select><option>".repeat(30_000), "\0".repeat(100)] {
        let began = Instant::now();
        let visit = open(|_| html(body.clone())).await;
        assert!(visit.exchanges.len() < 10, "{visit:?}");
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{} took {:?}",
            &body[..20.min(body.len())],
            began.elapsed()
        );
    }
}

#[tokio::test]
async fn a_visit_tells_no_secret() {
    let visit = open(|_| to("https://other.example/cb?code=0123456789abcdef")).await;
    let told = format!("{visit:?}{}", serde_json::to_string(&visit).unwrap());
    for secret in ["0123456789abcdef", PASSWORD, "sig="] {
        assert!(!told.contains(secret), "{secret} stands in {told}");
    }
}

proptest::proptest! {
    #[test]
    fn no_page_makes_a_panic(parts in proptest::collection::vec(proptest::sample::select(vec![
        "<form method=post>", "</form>", "<table>", "<tr>", "<input name=email>", "<input type=password name=p>", "<button>", "Agree", "</button>",
        "<select name=s>", "<option>", "</select>", "<label for=x>", "<textarea name=t>", "é\u{0}", "<a href='//'>", "<base href='x:'>", "<meta http-equiv=refresh content=';url='>",
        "<a href='http://[::1'>allow", "<input type=radio name=r value=no>", "<template>", "<noscript>", "<!--", "-->", "<script>", "</script>", "<svg>", "\u{fffd}",
    ]), 0..60), code in 100_u16..600) {
        let body = parts.concat();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let visit = runtime.block_on(open(|_| status(code, &body)));
        proptest::prop_assert!(visit.exchanges.len() <= 200);
    }
}
