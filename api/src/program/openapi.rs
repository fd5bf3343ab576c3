//! `skolhus openapi`: the published document, written or checked.

use std::path::{Path, PathBuf};

use super::{ProgramError, say};
use crate::http::document::{document, text};

/// What `skolhus openapi` takes.
#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Write nothing; fail when the file is not what the program would write.
    #[arg(long)]
    check: bool,
    /// The file.
    #[arg(long, default_value = "openapi/skolhus.json", value_name = "PATH")]
    path: PathBuf,
}

/// Writes or checks the document.
pub(super) fn openapi(arguments: &Arguments) -> Result<(), ProgramError> {
    let path = &arguments.path;
    let current = text(&document());
    let failed = |source| ProgramError::File { path: path.clone(), source };
    if arguments.check {
        let committed = std::fs::read_to_string(path).map_err(failed)?;
        return match first_difference(&committed, &current) {
            None => {
                say(&format!("{} is current.", path.display()));
                Ok(())
            }
            Some((line, there, here)) => Err(ProgramError::Refused(format!(
                "{path} is not current; `cargo run -- openapi` writes it anew. Line {line} differs:\n- {there}\n+ {here}",
                path = path.display(),
            ))),
        };
    }
    if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, &current).map_err(failed)?;
    say(&format!("{} is written.", path.display()));
    Ok(())
}

/// The first line that is not the same, with both versions of it.
fn first_difference<'a>(there: &'a str, here: &'a str) -> Option<(usize, &'a str, &'a str)> {
    let (mut old, mut new) = (there.lines(), here.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (old.next(), new.next()) {
            (None, None) if there == here => return None,
            (None, None) => return Some((number, "(another line end)", "(end)")),
            (before, after) if before == after => {}
            (before, after) => return Some((number, before.unwrap_or("(end)"), after.unwrap_or("(end)"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn a_difference_is_shown_with_its_line() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some((2, "(end)", "b")));
        assert!(first_difference("a\n", "a").is_some());
    }
}
