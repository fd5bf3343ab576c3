//! Who may call what, as a table that people review: `authority.csv` beside this file. It changes with the program only, so a
//! change of somebody's authority is seen in a review, and an operation that nobody has looked at fails here.

use std::{env, fs, path::Path};

use skolhus_api::http::document::document;
use skolhus_domain::access::{Permission, Role};

use super::{caller_walk::permission, document::operations};

/// Writes the table anew instead of comparing it.
const WRITE: &str = "SKOLHUS_WRITE_AUTHORITY";

/// Operation, permission, level of login, and for each role whether it may.
fn table() -> String {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.code()).collect();
    let mut lines = vec![format!("operation,permission,level,{}", roles.join(","))];
    let document = document();
    let mut rows: Vec<String> = operations(&document)
        .into_iter()
        .map(|(_, _, operation)| {
            let permission = permission(operation);
            let may = Role::ALL.iter().map(|role| match permission {
                Permission::Public => "all",
                _ if permission.roles().contains(role) => "yes",
                _ => "",
            });
            let level = match permission {
                Permission::Public => String::new(),
                _ => operation["x-login-level"].to_string(),
            };
            let id = operation["operationId"].as_str().unwrap();
            format!("{id},{},{level},{}", permission.code(), may.collect::<Vec<_>>().join(","))
        })
        .collect();
    rows.sort_unstable();
    lines.extend(rows);
    lines.join("\n") + "\n"
}

#[test]
fn what_each_role_may_is_as_reviewed() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/interface/authority.csv");
    let present = table();
    if env::var(WRITE).is_ok_and(|value| value == "1") {
        fs::write(&path, &present).unwrap();
    }
    let reviewed = fs::read_to_string(&path).unwrap();
    let differing: Vec<(&str, &str)> =
        reviewed.lines().zip(present.lines()).filter(|(a, b)| a != b).take(1).collect();
    assert!(
        reviewed == present,
        "authority has changed: {differing:?}; run this test with {WRITE}=1 and look at every line that differs"
    );
}
