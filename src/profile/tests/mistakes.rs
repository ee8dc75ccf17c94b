use super::{brief, read};

/// For each of the lines, the mistakes of a target that is right but for them.
fn wrong(cases: &[&str]) -> String {
    cases.iter().map(|lines| mistakes_of(lines)).collect::<Vec<_>>().join("\n")
}

fn mistakes_of(lines: &str) -> String {
    let mut text = "[target.staging]\n".to_owned();
    for line in ["base_url = \"https://staging.example\"", "client_id = \"partner\"", "client_secret = { env = \"S\" }"]
    {
        let key = line.split(' ').next().unwrap_or_default();
        if !lines.lines().any(|written| written.starts_with(key)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    text.push_str(lines);
    brief(&read(&text).expect_err("this has a mistake"))
}

#[test]
fn urls_and_addresses() {
    insta::assert_snapshot!(wrong(&[
        "base_url = \"ftp://staging.example\"",
        "base_url = \"https://\"",
        "base_url = \"https://staging.example/api?x=1\"",
        "proxy = \"http://me:pass@proxy.example\"",
        "clock = { advance = \"http://127.0.0.1/clock\" }",
        "clock = { advance = \"POST /clock\" }",
        "ca = \"ca.pem\"",
    ]), @r#"
    4:12 "ftp://staging.example"
      expected an absolute http or https URL, found "ftp://staging.example"
      write it whole, such as "https://staging.example/api"
    4:12 "https://"
      expected an absolute http or https URL, found "https://" (empty host)
      write it whole, such as "https://staging.example/api"
    4:12 "https://staging.example/api?x=1"
      a base URL ends with its path
      take `?…` and `#…` off: paths are appended to it
    5:9 "http://*******@proxy.example"
      a user name or password in a URL
      take it out: a profile holds no secret, and a URL is shown in reports
    5:21 "http://127.0.0.1/clock"
      expected a method and a URL
      write one such as "POST http://127.0.0.1:9000/clock"; methods: GET, POST, PUT, PATCH, DELETE, HEAD
    5:21 "POST /clock"
      expected an absolute http or https URL, found "/clock" (relative URL without a base)
      write it whole, such as "https://staging.example/api"
    5:6 "ca.pem"
      expected a list, found the text "ca.pem"
      write it such as ca = ["ca/own.pem"]
    "#);
}

#[test]
fn webhooks() {
    insta::assert_snapshot!(wrong(&[
        "webhook = { listen = \"0.0.0.0:0\", public_url = \"http://hooks.example\" }",
        "webhook = { listen = \"0.0.0.0:80\", public_url = \"http://0.0.0.0:8443/#x\" }",
        "webhook = { listen = \"localhost\" }",
        "webhook = \"https://hooks.example\"",
    ]), @r#"
    5:22 "0.0.0.0:0"
      port 0 is another port in every run, and nothing outside could be set to it
      write an IP address of this machine and a port, such as "0.0.0.0:8443"
    5:49 "http://0.0.0.0:8443/#x"
      a fragment never reaches a server
      take `#…` off
    5:49 "http://0.0.0.0:8443/#x"
      this address means every address of a machine; nobody can send to it
      write the URL that Matchouse posts to
    5:11 { listen = "localhost" }
      `public_url` is missing
      add it, such as public_url = "https://hooks.example/matchproof/3f9a"
    5:22 "localhost"
      expected an address to listen on, found "localhost"
      write an IP address of this machine and a port, such as "0.0.0.0:8443"
    5:11 "https://hooks.example"
      expected a table with `listen` and `public_url`, found the text "https://hooks.example"
      write it such as webhook = { listen = "0.0.0.0:8443", public_url = "https://hooks.example/matchproof/3f9a" }
    "#);
}

#[test]
fn mailboxes() {
    insta::assert_snapshot!(wrong(&[
        "mailbox = { smtp = \"0.0.0.0:2525\", address = \"dev\" }",
        "mailbox = { smtp = \"0.0.0.0:2525\", address = \"<dev@partner.example>\" }",
        "mailbox = { smtp = \"2525\" }",
        "mailbox = { address = \"dev@partner.example\" }",
        "mailbox = { smtp = \"0.0.0.0:2525\", mailpit = \"http://127.0.0.1:8025\", address = \"dev@partner.example\" }",
        "mailbox = { mailpit = \"127.0.0.1:8025\", address = \"dev@partner.example\" }",
        "mailbox = { mailpit = \"http://127.0.0.1:8025/?x\", address = \"dev@partner.example\" }",
        "mailbox = { smpt = \"0.0.0.0:2525\", address = \"dev@partner.example\" }",
        "mailbox = { smtp = \"0.0.0.0:25\", address = \"dev@partner.example\" }\nwebhook = { listen = \"0.0.0.0:25\", public_url = \"http://hooks.example\" }",
    ]), @r#"
    5:46 "dev"
      expected an e-mail address, found "dev"
      write the developer's address as registered, such as "dev@partner.example"
    5:46 "<dev@partner.example>"
      expected an e-mail address, found "<dev@partner.example>"
      write the developer's address as registered, such as "dev@partner.example"
    5:11 { smtp = "2525" }
      `address` is missing
      add it, such as address = "dev@partner.example"
    5:20 "2525"
      expected an address to listen on, found "2525"
      write an IP address of this machine and a port, such as "0.0.0.0:8443"
    5:11 { address = "dev@partner.example" }
      no mail gets here
      add `smtp = "0.0.0.0:2525"` to take it here, or `mailpit = "http://127.0.0.1:8025"` to ask a Mailpit
    5:11 { smtp = "0.0.0.0:2525", mailpit = "http://127.0.0.1:8025", address = "dev@partner.example" }
      several ways to get mail
      keep one of `smtp` and `mailpit`
    5:23 "127.0.0.1:8025"
      expected an absolute http or https URL, found "127.0.0.1:8025" (relative URL without a base)
      write it whole, such as "https://staging.example/api"
    5:23 "http://127.0.0.1:8025/?x"
      Mailpit's URL ends with its path
      take `?…` and `#…` off: `/api/v1/messages` is appended to it
    5:13 smpt
      unknown key `smpt`
      did you mean `smtp`?
    5:20 "0.0.0.0:25"
      port 25 is the webhook's already
      write another port: mail and deliveries cannot share one
    "#);
}

#[test]
fn credentials() {
    insta::assert_snapshot!(wrong(&[
        "client_id = \"\"",
        "client_secret = { env = \"S\", file = \"s.txt\" }",
        "client_secret = {}",
        "client_secret = 7",
        "second = { client_secret = { enw = \"S\" } }",
    ]), @r#"
    4:13 ""
      an empty client id
      write the id that Matchouse gave you
    4:17 { env = "S", file = "s.txt" }
      expected one of `env` and `file`
      write { env = "NAME" } or { file = "NAME" }
    4:17 {}
      expected one of `env` and `file`
      write { env = "NAME" } or { file = "NAME" }
    4:17 *
      expected `{ env = "NAME" }` or `{ file = "NAME" }`
      write it such as client_secret = { env = "MATCHOUSE_CLIENT_SECRET" }
    5:10 { client_secret = { enw = "*" } }
      `client_id` is missing
      add it, such as client_id = { env = "MATCHOUSE_SECOND_ID" }
    5:30 enw
      unknown key `enw`
      did you mean `env`?
    "#);
}

#[test]
fn agencies() {
    insta::assert_snapshot!(wrong(&[
        "agency = {}",
        "agency = { manual = true, command = [\"agree\"] }",
        "agency = { form = {} }",
        "agency = { register = true, allowed_hosts = [\"https://login.example/x\"] }",
        "agency = { form = { acounts = \"a.csv\" } }",
    ]), @r#"
    5:10 {}
      nobody agrees in the agency's place
      add one of `form = { accounts = "accounts.csv" }`, `register = true`, `manual = true` and `command = ["…"]`
    5:10 { manual = true, command = ["agree"] }
      several drivers
      keep one of `form`, `register`, `manual` and `command`
    5:19 {}
      a form needs something to fill in
      add `accounts = "accounts.csv"`, or `register = true`
    5:46 "https://login.example/x"
      expected a host, found "https://login.example/x"
      write the name alone, such as "login.example"
    5:21 acounts
      unknown key `acounts`
      did you mean `accounts`?
    "#);
}

#[test]
fn retries() {
    insta::assert_snapshot!(wrong(&[
        "retry = { max_retries = 5 }",
        "retry = { max_retries = \"all\" }",
        "retry = { gaps = [] }",
        "retry = { max_retries = 2, gaps = [\"1s\", \"2s\", \"3s\"] }",
        "retry = { gaps = [\"soon\"], success = \"20x\" }",
    ]), @r#"
    5:25 5
      5 retries are not what the guide says
      write 3 (four attempts), 2 (three attempts) or "auto" for either
    5:25 "all"
      expected `"auto"`, `2` or `3`, found the text "all"
      write it such as max_retries = 3
    5:18 []
      expected one to three gaps, found 0
      write the wait before each retry, such as ["1m", "5m", "15m"]; the last one repeats
    5:35 ["1s", "2s", "3s"]
      3 gaps, and only 2 retries
      write one gap before each retry, or fewer, the last of which repeats
    5:19 "soon"
      expected a length of time such as `30s`, `5m` or `1h 30m`, found `soon`
      write it such as gaps = ["1m", "5m", "15m"]
    5:38 "20x"
      unknown value `20x`
      did you mean `200`?
    "#);
}

#[test]
fn rates_and_times() {
    insta::assert_snapshot!(wrong(&[
        "deliver_within = \"0s\"",
        "deliver_within = 30",
        "rate = { probe_limit = 0 }",
        "rate = { probe_limit = 10001 }",
        "rate = { probe_limit = 20, limit = 20 }",
        "keys_per_agency = 0\nnotice_after = 1.5",
        "timeouts = { connect = \"2m\" }",
        "load = { allow = \"yes\", max_rate = -1 }",
        "probe_secrets = \"yes\"",
    ]), @r#"
    5:18 "0s"
      a length of zero
      write a longer one, such as "30s"
    5:18 30
      expected a string, found the number 30
      write it such as deliver_within = "30s"
    5:24 0
      expected a whole number from 1 to 10000, found the number 0
      write it such as probe_limit = 50
    5:24 10001
      expected a whole number from 1 to 10000, found the number 10001
      write it such as probe_limit = 50
    5:24 20
      20 calls never meet a limit of 20
      allow 21 calls or more
    5:19 0
      expected a whole number from 1 to 100, found the number 0
      write it such as keys_per_agency = 1
    6:16 1.5
      expected a whole number from 1 to 100, found the number 1.5
      write it such as notice_after = 1
    5:24 "2m"
      longer than the whole, which is 1m
      shorten it, or lengthen `total`
    5:18 "yes"
      expected a boolean, found the text "yes"
      write it such as allow = true
    5:36 -1
      expected a whole number from 1 to 1000000, found the number -1
      write it such as max_rate = 500
    5:17 "yes"
      expected a boolean, found the text "yes"
      write it such as probe_secrets = true
    "#);
}

#[test]
fn listings_dialects_and_absences() {
    insta::assert_snapshot!(wrong(&[
        "listing = { path = \"listings\" }",
        "listing = { path = \"/l\", method = \"GET\", read = \"FETCH /l\" }",
        "dialect = { tokn = \"json:/t\", link = 3 }",
        "absent = { mailbx = \"none\", clock = \"\" }",
        "absent = { rate = true }",
        "agency = { manual = true }\nabsent = { agency = \"nobody\" }",
        "listing = { path = \"/l\", read = \"/l\" }\nabsent = { listing.read = \"none\" }",
    ]), @r#"
    5:20 "listings"
      a path begins with a slash
      write "/listings"
    5:35 "GET"
      unknown value `GET`
      known here: POST, PUT
    5:49 "FETCH /l"
      expected a method and a path, found "FETCH /l"
      write one such as "GET /listings/{id}"; methods: GET, POST, PUT, PATCH, DELETE, HEAD
    5:13 tokn
      unknown key `tokn`
      did you mean `token`?
    5:38 3
      expected a string, found the number 3
      write it such as link = "json:/url"
    5:12 mailbx
      `mailbx` is nothing that a target can lack
      did you mean `mailbox`?
    5:37 ""
      no reason
      say why: the report repeats it, such as "staging sends no mail"
    5:19 true
      expected a string, found `true`
      write it such as absent = { mailbox = "staging sends no mail" }
    6:12 agency
      `agency` is given, and declared absent
      remove one of the two
    6:20 read
      `listing.read` is given, and declared absent
      remove one of the two
    "#);
}
