//! The one form of a site's address, and of an origin: for every comparison of them. Knows no site.
//!
//! `https://Moodle.Example:443/é/` and `https://moodle.example/%C3%A9` are one address. Moodle sends its own as an
//! administrator has written it, the command line gets it as somebody types it.

use url::Url;

/// The address of a site (Moodle's wwwroot) in its one form: scheme and host in lower case, the host in ASCII (IDNA), no
/// port where it is the usual one, the path percent-encoded (RFC 3986, section 6.2.2), no final slash. An error goes on
/// after the thing's name.
pub fn site(given: &str) -> Result<String, &'static str> {
    let fix = "must be an http or https URL without user, query and fragment, such as https://moodle.example";
    let url = web(given).filter(|url| url.query().is_none() && url.fragment().is_none()).ok_or(fix)?;
    let origin = url.origin().ascii_serialization();
    Ok(format!("{origin}{}", encoded(url.path().trim_end_matches('/'))))
}

/// Whether these are one site's address.
pub fn same(one: &str, other: &str) -> bool {
    one == other || site(one).is_ok_and(|one| site(other).as_ref() == Ok(&one))
}

/// An origin in the form in which browsers send it. An error goes on after the thing's name.
pub fn origin(given: &str) -> Result<String, &'static str> {
    let fix = "must be an origin: scheme, host and port alone, such as https://www.moodle.example";
    let url = web(given).filter(|url| url.path() == "/").ok_or(fix)?;
    let bare = url.query().is_none() && url.fragment().is_none();
    if bare { Ok(url.origin().ascii_serialization()) } else { Err(fix) }
}

/// The origin of a site's pages.
pub fn origin_of(site: &str) -> Option<String> {
    web(site).map(|url| url.origin().ascii_serialization())
}

fn web(given: &str) -> Option<Url> {
    let url = Url::parse(given).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.has_host();
    (web && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// A path that is percent-encoded somehow, in its one form: what need not be encoded is not, and the digits are in upper
/// case.
fn encoded(path: &str) -> String {
    let mut parts = path.split('%');
    let mut form = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => form.push(byte.into()),
            Some(byte) => form.push_str(&format!("%{byte:02X}")),
            // A percent sign that stands for itself.
            None => {
                form.push('%');
                form.push_str(part);
                continue;
            }
        }
        form.push_str(&part[2..]);
    }
    form
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form_however_it_is_written() {
        for (given, form) in [
            ("https://Moodle.Example", "https://moodle.example"),
            ("HTTPS://moodle.example/", "https://moodle.example"),
            (" https://moodle.example:443// ", "https://moodle.example"),
            ("http://moodle.example:80/a", "http://moodle.example/a"),
            ("https://moodle.example:8443/", "https://moodle.example:8443"),
            ("https://bücher.example/schule", "https://xn--bcher-kva.example/schule"),
            ("https://BÜCHER.example/schule", "https://xn--bcher-kva.example/schule"),
            ("https://moodle.example/Schöne/", "https://moodle.example/Sch%C3%B6ne"),
            ("https://moodle.example/Sch%c3%b6ne", "https://moodle.example/Sch%C3%B6ne"),
            ("https://moodle.example/%7Eana", "https://moodle.example/~ana"),
            ("https://moodle.example/a b", "https://moodle.example/a%20b"),
            ("https://moodle.example/100%", "https://moodle.example/100%"),
            ("https://moodle.example/x/../moodle/.", "https://moodle.example/moodle"),
            ("http://[2001:DB8::0:1]/", "http://[2001:db8::1]"),
        ] {
            assert_eq!(site(given).as_deref(), Ok(form), "{given}");
            assert_eq!(site(form).as_deref(), Ok(form), "it stays as it is");
            assert!(same(given, form) && same(form, given));
        }
        for (one, other) in [
            ("https://moodle.example", "http://moodle.example"),
            ("https://moodle.example", "https://www.moodle.example"),
            ("https://moodle.example/a", "https://moodle.example/A"),
            ("https://moodle.example/a%2Fb", "https://moodle.example/a/b"),
            ("https://moodle.example", "https://moodle.example:8443"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
        for bad in [
            "moodle.example",
            "ftp://a.example",
            "https://u:p@a.example",
            "https://a.example/?x",
            "https://a.example/#",
        ] {
            assert!(site(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_has_no_path() {
        assert_eq!(origin("https://WWW.moodle.example:443/").as_deref(), Ok("https://www.moodle.example"));
        for bad in [
            "https://a.example/course",
            "https://a.example?x",
            "https://a.example/#x",
            "a.example",
            "https://u@a.example",
        ] {
            assert!(origin(bad).unwrap_err().contains("host and port alone"), "{bad}");
        }
    }
}
