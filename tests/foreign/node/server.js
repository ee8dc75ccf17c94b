'use strict';
/*
 * A property-listing platform in JavaScript, written from the CRM partnership guide alone.
 *
 * What it is: one of three platforms that know nothing of the harness nor of its simulator. Each one reads the guide
 * as its own team would, so each answers in another dialect. This team wraps everything in an envelope, answers
 * chunked, signs links as one opaque segment that works once, and asks the agency on two pages: log in, then decide.
 *
 * How to run (node 20, no packages):
 *
 *   node server.js --client-id ID --client-secret SECRET --webhook-url URL [--port 0] [--smtp HOST:PORT]
 *                  [--developer-email ADDRESS] [--account EMAIL:PASSWORD]... [--retry-base-ms 30000] [--bug NAME]
 *
 * The first line on standard output says where it listens. `--bug NAME` makes one mistake of the table BUGS;
 * `--list-bugs` prints the table. Retries are exponential with jitter: base, 2 x base, 4 x base.
 */

const crypto = require('node:crypto');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');

// name: what is wrong, and the promise of the guide that it breaks.
const BUGS = {
  'secret-any-case': 'the secret is compared without case (step 1)',
  'client-unchecked': 'any client id opens, if only the secret is right (step 1)',
  'redirect-followed': 'a redirect is followed and the key goes to where it points (step 4: your webhook_url)',
  'one-worker': 'one worker delivers everything, so a webhook that hangs for one agency stops all (step 4)',
  'key-race': 'the key is kept in a shared variable while the account is loaded, so keys cross under load (step 4)',
  'delivered-before-consent': 'the key leaves when a logged-in agency sees the question (step 3)',
  'delivered-on-decline': 'the key leaves when the agency declines (step 3: once authorized)',
  'no-retry-on-4xx': 'an answer 4xx is taken as final (retry policy: anything but 200)',
  'four-retries': 'the loop runs once too often (retry policy: up to 3 times)',
  'retries-overlap': 'the next attempt is started by a timer that does not wait for the answer (retry policy)',
  'agency-normalised': 'the agencyId is brought into Unicode form NFC (step 4)',
  'agency-trimmed': 'blanks around the agencyId are cut off (step 4)',
  'no-mail': 'the notice is never sent (retry policy)',
  'listing-lost': 'one listing in fifty is accepted and not kept (step 5)',
  'listing-shared': 'listings are kept by reference alone, so one agency overwrites the listing of another (step 5)',
  'text-mangled': 'a listing is read as Latin-1 (step 5)',
};

const TOKEN_MS = 6 * 3600 * 1000;
const LINK_MS = 2 * 3600 * 1000;
const ATTEMPTS = 1 + 3;

const options = readOptions(process.argv.slice(2));
const linkSecret = crypto.randomBytes(32);
const accounts = new Map(); // email -> { email, password, keys }
const tokens = new Map(); // token -> end
const sessions = new Map(); // cookie -> { email, csrf }
const usedLinks = new Set();
const shownLinks = new Set();
const keys = new Map(); // key -> email
const listings = new Map(); // owner and reference -> listing
let pushes = 0;

function readOptions(words) {
  const read = {
    port: '0', 'client-id': '', 'client-secret': '', 'webhook-url': '', 'webhook-timeout-ms': '15000', smtp: '',
    'developer-email': 'developers@crm.example', account: [], 'retry-base-ms': '30000', 'oauth-burst': '8',
    'oauth-per-second': '0.1', bug: '', 'list-bugs': '',
  };
  while (words.length > 0) {
    const word = words.shift();
    const name = word.replace(/^--/, '');
    if (!word.startsWith('--') || !(name in read)) fail(`unknown option ${word}`);
    if (name === 'list-bugs') read[name] = 'yes';
    else if (words.length === 0) fail(`${word} needs a value`);
    else if (name === 'account') read.account.push(words.shift());
    else read[name] = words.shift();
  }
  if (read.bug && !(read.bug in BUGS)) fail(`unknown bug ${read.bug}`);
  return read;
}

function fail(text) {
  process.stderr.write(`server.js: ${text}\n`);
  process.exit(2);
}

const bug = (name) => options.bug === name;
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const random = () => crypto.randomBytes(24).toString('base64url');

function same(a, b) {
  const digest = (text) => crypto.createHash('sha256').update(text).digest();
  return crypto.timingSafeEqual(digest(a), digest(b));
}

/** An answer other than success. */
class Refusal extends Error {
  constructor(status, code, message, headers = {}) {
    super(message);
    Object.assign(this, { status, code, headers });
  }
}

// Step 1: a bucket of tokens for each client; only right credentials draw from it.

const bucket = { level: 0, at: Date.now() };

function takeFromBucket() {
  const rate = Number(options['oauth-per-second']);
  const burst = Number(options['oauth-burst']);
  const now = Date.now();
  bucket.level = Math.max(0, bucket.level - ((now - bucket.at) / 1000) * rate);
  bucket.at = now;
  const reset = Math.ceil((bucket.level + 1 - burst) / rate);
  const left = Math.max(0, Math.floor(burst - bucket.level - 1));
  const headers = { 'RateLimit-Limit': burst, 'RateLimit-Remaining': left };
  if (bucket.level + 1 > burst) {
    headers['RateLimit-Reset'] = reset;
    throw new Refusal(429, 'RATE_LIMITED', 'Slow down, and cache your token.', headers);
  }
  bucket.level += 1;
  return headers;
}

function oauth(request, response) {
  const id = request.headers['x-crm-client-id'] ?? '';
  const secret = request.headers['x-crm-client-secret'] ?? '';
  if (!id || !secret) throw new Refusal(400, 'MISSING_HEADER', 'x-crm-client-id and x-crm-client-secret are required.');
  const fold = (text) => (bug('secret-any-case') ? text.toLowerCase() : text);
  const idRight = same(id, options['client-id']) || bug('client-unchecked');
  if (!same(fold(secret), fold(options['client-secret'])) || !idRight) {
    throw new Refusal(403, 'BAD_CREDENTIALS', 'We do not know these credentials.');
  }
  const headers = { ...takeFromBucket(), 'Cache-Control': 'no-store' };
  const token = random();
  const end = Date.now() + TOKEN_MS;
  tokens.set(token, end);
  send(response, 201, { xCrmToken: token, expiresAt: new Date(end).toISOString() }, headers);
}

// Step 2: the link is one opaque segment: what it says, a dot, and its signature.

const signature = (text) => crypto.createHmac('sha256', linkSecret).update(text).digest('base64url');

function integrate(request, response, body) {
  const [scheme, token] = (request.headers.authorization ?? '').split(' ');
  if (!/^bearer$/i.test(scheme) || !((tokens.get(token) ?? 0) > Date.now())) {
    throw new Refusal(401, 'BAD_TOKEN', 'Send the token of /crm/oauth as a bearer token.');
  }
  const { agencyId } = parseObject(body);
  if (typeof agencyId !== 'string' || agencyId === '' || agencyId.length > 500) {
    throw new Refusal(400, 'BAD_AGENCY', 'agencyId has to be a string of 1 to 500 characters.');
  }
  const link = JSON.stringify({ agencyId, until: Date.now() + LINK_MS, id: random() });
  const said = Buffer.from(link).toString('base64url');
  const host = request.headers.host ?? 'localhost';
  send(response, 201, { integration: { signedUrl: `http://${host}/c/${said}.${signature(said)}` } });
}

function openLink(segment) {
  const [said, signed = ''] = segment.split('.');
  if (!same(signed, signature(said))) throw new Refusal(404, 'BAD_LINK', 'This link is not one of ours.');
  const link = JSON.parse(Buffer.from(said, 'base64url').toString());
  if (link.until < Date.now()) throw new Refusal(410, 'OLD_LINK', 'This link has ended.');
  if (usedLinks.has(link.id)) throw new Refusal(410, 'USED_LINK', 'This link was used. Ask your CRM for another.');
  return link;
}

// Step 3: two pages. A session says who has logged in; a CSRF token says that the decision was made on our page.

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function page(response, status, title, body, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=utf-8', ...headers });
  response.write(`<!doctype html>\n<html>\n<head>\n<title>${escape(title)}</title>\n</head>\n`);
  response.end(`<body>\n<h1>${escape(title)}</h1>\n${body}\n</body>\n</html>\n`);
}

function sessionOf(request) {
  const cookie = (request.headers.cookie ?? '').split(/;\s*/).find((pair) => pair.startsWith('mh_session='));
  return cookie && sessions.get(cookie.slice('mh_session='.length));
}

function loginPage(response, status, next, note) {
  page(response, status, 'Log in to Matchouse', `<p>${escape(note)}</p>
<form action="/login" method="POST">
  <input type=hidden name=next value="${escape(next)}">
  <label for=user>Your email</label> <input id=user name=username type=text autocomplete=username>
  <label for=pw>Password</label> <input id=pw name=passwd type=password>
  <input type=submit value="Continue">
</form>`);
}

function login(request, response, body) {
  const form = new URLSearchParams(body);
  const next = form.get('next') ?? '';
  if (!next.startsWith('/c/')) throw new Refusal(400, 'BAD_FORM', 'Start from the link in your CRM.');
  const account = accounts.get(form.get('username') ?? '');
  if (!account || !same(account.password, form.get('passwd') ?? '')) {
    return loginPage(response, 200, next, 'That did not work. Please try again.');
  }
  const cookie = random();
  sessions.set(cookie, { email: account.email, csrf: random() });
  const headers = { Location: next, 'Set-Cookie': `mh_session=${cookie}; Path=/; HttpOnly; SameSite=Lax` };
  response.writeHead(303, headers);
  return response.end();
}

function consentPage(request, response, segment) {
  const link = openLink(segment);
  const session = sessionOf(request);
  if (session && bug('delivered-before-consent') && !shownLinks.has(link.id)) {
    shownLinks.add(link.id);
    enqueue(accounts.get(session.email), link.agencyId);
  }
  if (!session) return loginPage(response, 200, `/c/${segment}`, 'Your CRM asks to publish listings for you.');
  return page(response, 200, 'Share your key with your CRM?', `<p>You are logged in as ${escape(session.email)}.</p>
<form action="/c/${escape(segment)}/decision" method="post">
  <input type="hidden" name="csrf" value="${session.csrf}">
  <button name="decision" value="decline">No, thanks</button>
  <button name="decision" value="approve">Approve</button>
</form>`);
}

function decide(request, response, segment, body) {
  const link = openLink(segment);
  const session = sessionOf(request);
  const form = new URLSearchParams(body);
  if (!session || !same(session.csrf, form.get('csrf') ?? '')) throw new Refusal(403, 'BAD_FORM', 'Log in first.');
  const approved = form.get('decision') === 'approve';
  usedLinks.add(link.id);
  const sent = approved ? !bug('delivered-before-consent') : bug('delivered-on-decline');
  if (sent) enqueue(accounts.get(session.email), link.agencyId);
  return page(response, 200, approved ? 'All done' : 'Nothing was shared', '<p>You may close this window.</p>');
}

// Step 4: one delivery is up to four attempts, one after the other.

let worker = Promise.resolve();
let currentKey = '';

async function enqueue(account, agencyId) {
  currentKey = `live_${random()}`;
  let key = currentKey;
  if (bug('key-race')) {
    await sleep(5); // The time that it takes to load the account.
    key = currentKey;
  }
  keys.set(key, account.email);
  let shown = agencyId;
  if (bug('agency-normalised')) shown = shown.normalize('NFC');
  if (bug('agency-trimmed')) shown = shown.trim();
  const payload = JSON.stringify({ agencyId: shown, 'x-api-key': key });
  const job = () => deliver(payload, agencyId).catch((error) => process.stderr.write(`${error.stack}\n`));
  if (bug('one-worker')) worker = worker.then(job);
  else job();
}

async function deliver(payload, agencyId) {
  const base = Number(options['retry-base-ms']);
  const attempts = ATTEMPTS + (bug('four-retries') ? 1 : 0);
  let arrived = false;
  for (let attempt = 0; attempt < attempts && !arrived; attempt += 1) {
    if (attempt > 0) await sleep(base * 2 ** (attempt - 1) * (1 + Math.random() / 4));
    const answer = post(options['webhook-url'], payload);
    if (bug('retries-overlap')) {
      answer.then((status) => { arrived ||= status === 200; });
      continue;
    }
    const status = await answer;
    if (status === 200) return;
    if (bug('no-retry-on-4xx') && status >= 400 && status < 500) break;
  }
  if (bug('retries-overlap')) {
    await sleep(Number(options['webhook-timeout-ms']));
    if (arrived) return;
  }
  if (!bug('no-mail')) await notify(agencyId);
}

/** Posts once; answers the status, or 0 when there was none. */
function post(url, payload) {
  return new Promise((done) => {
    const request = (url.startsWith('https:') ? https : http).request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(payload) },
      signal: AbortSignal.timeout(Number(options['webhook-timeout-ms'])),
    }, (response) => {
      response.on('error', () => done(0));
      response.resume();
      const { statusCode, headers } = response;
      if (bug('redirect-followed') && statusCode >= 300 && statusCode < 400 && headers.location) {
        done(post(new URL(headers.location, url).href, payload));
      } else {
        done(statusCode);
      }
    });
    request.on('error', () => done(0));
    request.end(payload);
  });
}

/** The notice, by SMTP: one command for each answer of the mail server. */
async function notify(agencyId) {
  if (!options.smtp) return;
  const [host, port] = options.smtp.split(/:(?=\d+$)/);
  const text = Buffer.from(`We tried ${ATTEMPTS} times to post to ${options['webhook-url']}.\n` +
    `Your agency: ${agencyId}\nPlease look at your server.\n`).toString('base64').replace(/.{76}/g, '$&\r\n');
  const to = options['developer-email'];
  const mail = [
    'From: Matchouse <no-reply@matchouse.example>', `To: ${to}`, `Date: ${new Date().toUTCString()}`,
    `Message-ID: <${random()}@matchouse.example>`, 'Subject: Your webhook keeps failing',
    'MIME-Version: 1.0', 'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64', '', text, '.',
  ].join('\r\n');
  const from = 'MAIL FROM:<no-reply@matchouse.example>';
  const commands = ['EHLO matchouse.example', from, `RCPT TO:<${to}>`, 'DATA', mail, 'QUIT'];
  await new Promise((done) => {
    const socket = net.connect(Number(port), host);
    let heard = '';
    socket.setTimeout(10000, () => socket.destroy());
    socket.on('data', (data) => {
      heard += data;
      if (!/^\d{3} [^\n]*\n$/m.test(heard)) return;
      heard = '';
      if (commands.length > 0) socket.write(`${commands.shift()}\r\n`);
      else socket.end();
    });
    socket.on('error', () => {});
    socket.on('close', done);
  });
}

// Step 5: listings are put in by POST, under the agency's own reference, and read back one by one.

function listingApi(request, response, url, body) {
  const email = keys.get(request.headers['x-api-key'] ?? '');
  if (!email) throw new Refusal(401, 'BAD_KEY', 'This x-api-key opens nothing.');
  if (url.pathname === '/v1/me') return send(response, 200, { account: { email } });
  const owner = bug('listing-shared') ? '' : `${email}\n`;
  if (request.method === 'GET') {
    const reference = decodeURIComponent(url.pathname.slice('/v1/properties/'.length));
    const held = listings.get(owner + reference);
    if (!held) throw new Refusal(404, 'NO_SUCH_PROPERTY', 'You have no such property.');
    return send(response, 200, { property: held });
  }
  if (request.method !== 'POST' || url.pathname !== '/v1/properties') throw new Refusal(405, 'BAD_METHOD', 'Use POST.');
  const { property } = parseObject(bug('text-mangled') ? body.toString('latin1') : body);
  const numbers = [property?.price ?? 0, property?.bedrooms ?? 0].every((value) => typeof value === 'number');
  if (!numbers || typeof property?.reference !== 'string' || property.reference === '') {
    throw new Refusal(400, 'BAD_PROPERTY', 'Send {"property": {"reference": "...", ...}}.');
  }
  const known = listings.has(owner + property.reference);
  pushes += 1;
  if (!(bug('listing-lost') && pushes % 50 === 0)) listings.set(owner + property.reference, property);
  return send(response, known ? 200 : 201, { property: { reference: property.reference, updated: known } });
}

// HTTP

function parseObject(body) {
  let value = null;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Refusal(400, 'BAD_JSON', 'The body is not JSON.');
  }
  if (value && typeof value === 'object' && !Array.isArray(value)) return value;
  throw new Refusal(400, 'BAD_JSON', 'The body is not a JSON object.');
}

function send(response, status, data, headers = {}) {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.write('{"success":true,"data":');
  response.end(`${JSON.stringify(data)}}`);
}

function route(request, response, body) {
  const url = new URL(request.url, 'http://localhost');
  const where = `${request.method} ${url.pathname}`;
  const link = /^\/c\/([^/]+)(\/decision)?$/.exec(url.pathname);
  if (where === 'POST /crm/oauth') return oauth(request, response);
  if (where === 'POST /crm/integrate') return integrate(request, response, body);
  if (where === 'POST /login') return login(request, response, body.toString());
  if (link && link[2] && request.method === 'POST') return decide(request, response, link[1], body.toString());
  if (link && !link[2] && request.method === 'GET') return consentPage(request, response, link[1]);
  if (/^\/v1\/(me$|properties)/.test(url.pathname)) return listingApi(request, response, url, body);
  throw new Refusal(404, 'NOT_FOUND', 'Nothing lives here.');
}

function refuse(request, response, error) {
  const known = error instanceof Refusal ? error : new Refusal(500, 'INTERNAL', 'Something went wrong.');
  if (known !== error) process.stderr.write(`${error.stack}\n`);
  if (/^\/(c\/|login)/.test(request.url)) {
    return page(response, known.status, 'Sorry', `<p>${escape(known.message)}</p>`);
  }
  response.writeHead(known.status, { 'Content-Type': 'application/json; charset=utf-8', ...known.headers });
  return response.end(JSON.stringify({ success: false, error: { code: known.code, message: known.message } }));
}

function serve(request, response) {
  const parts = [];
  let size = 0;
  request.on('data', (part) => {
    size += part.length;
    if (size <= 1e6) parts.push(part);
  });
  request.on('error', () => response.destroy());
  request.on('end', () => {
    try {
      if (size > 1e6) throw new Refusal(413, 'TOO_LARGE', 'At most one megabyte.');
      route(request, response, Buffer.concat(parts));
    } catch (error) {
      refuse(request, response, error);
    }
  });
}

if (options['list-bugs']) {
  for (const [name, promise] of Object.entries(BUGS)) process.stdout.write(`${name}\t${promise}\n`);
} else {
  for (const name of ['client-id', 'client-secret', 'webhook-url']) if (!options[name]) fail(`--${name} is needed`);
  for (const word of options.account) {
    const [email, ...rest] = word.split(':');
    accounts.set(email, { email, password: rest.join(':') });
  }
  const server = http.createServer(serve);
  server.keepAliveTimeout = 20000;
  server.listen(Number(options.port), '127.0.0.1', 511, () => {
    process.stdout.write(`listening on http://127.0.0.1:${server.address().port}\n`);
  });
}
