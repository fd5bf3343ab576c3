//! Attendance week by week as a picture: a small SVG that says in words what it shows, runs nothing and asks for
//! nothing, and is the same to the byte for the same figures.

use std::fmt::Write as _;

use chrono::{Datelike, Days, NaiveDate};

use super::{Category, Figure, Unit};
use crate::terminology::Language;

/// A week of the chart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Week {
    /// Its Monday.
    pub monday: NaiveDate,
    /// Its figure.
    pub figure: Figure,
}

const LEFT: usize = 48;
const TOP: usize = 34;
const HEIGHT: usize = 160;
const STEP: usize = 26;
const BAR: usize = 18;

/// A stack of a bar, from below: the category, its colour and its name in Swedish and English. The colours differ in
/// lightness as well, so that they can be told apart without their hues.
const STACK: [(Category, &str, &str, &str); 4] = [
    (Category::Present, "#1b6e53", "närvaro", "present"),
    (Category::Other, "#7aa6c2", "annan aktivitet", "other activity"),
    (Category::Authorised, "#e0b84c", "giltig frånvaro", "authorised absence"),
    (Category::Unauthorised, "#8c1d2b", "ogiltig frånvaro", "unauthorised absence"),
];

/// The chart of these weeks, in their order. A week in which nothing was reported has no bar: that is not an absence.
#[must_use]
pub fn weekly_chart(weeks: &[Week], language: Language) -> String {
    let say = |swedish: &'static str, english: &'static str| match language {
        Language::Swedish => swedish,
        Language::English => english,
    };
    let width = LEFT + weeks.len().max(12) * STEP + 12;
    let height = TOP + HEIGHT + 64;
    let title = say("Närvaro per vecka", "Attendance by week");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"title desc\" lang=\"{}\" \
         viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" \
         font-size=\"11\"><title id=\"title\">{title}</title><desc id=\"desc\">{}</desc>\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\
         <text x=\"{LEFT}\" y=\"18\" font-size=\"13\" fill=\"#1a1a1a\">{title}</text>",
        language.tag(),
        described(weeks, language),
    );
    for percent in [0, 50, 100] {
        let y = TOP + HEIGHT - HEIGHT * percent / 100;
        // Writing to a String cannot fail.
        let _ = write!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{y}\" x2=\"{}\" y2=\"{y}\" stroke=\"#c8c8c8\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#1a1a1a\">{percent} %</text>",
            width - 12,
            LEFT - 6,
            y + 4,
        );
    }
    for (place, week) in weeks.iter().enumerate() {
        let x = LEFT + place * STEP + (STEP - BAR) / 2;
        let _ = write!(svg, "<g><title>{}</title>", of_week(week, language));
        bar(&mut svg, week, x);
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" fill=\"#1a1a1a\">{}</text></g>",
            x + BAR / 2,
            TOP + HEIGHT + 15,
            week.monday.iso_week().week(),
        );
    }
    for (place, (_, colour, swedish, english)) in STACK.iter().enumerate() {
        let (x, y) = (LEFT + (place % 2) * 150, TOP + HEIGHT + 28 + (place / 2) * 16);
        let _ = write!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>\
             <text x=\"{}\" y=\"{}\" fill=\"#1a1a1a\">{}</text>",
            x + 15,
            y + 9,
            say(swedish, english),
        );
    }
    svg.push_str("</svg>");
    svg
}

/// The four parts of a week, one above the other, of the whole height together.
fn bar(svg: &mut String, week: &Week, x: usize) {
    let reported = u128::from(week.figure.sums.reported());
    if reported == 0 {
        return;
    }
    let mut below = 0_u128;
    for (category, colour, ..) in STACK {
        let above = below + u128::from(week.figure.of(category));
        // Each edge is rounded by itself, so that the parts meet and fill the bar.
        let edge = |of: u128| {
            usize::try_from((of * 2 * HEIGHT as u128 + reported) / (reported * 2)).unwrap_or(HEIGHT)
        };
        let (low, high) = (edge(below), edge(above));
        below = above;
        if high > low {
            let y = TOP + HEIGHT - high;
            let _ = write!(
                svg,
                "<rect x=\"{x}\" y=\"{y}\" width=\"{BAR}\" height=\"{}\" fill=\"{colour}\"/>",
                high - low
            );
        }
    }
}

/// The whole chart in words.
fn described(weeks: &[Week], language: Language) -> String {
    if weeks.is_empty() {
        return match language {
            Language::Swedish => "Inga lektioner i perioden.",
            Language::English => "No lessons in the period.",
        }
        .to_owned();
    }
    let unit = weeks.first().map(|week| week.figure.setting.unit);
    let begin = match (language, unit) {
        (Language::Swedish, Some(Unit::Hours)) => "Andelar av de rapporterade timmarna. ",
        (Language::Swedish, _) => "Andelar av de rapporterade lektionerna. ",
        (Language::English, Some(Unit::Hours)) => "Shares of the hours reported. ",
        (Language::English, _) => "Shares of the lessons reported. ",
    };
    let weeks: Vec<String> = weeks.iter().map(|week| of_week(week, language)).collect();
    format!("{begin}{}.", weeks.join("; "))
}

/// A week in words.
fn of_week(week: &Week, language: Language) -> String {
    let last = week.monday.checked_add_days(Days::new(6)).unwrap_or(week.monday);
    let days = format!("{}–{last}", week.monday);
    let number = week.monday.iso_week().week();
    let reported = week.figure.sums.reported();
    let begin = match language {
        Language::Swedish => format!("vecka {number} ({days}): "),
        Language::English => format!("week {number} ({days}): "),
    };
    if reported == 0 {
        return begin
            + match language {
                Language::Swedish => "inget rapporterat",
                Language::English => "nothing reported",
            };
    }
    let share = |category| {
        let of =
            (u128::from(week.figure.of(category)) * 2000 + u128::from(reported)) / (u128::from(reported) * 2);
        let (whole, tenth) = (of / 10, of % 10);
        match language {
            Language::Swedish => format!("{whole},{tenth} %"),
            Language::English => format!("{whole}.{tenth} %"),
        }
    };
    let parts: Vec<String> = STACK
        .iter()
        .map(|(category, _, swedish, english)| {
            let name = match language {
                Language::Swedish => swedish,
                Language::English => english,
            };
            format!("{name} {}", share(*category))
        })
        .collect();
    begin + &parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::statistics::tests::{ABSENT, THERE, day, fact, november};
    use super::super::{Setting, figure};
    use super::*;
    use proptest::prelude::*;

    fn week(monday: &str, there: usize, absent: usize) -> Week {
        let mut facts = vec![fact("2026-11-03", 60, THERE); there];
        facts.extend(vec![fact("2026-11-04", 60, ABSENT); absent]);
        let figure = figure(&facts, Setting::unless_decided(Unit::Lessons), november());
        Week { monday: day(monday), figure }
    }

    #[test]
    fn it_says_in_words_what_it_shows() {
        let svg = weekly_chart(&[week("2026-11-02", 9, 1), week("2026-11-09", 0, 0)], Language::Swedish);
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && svg.contains("role=\"img\""));
        assert!(svg.contains(
            "vecka 45 (2026-11-02–2026-11-08): närvaro 90,0 %, annan aktivitet 0,0 %, giltig frånvaro 0,0 %, \
             ogiltig frånvaro 10,0 %; vecka 46 (2026-11-09–2026-11-15): inget rapporterat."
        ));
        assert!(!svg.contains("script") && !svg.contains("href"));
        assert!(weekly_chart(&[], Language::English).contains("No lessons in the period."));
    }

    proptest! {
        #[test]
        fn it_is_the_same_each_time_and_its_bars_are_whole(
            weeks in proptest::collection::vec((0..20_usize, 0..20_usize), 0..54),
        ) {
            let weeks: Vec<Week> = weeks.into_iter().map(|(there, absent)| week("2026-11-02", there, absent)).collect();
            let svg = weekly_chart(&weeks, Language::English);
            prop_assert_eq!(&svg, &weekly_chart(&weeks, Language::English));
            prop_assert_eq!(svg.matches('<').count(), svg.matches('>').count());
            let heights: usize = svg
                .split(&format!("width=\"{BAR}\" height=\""))
                .skip(1)
                .filter_map(|rest| rest.split('"').next()?.parse::<usize>().ok())
                .sum();
            let bars = weeks.iter().filter(|week| week.figure.sums.reported() > 0).count();
            prop_assert_eq!(heights, bars * HEIGHT);
        }
    }
}
