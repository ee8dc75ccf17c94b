//! What keys of a target ask of each other.

use super::{Capability, Target, capability::CAPABILITIES};
use crate::syntax::{Mistake, Node, Source, Span};

/// Everything that is wrong with a target whose keys are right one by one, but for those with `faults`.
pub(super) fn check(source: &Source, node: &Node, faults: &[Mistake], target: &Target) -> Vec<Mistake> {
    let mut checker = Checker { source, node, faults, mistakes: Vec::new() };
    checker.urls(target);
    checker.agency(target);
    checker.retry(target);
    checker.rate(target);
    checker.mailbox(target);
    checker.rest(target);
    checker.absent(target);
    checker.mistakes
}

struct Checker<'a> {
    source: &'a Source,
    node: &'a Node,
    faults: &'a [Mistake],
    mistakes: Vec<Mistake>,
}

impl Checker<'_> {
    /// The value's place; that of the closest table where the key is not written.
    fn place(&self, path: &[&str]) -> Span {
        let mut node = self.node;
        for key in path {
            match node.get(key) {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node.span.clone()
    }

    /// Tells a mistake, unless part of its table was cut out: it may follow from that alone.
    fn tell(&mut self, path: &[&str], what: impl Into<String>, cure: impl Into<String>) {
        let table = path.first().and_then(|key| self.node.get(key));
        if table.is_some_and(|table| self.faults.iter().any(|fault| table.holds(&fault.span))) {
            return;
        }
        let span = self.place(path);
        self.mistakes.push(Mistake::new(self.source, span, what).cure(cure));
    }

    fn urls(&mut self, target: &Target) {
        let listing = target.listing.as_ref().and_then(|listing| listing.base_url.as_ref());
        for (path, url) in [(&["base_url"][..], Some(&target.base_url)), (&["listing", "base_url"], listing)] {
            if url.is_some_and(|url| url.url().query().is_some() || url.url().fragment().is_some()) {
                self.tell(path, "a base URL ends with its path", "take `?…` and `#…` off: paths are appended to it");
            }
        }
        if let Some(webhook) = &target.webhook {
            let url = webhook.public_url.url();
            if url.fragment().is_some() {
                self.tell(&["webhook", "public_url"], "a fragment never reaches a server", "take `#…` off");
            }
            let nowhere = match url.host() {
                Some(url::Host::Ipv4(address)) => address.is_unspecified(),
                Some(url::Host::Ipv6(address)) => address.is_unspecified(),
                _ => false,
            };
            if nowhere {
                self.tell(
                    &["webhook", "public_url"],
                    "this address means every address of a machine; nobody can send to it",
                    "write the URL that Matchouse posts to",
                );
            }
        }
        if let Some(listing) = &target.listing
            && !listing.path.starts_with('/')
        {
            self.tell(&["listing", "path"], "a path begins with a slash", format!("write \"/{}\"", listing.path));
        }
    }

    fn agency(&mut self, target: &Target) {
        let Some(agency) = &target.agency else { return };
        match agency.drivers().count() {
            1 => {}
            0 => self.tell(
                &["agency"],
                "nobody agrees in the agency's place",
                "add one of `form = { accounts = \"accounts.csv\" }`, `register = true`, `manual = true` and \
                 `command = [\"…\"]`",
            ),
            _ => self.tell(&["agency"], "several drivers", "keep one of `form`, `register`, `manual` and `command`"),
        }
        if agency.form.as_ref().is_some_and(|form| form.accounts.is_none() && !form.register) {
            self.tell(
                &["agency", "form"],
                "a form needs something to fill in",
                "add `accounts = \"accounts.csv\"`, or `register = true`",
            );
        }
        for (at, host) in agency.allowed_hosts.iter().enumerate() {
            if url::Host::parse(host).is_err() {
                let span = self
                    .node
                    .get("agency")
                    .and_then(|agency| agency.get("allowed_hosts"))
                    .and_then(|hosts| hosts.items().get(at))
                    .map_or(0..0, |host| host.span.clone());
                let mistake = Mistake::new(self.source, span, format!("expected a host, found {host:?}"));
                self.mistakes.push(mistake.cure("write the name alone, such as \"login.example\""));
            }
        }
    }

    fn retry(&mut self, target: &Target) {
        let most = target.retry.max_retries.most();
        if let Some(gaps) = target.retry.gaps.as_ref().filter(|gaps| gaps.len() > most) {
            self.tell(
                &["retry", "gaps"],
                format!("{} gaps, and only {most} retries", gaps.len()),
                "write one gap before each retry, or fewer, the last of which repeats",
            );
        }
    }

    fn rate(&mut self, target: &Target) {
        let rate = &target.rate;
        if let Some(limit) = rate.limit.filter(|limit| rate.probe_limit() <= limit.get()) {
            self.tell(
                &["rate", "probe_limit"],
                format!("{} calls never meet a limit of {}", rate.probe_limit(), limit.get()),
                format!("allow {} calls or more", limit.get().saturating_add(1)),
            );
        }
    }

    fn mailbox(&mut self, target: &Target) {
        let Some(mailbox) = &target.mailbox else { return };
        if !is_address(&mailbox.address) {
            self.tell(
                &["mailbox", "address"],
                format!("expected an e-mail address, found {:?}", mailbox.address),
                "write the developer's address as registered, such as \"dev@partner.example\"",
            );
        }
        match mailbox.drivers().count() {
            1 => {}
            0 => self.tell(
                &["mailbox"],
                "no mail gets here",
                "add `smtp = \"0.0.0.0:2525\"` to take it here, or `mailpit = \"http://127.0.0.1:8025\"` to ask a Mailpit",
            ),
            _ => self.tell(&["mailbox"], "several ways to get mail", "keep one of `smtp` and `mailpit`"),
        }
        if mailbox.mailpit.as_ref().is_some_and(|url| url.url().query().is_some() || url.url().fragment().is_some()) {
            self.tell(
                &["mailbox", "mailpit"],
                "Mailpit's URL ends with its path",
                "take `?…` and `#…` off: `/api/v1/messages` is appended to it",
            );
        }
        if let (Some(smtp), Some(webhook)) = (mailbox.smtp, &target.webhook)
            && smtp.0.port() == webhook.listen.0.port()
        {
            self.tell(
                &["mailbox", "smtp"],
                format!("port {} is the webhook's already", smtp.0.port()),
                "write another port: mail and deliveries cannot share one",
            );
        }
    }

    fn rest(&mut self, target: &Target) {
        let timeouts = &target.timeouts;
        for (key, part) in [("connect", timeouts.connect), ("headers", timeouts.headers)] {
            if part.is_some_and(|part| part.0 > timeouts.total()) {
                self.tell(
                    &["timeouts", key],
                    format!("longer than the whole, which is {}", crate::clock::Period(timeouts.total())),
                    "shorten it, or lengthen `total`",
                );
            }
        }
    }

    fn absent(&mut self, target: &Target) {
        for entry in self.node.get("absent").map(Node::entries).unwrap_or_default() {
            let Some(capability) = Capability::find(&entry.key) else {
                let mistake = Mistake::new(
                    self.source,
                    entry.key_span.clone(),
                    format!("`{}` is nothing that a target can lack", entry.key),
                );
                let known = CAPABILITIES.iter().map(|capability| capability.name);
                self.mistakes.push(mistake.cure_from(&entry.key, known));
                continue;
            };
            if capability.is_given(target) {
                let what = format!("`{}` is given, and declared absent", capability.name);
                let mistake = Mistake::new(self.source, entry.key_span.clone(), what);
                self.mistakes.push(mistake.cure("remove one of the two"));
            }
            if target.absent.get(&entry.key).is_some_and(|reason| reason.trim().is_empty()) {
                let mistake = Mistake::new(self.source, entry.value.span.clone(), "no reason");
                self.mistakes.push(mistake.cure("say why: the report repeats it, such as \"staging sends no mail\""));
            }
        }
    }
}

/// Whether a text may be an address of e-mail: one `@`, something on both sides of it, and nothing that would end it.
fn is_address(text: &str) -> bool {
    let ends_it = |letter: char| letter.is_whitespace() || letter.is_control() || "<>,;".contains(letter);
    text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(ends_it)
}
