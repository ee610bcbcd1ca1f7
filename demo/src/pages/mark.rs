//! The mark: two cookies that the client's scripts read, to know that the login of a page still holds in this browser.
//!
//! A browser shows pages again without asking anybody, so only what an answer can take out of the browser tells the
//! client that its person has gone. Without the mark nothing of what the browser keeps can be read: half of its key is
//! here. One cookie ends with the login's time, the other with the browser; each token's answer sets both again, and
//! the answers to a logout and to another's login end them. A third one names the login that was logged out last: the
//! answer to a call for a token that crosses the logout may set the two again, and the client passes them over.

use crate::Host;
use crate::register::Login;

/// What `data-mark` says: with another name each, two hosts at one address do not disturb each other.
pub(super) fn name(host: &Host) -> String {
    format!("gchat_{}", host.config.site)
}

/// The cookies of a login that holds at `now`.
pub(super) fn of_login(host: &Host, sid: &str, login: &Login, now: u64) -> [String; 2] {
    let life = format!("; Max-Age={}", login.seconds_left(now));
    [
        cookie(host, "life", &format!("{sid}.{}", login.mark.life), &life),
        cookie(host, "browser", &format!("{sid}.{}", login.mark.browser), ""),
    ]
}

/// Takes the cookies of any login out of the browser.
pub(super) fn ended(host: &Host) -> [String; 2] {
    ["life", "browser"].map(|half| cookie(host, half, "", "; Max-Age=0"))
}

/// The same for good, of a login that has been logged out.
pub(super) fn over(host: &Host, sid: &str) -> [String; 3] {
    let [life, browser] = ended(host);
    [life, browser, cookie(host, "over", sid, "")]
}

/// Not `HttpOnly`: the client reads it.
fn cookie(host: &Host, half: &str, value: &str, life: &str) -> String {
    let secure = if host.config.wwwroot.starts_with("https:") { "; Secure" } else { "" };
    format!("{}_{half}={value}; Path=/{life}; SameSite=Lax{secure}", name(host))
}
