//! What device somebody is logged in on, in words that they know it by.

/// The most characters of a name that somebody gives a device.
pub const LONGEST_DEVICE_NAME: usize = 100;
/// The most characters of a device's name as it is kept.
pub const LONGEST_DEVICE: usize = 200;

/// Browsers by what names them in a `User-Agent`. Most name others too, to be taken for them: the first that fits is meant.
const BROWSERS: [(&str, &str); 9] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
/// Systems in the same manner.
const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// What a `User-Agent` tells a person: browser or app, and system, as in `Firefox, Windows`. None where it tells nothing.
#[must_use]
pub fn of_user_agent(raw: &str) -> Option<String> {
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| raw.contains(mark)).map(|(_, name)| *name)
    };
    let program = named(&BROWSERS).map(str::to_owned).or_else(|| program(raw));
    let device = match (program, named(&SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program}, {system}"),
        (Some(program), None) => program,
        (None, Some(system)) => system.to_owned(),
        (None, None) => return None,
    };
    Some(device.chars().take(LONGEST_DEVICE).collect())
}

/// The program that names itself first, as apps do: the letters before its version.
fn program(raw: &str) -> Option<String> {
    let first = raw.split([' ', '/', '(']).next().unwrap_or_default();
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '-' | '.' | '_');
    (!first.is_empty() && first != "Mozilla" && first.chars().all(plain)).then(|| first.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_browser_and_an_app_are_told_apart() {
        for (raw, told) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge, Windows",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox, Linux"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 15; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome, Android",
            ),
            ("Skolappen/3.1 (iPhone; iOS 18.1)", "Skolappen, iPhone"),
            ("Närvaroappen/2", "Närvaroappen"),
            ("curl/8.5.0", "curl"),
        ] {
            assert_eq!(of_user_agent(raw).as_deref(), Some(told), "{raw}");
        }
        for nothing in ["", "Mozilla/5.0", "\u{1B}[2J/1.0", "(;;)"] {
            assert_eq!(of_user_agent(nothing), None, "{nothing:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_short_and_plain(raw in any::<String>(), long in "[a-zåäö]{150,400}") {
            for raw in [raw, long] {
                if let Some(device) = of_user_agent(&raw) {
                    prop_assert!((1..=LONGEST_DEVICE).contains(&device.chars().count()));
                    prop_assert!(!device.chars().any(char::is_control));
                }
            }
        }
    }
}
