"""A property-listing platform in Python, written from the CRM partnership guide alone.

What it is: one of three platforms that know nothing of the harness nor of its simulator. Each one reads the guide
as its own team would, so each answers in another dialect. This team likes plain REST: JSON with `Content-Length`,
connections kept alive, problem+json for refusals, a login form that connects in one go.

How to run (python 3.9 or newer, standard library only):

    python3 server.py --client-id ID --client-secret SECRET --webhook-url URL [--port 0] [--smtp HOST:PORT]
                      [--developer-email ADDRESS] [--account EMAIL:PASSWORD]... [--retry-after 60,300,900] [--bug NAME]

The first line on standard output says where it listens. `--bug NAME` makes one mistake of the table `BUGS`;
`--list-bugs` prints the table. A webhook counts as answered by 200 alone; the first POST is followed by one retry
for each number of seconds in `--retry-after`.
"""

import argparse
import hashlib
import hmac
import html
import http.client
import json
import secrets
import smtplib
import sys
import threading
import time
import unicodedata
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

# name: what is wrong, and the promise of the guide that it breaks.
BUGS = {
    "secret-prefix": "the secret is compared over the length that was sent, so any beginning of it opens (step 1)",
    "token-replaced": "a new token ends the former one before its 6 hours are over (step 1)",
    "token-unchecked": "only the length of the bearer token is looked at (step 2)",
    "limit-hits-links": "the limit of /crm/oauth also counts and refuses /crm/integrate (step 1: token caching)",
    "limit-sticky": "who was limited once stays limited (step 1: rate-limiting)",
    "link-reused": "the same agency gets the link that it got before (step 2: unique)",
    "signature-without-agency": "the signature leaves the agency out, so that a link can be rewritten (step 2: signed)",
    "agency-lowercased": "the agencyId comes back in lower case (step 4)",
    "agency-number": "an agencyId of digits comes back as a number (step 4)",
    "first-head-counts": "http.client as it comes: a 103 is the answer, and a head that broke off is whole (step 4)",
    "success-any-2xx": "204 and 202 count as received (step 4: must return 200)",
    "no-retry-on-timeout": "a webhook that does not answer in time is given up (retry policy)",
    "two-retries": "three attempts in all, where three retries were promised (retry policy)",
    "key-per-attempt": "each attempt brings another key, and only the last one works (step 4)",
    "mail-first-failure": "the notice goes out after the first failed attempt (retry policy)",
    "mail-with-key": "the notice quotes the payload with the agency's key (step 4: securely)",
    "update-duplicates": "a second push of a listing makes a second listing (step 5)",
}

TOKEN_SECONDS = 6 * 3600
LINK_SECONDS = 3600


class Refusal(Exception):
    """An answer other than success: status, title, detail and further headers."""

    def __init__(self, status, title, detail, headers=None):
        super().__init__(title)
        self.status, self.title, self.detail, self.headers = status, title, detail, headers or {}


class FinalResponse(http.client.HTTPResponse):
    """An answer whose head is whole and final. `http.client` by itself skips no interim answer but 100 Continue
    (RFC 9110, section 15.2), and takes the end of the connection for the end of the head (RFC 9112, section 8)."""

    def begin(self):
        stream, self.fp = self.fp, self
        self.stream = stream
        try:
            super().begin()
            while 100 <= self.status < 200:
                self.headers = None
                super().begin()
        finally:
            self.fp = stream

    def readline(self, limit=-1):
        line = self.stream.readline(limit)
        if not line.endswith(b"\n"):
            raise http.client.RemoteDisconnected("the head of the answer broke off")
        return line


class RateLimit:
    """A fixed window for each client."""

    def __init__(self, calls, seconds, sticky):
        self.calls, self.seconds, self.sticky = calls, seconds, sticky
        self.windows, self.lock = {}, threading.Lock()

    def take(self, client):
        with self.lock:
            now = time.monotonic()
            start, used = self.windows.get(client, (now, 0))
            if now - start >= self.seconds and not (self.sticky and used >= self.calls):
                start, used = now, 0
            if used >= self.calls:
                wait = max(1, int(start + self.seconds - now) + 1)
                raise Refusal(429, "Too many requests", "Keep the token that you have.", {"Retry-After": str(wait)})
            self.windows[client] = (start, used + 1)


class Platform:
    """The state of the platform: tokens, links, keys and listings."""

    def __init__(self, options):
        self.options, self.bug = options, options.bug
        self.lock = threading.Lock()
        self.link_secret = secrets.token_bytes(32)
        self.limit = RateLimit(options.oauth_limit, options.oauth_window, self.bug == "limit-sticky")
        self.tokens = {}  # token -> end, by the monotonic clock
        self.links = {}  # agency -> link, for the bug link-reused
        self.accounts = dict(account.split(":", 1) for account in options.account)
        self.keys = {}  # key -> account
        self.listings = {}  # (account, reference) -> list of versions of the listing

    # Step 1

    def issue_token(self, client, secret):
        self.limit.take(client)
        clients = {self.options.client_id: self.options.client_secret}
        clients.update(other.split(":", 1) for other in self.options.other_client)
        want = clients.get(client, "")
        if self.bug == "secret-prefix":
            want = want[: max(len(secret), 1)]
        if not (want and hmac.compare_digest(secret.encode(), want.encode())):
            raise Refusal(401, "Unauthorized", "The client id or the client secret is not known.")
        token = secrets.token_urlsafe(32)
        with self.lock:
            if self.bug == "token-replaced":
                self.tokens.clear()
            self.tokens[token] = time.monotonic() + TOKEN_SECONDS
        return token

    def check_token(self, header):
        scheme, _, token = (header or "").partition(" ")
        with self.lock:
            known = self.tokens.get(token, 0) > time.monotonic()
        if self.bug == "token-unchecked":
            known = len(token) == 43
        if scheme.lower() != "bearer" or not known:
            raise Refusal(401, "Unauthorized", "A valid bearer token is needed.", {"WWW-Authenticate": "Bearer"})

    # Step 2

    def sign(self, agency, expires, nonce):
        parts = [agency, expires, nonce]
        if self.bug == "signature-without-agency":
            parts = parts[1:]
        text = "\n".join(str(len(part)) + ":" + part for part in parts)
        return hmac.new(self.link_secret, text.encode(), hashlib.sha256).hexdigest()

    def make_link(self, base, agency):
        with self.lock:
            if self.bug == "link-reused" and agency in self.links:
                return self.links[agency]
            expires, nonce = str(int(time.time()) + LINK_SECONDS), secrets.token_hex(8)
            query = {"agency": agency, "expires": expires, "nonce": nonce}
            query["signature"] = self.sign(agency, expires, nonce)
            self.links[agency] = base + "/connect?" + urlencode(query)
            return self.links[agency]

    def check_link(self, fields):
        agency, expires, nonce = fields.get("agency", ""), fields.get("expires", ""), fields.get("nonce", "")
        given = fields.get("signature", "")
        if not hmac.compare_digest(given.encode(), self.sign(agency, expires, nonce).encode()):
            raise Refusal(403, "Forbidden", "This link was not signed by us.")
        if int(expires) < time.time():
            raise Refusal(410, "Gone", "This link has ended. Ask for another one in your CRM.")
        return agency

    # Steps 3 and 4

    def connect(self, account, agency):
        threading.Thread(target=self.deliver, args=(account, agency), daemon=True).start()

    def new_key(self, account):
        key = "mk_" + secrets.token_urlsafe(30)
        with self.lock:
            self.keys[key] = account
        return key

    def payload(self, key, agency):
        shown = agency
        if self.bug == "agency-lowercased":
            shown = agency.lower()
        if self.bug == "agency-number" and agency.isascii() and agency.isdigit():
            shown = int(agency)
        return json.dumps({"x-api-key": key, "agencyId": shown}).encode()

    def deliver(self, account, agency):
        body = self.payload(self.new_key(account), agency)
        waits = [float(wait) for wait in self.options.retry_after.split(",")]
        if self.bug == "two-retries":
            waits.pop()
        for attempt, wait in enumerate([0.0] + waits):
            time.sleep(wait)
            if attempt and self.bug == "key-per-attempt":
                with self.lock:
                    self.keys.pop(json.loads(body)["x-api-key"])
                body = self.payload(self.new_key(account), agency)
            try:
                status = self.post(body)
            except TimeoutError:
                if self.bug == "no-retry-on-timeout":
                    break
                status = 0
            except (OSError, http.client.HTTPException):
                status = 0
            if status == 200 or (self.bug == "success-any-2xx" and 200 <= status < 300):
                return
            if self.bug == "mail-first-failure" and attempt == 0:
                self.notify(agency, body)
        if self.bug != "mail-first-failure":
            self.notify(agency, body)

    def post(self, body):
        url = urlsplit(self.options.webhook_url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname, url.port, timeout=self.options.webhook_timeout)
        if self.bug != "first-head-counts":
            connection.response_class = FinalResponse
        try:
            path = (url.path or "/") + ("?" + url.query if url.query else "")
            headers = {"Content-Type": "application/json", "User-Agent": "Matchouse-Webhook/1"}
            connection.request("POST", path, body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def notify(self, agency, body):
        if not self.options.smtp:
            return
        shown = "".join(c if unicodedata.category(c)[0] != "C" else "?" for c in agency)
        mail = EmailMessage()
        mail["From"], mail["To"] = "partners@matchouse.example", self.options.developer_email
        mail["Subject"] = "Your webhook did not take an agency's key"
        text = f"We could not deliver the key of agency {shown} to {self.options.webhook_url}.\n"
        text += "Every attempt failed. The agency has to connect again.\n"
        if self.bug == "mail-with-key":
            text += "\nThe payload was:\n" + body.decode() + "\n"
        mail.set_content(text)
        host, _, port = self.options.smtp.rpartition(":")
        with smtplib.SMTP(host, int(port), timeout=10) as smtp:
            smtp.send_message(mail)

    # Step 5

    def account_of(self, key):
        with self.lock:
            account = self.keys.get(key or "")
        if account is None:
            raise Refusal(401, "Unauthorized", "A valid x-api-key is needed.")
        return account

    def put_listing(self, account, reference, listing):
        numbers = [listing.get(name, 0) for name in ("price", "bedrooms")]
        if any(isinstance(number, bool) or not isinstance(number, (int, float)) for number in numbers):
            raise Refusal(422, "Unprocessable content", "price and bedrooms are numbers.")
        with self.lock:
            versions = self.listings.setdefault((account, reference), [])
            fresh = not versions
            if fresh or self.bug == "update-duplicates":
                versions.append(listing)
            else:
                versions[0] = listing
        return fresh

    def listings_of(self, account):
        with self.lock:
            own = [(reference, rows) for (owner, reference), rows in self.listings.items() if owner == account]
            return [{**listing, "reference": reference} for reference, rows in own for listing in rows]


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>
<body><h1>{title}</h1>{body}</body></html>
"""

LOGIN = """<p>{message}</p>
<form method="post" action="/connect">{hidden}
<p><label>Email <input type="email" name="email" required></label></p>
<p><label>Password <input type="password" name="password" required></label></p>
<p><button type="submit">Log in and connect</button> <a href="/connect/cancelled">Cancel</a></p>
</form>
"""


def login_page(fields, message):
    """The form that logs in and connects, carrying the signed link along in hidden fields."""
    kept = ("agency", "expires", "nonce", "signature")
    hidden = "".join(f'\n<input type="hidden" name="{n}" value="{html.escape(fields.get(n, ""))}">' for n in kept)
    return PAGE.format(title="Connect to your CRM", body=LOGIN.format(message=html.escape(message), hidden=hidden))


class Handler(BaseHTTPRequestHandler):
    """HTTP: routes, forms and refusals."""

    protocol_version = "HTTP/1.1"
    server_version = "matchouse-py"
    disable_nagle_algorithm = True
    wbufsize = -1  # An answer leaves in one piece.

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json", headers=None):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def read_body(self):
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Refusal(411, "Length required", "Send a Content-Length.")
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > 1_000_000:
            self.close_connection = True
            raise Refusal(413, "Content too large", "At most one megabyte is taken.")
        return self.rfile.read(int(length))

    def read_json(self, raw):
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            raise Refusal(400, "Bad request", "The body is not JSON.") from None
        if not isinstance(value, dict):
            raise Refusal(400, "Bad request", "The body is not a JSON object.")
        return value

    def handle_method(self):
        page = urlsplit(self.path).path.startswith("/connect")
        try:
            raw = self.read_body()
            self.route(self.command, urlsplit(self.path), raw)
        except Refusal as refusal:
            if page:
                body = PAGE.format(title=refusal.title, body=f"<p>{html.escape(refusal.detail)}</p>")
                return self.answer(refusal.status, body, "text/html; charset=utf-8", refusal.headers)
            problem = {"type": "about:blank", "title": refusal.title, "status": refusal.status}
            problem["detail"] = refusal.detail
            self.answer(refusal.status, problem, "application/problem+json", refusal.headers)
        return None

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_method

    def route(self, method, url, raw):
        where = (method, url.path)
        if where == ("POST", "/crm/oauth"):
            return self.oauth()
        if where == ("POST", "/crm/integrate"):
            return self.integrate(raw)
        if url.path == "/connect":
            return self.connect_page(method, url, raw)
        if url.path == "/connect/cancelled":
            return self.answer(200, PAGE.format(title="Nothing was connected", body=""), "text/html; charset=utf-8")
        if url.path == "/listings" or url.path.startswith("/listings/"):
            return self.listing(method, unquote(url.path[len("/listings/"):]), raw)
        raise Refusal(404, "Not found", "There is nothing here.")

    def oauth(self):
        client = self.headers.get("x-crm-client-id", "")
        token = self.server.platform.issue_token(client, self.headers.get("x-crm-client-secret", ""))
        self.answer(200, {"x-crm-token": token, "expires_in": TOKEN_SECONDS}, headers={"Cache-Control": "no-store"})

    def integrate(self, raw):
        platform = self.server.platform
        platform.check_token(self.headers.get("Authorization"))
        if platform.bug == "limit-hits-links":
            platform.limit.take(platform.options.client_id)
        agency = self.read_json(raw).get("agencyId")
        try:
            valid = isinstance(agency, str) and agency.strip() != "" and len(agency.encode()) <= 1024
        except UnicodeEncodeError:
            valid = False
        if not valid:
            raise Refusal(422, "Unprocessable content", "agencyId must be a text that is not empty.")
        base = "http://" + self.headers.get("Host", "localhost")
        self.answer(200, {"url": platform.make_link(base, agency), "expires_in": LINK_SECONDS})

    def connect_page(self, method, url, raw):
        platform = self.server.platform
        source = raw.decode("utf-8", "replace") if method == "POST" else url.query
        fields = {name: values[0] for name, values in parse_qs(source, keep_blank_values=True).items()}
        agency = platform.check_link(fields)
        if method != "POST":
            message = "Log in with your Matchouse account to let your CRM publish your properties."
            return self.answer(200, login_page(fields, message), "text/html; charset=utf-8")
        account, password = fields.get("email", ""), fields.get("password", "")
        if not password or platform.accounts.get(account) != password:
            page = login_page(fields, "The email address or the password is wrong.")
            return self.answer(401, page, "text/html; charset=utf-8")
        platform.connect(account, agency)
        body = "<p>Your CRM receives your key in a moment. You can close this page.</p>"
        return self.answer(200, PAGE.format(title="Connected", body=body), "text/html; charset=utf-8")

    def listing(self, method, reference, raw):
        platform = self.server.platform
        account = platform.account_of(self.headers.get("x-api-key"))
        held = platform.listings_of(account)
        if method == "GET" and not reference:
            return self.answer(200, {"count": len(held), "listings": held})
        if method == "GET":
            for listing in held:
                if listing["reference"] == reference:
                    return self.answer(200, listing)
            raise Refusal(404, "Not found", "You have no such listing.")
        if method != "PUT" or not reference:
            raise Refusal(405, "Method not allowed", "Use PUT /listings/{reference}.", {"Allow": "GET, PUT"})
        fresh = platform.put_listing(account, reference, self.read_json(raw))
        where = {"Location": "/listings/" + quote(reference, safe="")}
        return self.answer(201 if fresh else 200, {"reference": reference, "created": fresh}, headers=where)


class Server(ThreadingHTTPServer):
    """Many connections at once; a client that goes away is nobody's error."""

    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser(description="A listing platform, written from the CRM guide alone.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--client-id")
    parser.add_argument("--client-secret")
    parser.add_argument("--other-client", action="append", default=[], help="id:secret of another partner")
    parser.add_argument("--webhook-url")
    parser.add_argument("--webhook-timeout", type=float, default=10.0, help="seconds that one POST may take")
    parser.add_argument("--retry-after", default="60,300,900", help="seconds before each retry")
    parser.add_argument("--smtp", help="host:port that takes the notices")
    parser.add_argument("--developer-email", default="developers@crm.example")
    parser.add_argument("--account", action="append", default=[], help="email:password of an estate agency")
    parser.add_argument("--oauth-limit", type=int, default=10, help="tokens in one window")
    parser.add_argument("--oauth-window", type=float, default=60.0, help="seconds of the window")
    parser.add_argument("--bug", choices=sorted(BUGS))
    parser.add_argument("--list-bugs", action="store_true")
    options = parser.parse_args()
    if options.list_bugs:
        for name, promise in BUGS.items():
            print(f"{name}\t{promise}")
        return
    if not (options.client_id and options.client_secret and options.webhook_url):
        parser.error("--client-id, --client-secret and --webhook-url are needed")
    server = Server(("127.0.0.1", options.port), Handler)
    server.platform = Platform(options)
    print(f"listening on http://127.0.0.1:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
