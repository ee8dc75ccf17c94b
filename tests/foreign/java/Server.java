import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A property-listing platform in Java, written from the CRM partnership guide alone.
 *
 * <p>What it is: one of three platforms that know nothing of the harness nor of its simulator. Each one reads the guide
 * as its own team would, so each answers in another dialect. This team puts the token in a header and the link in
 * Location, refuses with HTML, closes connections, and asks the agency on one page with a checkbox, where an agency
 * that is not known yet is registered. An account keeps one key for ever.
 *
 * <p>How to run (JDK 17, nothing else):
 *
 * <pre>java Server.java --client-id ID --client-secret SECRET --webhook-url URL [--port 0] [--smtp HOST:PORT]
 *     [--developer-email ADDRESS] [--retry-seconds 120] [--bug NAME]</pre>
 *
 * <p>The first line on standard output says where it listens. {@code --bug NAME} makes one mistake of the table BUGS;
 * {@code --list-bugs} prints the table. Retries come at a fixed distance.
 */
public final class Server {
    /** Name: what is wrong, and the promise of the guide that it breaks. */
    private static final String[][] BUGS = {
        {"token-once", "a token opens /crm/integrate once and is gone (step 1: valid for 6 hours)"},
        {"token-late", "a token is not usable in its first second, as clocks differ (step 1)"},
        {"wait-told-short", "Retry-After forgets most of the window, so who comes back as told is refused (step 1)"},
        {"link-unsigned", "the signature is looked at when the page is shown, not when the agency agrees (step 2)"},
        {"link-last-seen", "the agreement goes to the agency of the link that was opened last (step 4: mapping)"},
        {"json-by-hand", "the payload is put together without escaping (step 4: payload format)"},
        {"worker-dies", "the agencyId gets into a format string: one with a per cent sign never comes (step 4)"},
        {"form-encoded", "the payload is sent as a form (step 4: payload format)"},
        {"reconnect-silent", "an agency that connects a second time is sent nothing (step 4)"},
        {"no-retry-on-reset", "an I/O error ends the delivery; only statuses are retried (retry policy)"},
        {"any-answer-is-success", "any answer below 500 counts as received (step 4: must return 200)"},
        {"retry-key-cut", "a retry carries the key cut to the column's 32 characters (step 4)"},
        {"mail-twice", "the notice goes out twice (retry policy)"},
        {"mail-on-success", "the notice goes out even when the last retry arrives (retry policy)"},
        {"key-prefix", "a key is looked up by its first 16 characters (step 5)"},
        {"update-ignored", "an update is answered with success and dropped (step 5)"},
        {"key-flaky", "one request in 40 with a good key is refused (step 5)"},
    };

    private static final Duration TOKEN_LIFE = Duration.ofHours(6);
    private static final Duration LINK_LIFE = Duration.ofDays(1);
    private static final int RETRIES = 3;
    private static final int KEY_PREFIX = 16;

    /** What ends a request early: a status and what the page says. */
    private static final class Refusal extends Exception {
        private static final long serialVersionUID = 1;
        final int status;

        Refusal(int status, String message) {
            super(message);
            this.status = status;
        }
    }

    private record Account(String email, String password, String key) {}

    private final Map<String, String> options;
    private final String bug;
    private final SecureRandom random = new SecureRandom();
    private final byte[] linkSecret = new byte[32];
    private final Map<String, Instant> tokens = new ConcurrentHashMap<>();
    private final Deque<Instant> calls = new ArrayDeque<>();
    private final Map<String, Account> accounts = new ConcurrentHashMap<>();
    private final Map<String, Account> keys = new ConcurrentHashMap<>();
    private final Map<String, String> listings = new ConcurrentHashMap<>();
    private final Map<String, Boolean> connected = new ConcurrentHashMap<>();
    private final AtomicLong listingCalls = new AtomicLong();
    private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
    private final HttpClient webhooks;
    private volatile String lastSeen = "";

    private Server(Map<String, String> options) {
        this.options = options;
        this.bug = options.get("bug");
        random.nextBytes(linkSecret);
        webhooks = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    }

    public static void main(String[] words) throws Exception {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        Map<String, String> options = readOptions(words);
        if (options.containsKey("list-bugs")) {
            Arrays.stream(BUGS).forEach(row -> System.out.println(String.join("\t", row)));
            return;
        }
        Server server = new Server(options);
        int port = Integer.parseInt(options.get("port"));
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 512);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/", server::handle);
        http.start();
        System.out.println("listening on http://127.0.0.1:" + http.getAddress().getPort());
    }

    private static Map<String, String> readOptions(String[] words) {
        Map<String, String> options = new HashMap<>(Map.of("port", "0", "client-id", "", "client-secret", "",
            "webhook-url", "", "webhook-timeout-ms", "8000", "retry-seconds", "120", "smtp", "", "bug", "",
            "developer-email", "developers@crm.example", "oauth-limit", "15"));
        options.put("oauth-window-seconds", "60");
        for (int i = 0; i < words.length; i++) {
            String name = words[i].replaceFirst("^--", "");
            if (name.equals("list-bugs")) {
                options.put(name, "yes");
                return options;
            }
            if (!options.containsKey(name) || i + 1 == words.length) {
                throw new IllegalArgumentException("unknown option, or no value for it: " + words[i]);
            }
            options.put(name, words[++i]);
        }
        for (String needed : new String[] {"client-id", "client-secret", "webhook-url"}) {
            if (options.get(needed).isEmpty()) {
                throw new IllegalArgumentException("--" + needed + " is needed");
            }
        }
        String bug = options.get("bug");
        if (!bug.isEmpty() && Arrays.stream(BUGS).noneMatch(row -> row[0].equals(bug))) {
            throw new IllegalArgumentException("unknown bug " + bug);
        }
        return options;
    }

    private boolean bug(String name) {
        return bug.equals(name);
    }

    // Step 1

    private void oauth(HttpExchange http) throws Refusal, IOException {
        limit(http);
        boolean id = same(header(http, "x-crm-client-id"), options.get("client-id"));
        boolean secret = same(header(http, "x-crm-client-secret"), options.get("client-secret"));
        if (!id || !secret) {
            throw new Refusal(401, "Wrong client id or client secret.");
        }
        String token = randomText(30);
        tokens.put(token, Instant.now());
        http.getResponseHeaders().set("x-crm-token", token);
        http.getResponseHeaders().set("Cache-Control", "no-store");
        answer(http, 200, "text/plain", "");
    }

    /** A sliding window over all calls; Retry-After says when the oldest one leaves it. */
    private void limit(HttpExchange http) throws Refusal {
        Duration window = Duration.ofMillis((long) (1000 * Double.parseDouble(options.get("oauth-window-seconds"))));
        synchronized (calls) {
            Instant now = Instant.now();
            while (!calls.isEmpty() && calls.peekFirst().isBefore(now.minus(window))) {
                calls.removeFirst();
            }
            boolean refused = calls.size() >= Integer.parseInt(options.get("oauth-limit"));
            if (!refused) {
                calls.addLast(now);
            } else {
                Instant free = calls.peekFirst().plus(bug("wait-told-short") ? Duration.ZERO : window).plusSeconds(1);
                ZonedDateTime again = ZonedDateTime.ofInstant(free, ZoneOffset.UTC);
                http.getResponseHeaders().set("Retry-After", DateTimeFormatter.RFC_1123_DATE_TIME.format(again));
                throw new Refusal(429, "Too many tokens were asked for. Keep the one that you have.");
            }
        }
    }

    // Step 2

    private void integrate(HttpExchange http, String body) throws Refusal, IOException {
        String header = header(http, "Authorization");
        String token = header.regionMatches(true, 0, "Bearer ", 0, 7) ? header.substring(7).trim() : "";
        Instant issued = tokens.get(token);
        boolean early = bug("token-late") && issued != null && issued.plusSeconds(1).isAfter(Instant.now());
        if (issued == null || early || issued.plus(TOKEN_LIFE).isBefore(Instant.now())) {
            throw new Refusal(401, "The token is missing, wrong or too old.");
        }
        if (!(Json.read(body) instanceof Map<?, ?> object)) {
            throw new Refusal(400, "The body has to be a JSON object.");
        }
        if (!(object.get("agencyId") instanceof String agency) || agency.isEmpty()) {
            throw new Refusal(400, "agencyId has to be a string.");
        }
        if (bug("token-once")) {
            tokens.remove(token);
        }
        String until = String.valueOf(Instant.now().plus(LINK_LIFE).toEpochMilli());
        String number = randomText(9);
        String query = "crmAgency=" + encode(agency) + "&until=" + until + "&n=" + number
            + "&sig=" + sign(agency, until, number);
        String link = "http://" + http.getRequestHeaders().getFirst("Host") + "/partner/connect/start?" + query;
        http.getResponseHeaders().set("Location", link);
        answer(http, 201, "text/plain; charset=utf-8", link + "\n");
    }

    private String sign(String agency, String until, String number) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(linkSecret, "HmacSHA256"));
            String text = until + " " + number + " " + agency;
            byte[] signed = mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(signed);
        } catch (java.security.GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private Map<String, String> openLink(HttpExchange http, boolean agreeing) throws Refusal {
        Map<String, String> link = form(http.getRequestURI().getRawQuery());
        String agency = link.getOrDefault("crmAgency", "");
        String until = link.getOrDefault("until", "");
        String right = sign(agency, until, link.getOrDefault("n", ""));
        if (!same(link.getOrDefault("sig", ""), right) && !(agreeing && bug("link-unsigned"))) {
            throw new Refusal(400, "This link is damaged. Please ask your CRM for a new one.");
        }
        if (Long.parseLong(until) < System.currentTimeMillis()) {
            throw new Refusal(400, "This link is too old. Please ask your CRM for a new one.");
        }
        return link;
    }

    // Step 3: one page; the form goes back to the same query beside it.

    private void showForm(HttpExchange http, int status, String message) throws IOException {
        String query = http.getRequestURI().getRawQuery();
        answerPage(http, status, "Matchouse for your CRM", "<p><strong>" + escape(message) + "</strong></p>\n"
            + "<form action=\"agree?" + escape(query == null ? "" : query) + "\" method=\"post\">\n"
            + "<label>Agency name<br><input name=\"agency_name\" maxlength=\"80\"></label><br>\n"
            + "<label>E-mail<br><input name=\"contact_email\" type=\"email\" required></label><br>\n"
            + "<label>Password (8 or more)<br><input name=\"secret_word\" type=\"password\" minlength=\"8\" required>"
            + "</label><br>\n"
            + "<label><input type=\"checkbox\" name=\"terms\" value=\"accepted\"> I let my CRM publish my properties"
            + "</label><br>\n<input type=\"submit\" value=\"Register or log in, and connect\">\n</form>");
    }

    private void agree(HttpExchange http, String body) throws Refusal, IOException {
        String agency = openLink(http, true).get("crmAgency");
        Map<String, String> form = form(body);
        String email = form.getOrDefault("contact_email", "").trim();
        String password = form.getOrDefault("secret_word", "");
        if (!email.contains("@") || password.length() < 8) {
            showForm(http, 422, "We need an e-mail address and a password of at least eight characters.");
            return;
        }
        if (!"accepted".equals(form.get("terms"))) {
            showForm(http, 422, "You did not agree, so nothing was connected.");
            return;
        }
        Account account = accounts.computeIfAbsent(email, e -> new Account(e, password, "MH-" + randomText(36)));
        if (!same(account.password, password)) {
            showForm(http, 403, "This address is registered with another password.");
            return;
        }
        keys.put(account.key, account);
        if (bug("key-prefix")) {
            keys.put(account.key.substring(0, KEY_PREFIX), account);
        }
        String target = bug("link-last-seen") ? lastSeen : agency;
        boolean again = connected.put(target, true) != null;
        if (!(again && bug("reconnect-silent"))) {
            clock.execute(() -> deliver(account, target, 0));
        }
        http.getResponseHeaders().set("Location", "/partner/connect/done");
        answer(http, 302, "text/plain", "");
    }

    // Step 4

    private void deliver(Account account, String agency, int attempt) {
        String key = attempt > 0 && bug("retry-key-cut") ? account.key.substring(0, 32) : account.key;
        String payload = "{\"x-api-key\": " + Json.quote(key) + ", \"agencyId\": " + Json.quote(agency) + "}";
        String type = "application/json";
        if (bug("json-by-hand")) {
            payload = "{\"x-api-key\": \"" + key + "\", \"agencyId\": \"" + agency + "\"}";
        } else if (bug("worker-dies")) {
            payload = String.format("{\"x-api-key\": \"%s\", \"agencyId\": " + Json.quote(agency) + "}", key);
        } else if (bug("form-encoded")) {
            payload = "x-api-key=" + encode(key) + "&agencyId=" + encode(agency);
            type = "application/x-www-form-urlencoded";
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(options.get("webhook-url")))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(payload)).build();
        var sending = webhooks.sendAsync(request, HttpResponse.BodyHandlers.discarding());
        // The time-out of a request ends with the head of its answer, and a body may go on for ever.
        var isLate = new AtomicBoolean();
        var limit = clock.schedule(() -> {
            isLate.set(true);
            sending.cancel(true);
        }, Long.parseLong(options.get("webhook-timeout-ms")), TimeUnit.MILLISECONDS);
        sending.handle((answer, failure) -> failure == null ? answer.statusCode() : isLate.get() ? -1 : 0)
            .thenAccept(status -> {
                limit.cancel(false);
                settle(account, agency, attempt, status);
            });
    }

    private void settle(Account account, String agency, int attempt, int status) {
        boolean arrived = status == 200 || bug("any-answer-is-success") && status > 0 && status < 500;
        if (arrived && !(attempt == RETRIES && bug("mail-on-success"))) {
            return;
        }
        if (attempt < RETRIES) {
            if (status == 0 && bug("no-retry-on-reset")) {
                return;
            }
            long wait = (long) (1000 * Double.parseDouble(options.get("retry-seconds")));
            clock.schedule(() -> deliver(account, agency, attempt + 1), wait, TimeUnit.MILLISECONDS);
            return;
        }
        for (int i = bug("mail-twice") ? 2 : 1; i > 0; i--) {
            clock.execute(() -> mail(agency));
        }
    }

    /** The notice, by SMTP. */
    private void mail(String agency) {
        if (options.get("smtp").isEmpty()) {
            return;
        }
        String[] host = options.get("smtp").split(":(?=\\d+$)");
        String to = options.get("developer-email");
        String text = Base64.getMimeEncoder().encodeToString(("The webhook of your CRM failed " + (RETRIES + 1)
            + " times in a row for agency\n" + agency + "\n").getBytes(StandardCharsets.UTF_8));
        String mail = "From: alerts@matchouse.example\r\nTo: " + to + "\r\nSubject: [Matchouse] webhook failing\r\n"
            + "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
            + "Content-Transfer-Encoding: base64\r\n\r\n" + text + "\r\n.";
        String[] commands = {null, "HELO matchouse", "MAIL FROM:<alerts@matchouse.example>", "RCPT TO:<" + to + ">",
            "DATA", mail, "QUIT"};
        try (Socket socket = new Socket(host[0], Integer.parseInt(host[1]))) {
            socket.setSoTimeout(10_000);
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
            for (String command : commands) {
                if (command != null) {
                    socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
                }
                String line = in.readLine();
                while (line != null && line.length() > 3 && line.charAt(3) == '-') {
                    line = in.readLine();
                }
            }
        } catch (IOException broken) {
            System.err.println("mail: " + broken.getMessage());
        }
    }

    // Step 5

    private void listing(HttpExchange http, String method, String body) throws Refusal, IOException {
        String key = header(http, "x-api-key");
        if (bug("key-prefix") && key.length() > KEY_PREFIX) {
            key = key.substring(0, KEY_PREFIX);
        }
        Account account = keys.get(key);
        if (account == null || bug("key-flaky") && listingCalls.incrementAndGet() % 40 == 0) {
            throw new Refusal(403, "The x-api-key is missing or wrong.");
        }
        if (method.equals("GET")) {
            String reference = form(http.getRequestURI().getRawQuery()).getOrDefault("reference", "");
            String held = listings.get(account.email + "\n" + reference);
            if (held == null) {
                throw new Refusal(404, "No such listing.");
            }
            answer(http, 200, "application/json", held);
            return;
        }
        if (!(Json.read(body) instanceof Map<?, ?> object) || !(object.get("reference") instanceof String reference)) {
            throw new Refusal(400, "A listing is a JSON object with a reference.");
        }
        if (!Objects.toString(object.get("price"), "0").matches("[0-9.]+")) {
            throw new Refusal(422, "A price is a number.");
        }
        String place = account.email + "\n" + reference;
        listings.merge(place, body, (old, fresh) -> bug("update-ignored") ? old : fresh);
        answer(http, 202, "application/json", "{\"accepted\":true}");
    }

    // HTTP

    private void handle(HttpExchange http) throws IOException {
        String method = http.getRequestMethod();
        String path = http.getRequestURI().getPath();
        try {
            byte[] raw = http.getRequestBody().readNBytes(1_000_001);
            if (raw.length > 1_000_000) {
                throw new Refusal(413, "At most one megabyte is read.");
            }
            route(http, method + " " + path, new String(raw, StandardCharsets.UTF_8));
        } catch (Refusal refusal) {
            answerPage(http, refusal.status, "Error " + refusal.status, "<p>" + escape(refusal.getMessage()) + "</p>");
        } catch (RuntimeException unexpected) {
            unexpected.printStackTrace();
            answerPage(http, 500, "Error 500", "<p>Something broke.</p>");
        } finally {
            http.close();
        }
    }

    private void route(HttpExchange http, String where, String body) throws Refusal, IOException {
        switch (where) {
            case "POST /crm/oauth" -> oauth(http);
            case "POST /crm/integrate" -> integrate(http, body);
            case "GET /partner/connect/start" -> {
                lastSeen = openLink(http, false).get("crmAgency");
                showForm(http, 200, "Your CRM would like to publish your properties.");
            }
            case "POST /partner/connect/agree" -> agree(http, body);
            case "GET /partner/connect/done" -> answerPage(http, 200, "Connected", "<p>You can go back.</p>");
            case "POST /api/listing", "PUT /api/listing" -> listing(http, "PUT", body);
            case "GET /api/listing" -> listing(http, "GET", body);
            default -> throw new Refusal(404, "There is no such page.");
        }
    }

    private static void answerPage(HttpExchange http, int status, String title, String body) throws IOException {
        String page = "<html><head><title>" + title + "</title></head><body><h2>" + title + "</h2>\n" + body
            + "\n<hr><a href=\"https://support.matchouse.example/help?id=0123456789abcdef0123456789abcdef\">Help</a>"
            + "</body></html>";
        answer(http, status, "text/html;charset=UTF-8", page);
    }

    private static void answer(HttpExchange http, int status, String type, String body) throws IOException {
        byte[] data = body.getBytes(StandardCharsets.UTF_8);
        http.getResponseHeaders().set("Content-Type", type);
        http.getResponseHeaders().set("Connection", "close");
        http.sendResponseHeaders(status, data.length == 0 ? -1 : 0);
        if (data.length > 0) {
            http.getResponseBody().write(data);
        }
    }

    private static String header(HttpExchange http, String name) {
        return Objects.requireNonNullElse(http.getRequestHeaders().getFirst(name), "");
    }

    private static Map<String, String> form(String text) throws Refusal {
        Map<String, String> fields = new LinkedHashMap<>();
        try {
            for (String pair : text == null ? new String[0] : text.split("&")) {
                String[] parts = pair.split("=", 2);
                String value = parts.length > 1 ? parts[1] : "";
                fields.putIfAbsent(URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                    URLDecoder.decode(value, StandardCharsets.UTF_8));
            }
        } catch (IllegalArgumentException damaged) {
            throw new Refusal(400, "This link is damaged.");
        }
        return fields;
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static boolean same(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private String randomText(int bytes) {
        byte[] raw = new byte[bytes];
        random.nextBytes(raw);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(raw);
    }

    /** As much JSON as the platform needs, as the JDK brings none. Wrong JSON is a Refusal with 400. */
    private static final class Json {
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        static Object read(String text) throws Refusal {
            Json json = new Json(text);
            Object value = json.value(0);
            json.blanks();
            json.need(json.at == text.length());
            return value;
        }

        static String quote(String text) {
            StringBuilder out = new StringBuilder("\"");
            for (char c : text.toCharArray()) {
                if (c == '"' || c == '\\') {
                    out.append('\\').append(c);
                } else if (c < ' ' || Character.isSurrogate(c) || c > '~') {
                    out.append(String.format("\\u%04x", (int) c));
                } else {
                    out.append(c);
                }
            }
            return out.append('"').toString();
        }

        private void need(boolean right) throws Refusal {
            if (!right) {
                throw new Refusal(400, "The body is not JSON.");
            }
        }

        private char peek() {
            return at < text.length() ? text.charAt(at) : '\0';
        }

        private void blanks() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private boolean skip(char c) {
            blanks();
            boolean there = peek() == c && at < text.length();
            at += there ? 1 : 0;
            return there;
        }

        private Object value(int depth) throws Refusal {
            need(depth < 100);
            if (skip('{')) {
                Map<String, Object> object = new LinkedHashMap<>();
                for (boolean first = true; !skip('}'); first = false) {
                    need(first || skip(','));
                    blanks();
                    String name = string();
                    need(skip(':'));
                    object.put(name, value(depth + 1));
                }
                return object;
            }
            if (skip('[')) {
                Deque<Object> array = new ArrayDeque<>();
                for (boolean first = true; !skip(']'); first = false) {
                    need(first || skip(','));
                    array.add(value(depth + 1));
                }
                return array;
            }
            if (peek() == '"') {
                return string();
            }
            int start = at;
            while (Character.isLetterOrDigit(peek()) || "+-.".indexOf(peek()) >= 0) {
                at++;
            }
            String word = text.substring(start, at);
            need(word.matches("true|false|null|-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?"));
            return new StringBuilder(word); // Not a String: only what was quoted counts as text.
        }

        private String string() throws Refusal {
            need(peek() == '"');
            StringBuilder out = new StringBuilder();
            for (at++; peek() != '"'; at++) {
                need(peek() >= ' ');
                if (peek() != '\\') {
                    out.append(peek());
                    continue;
                }
                at++;
                int known = "\"\\/bfnrt".indexOf(peek());
                if (peek() == 'u') {
                    need(at + 4 < text.length() && text.substring(at + 1, at + 5).matches("[0-9a-fA-F]{4}"));
                    out.append((char) Integer.parseInt(text.substring(at + 1, at + 5), 16));
                    at += 4;
                } else {
                    need(known >= 0);
                    out.append("\"\\/\b\f\n\r\t".charAt(known));
                }
            }
            at++;
            return out.toString();
        }
    }
}
