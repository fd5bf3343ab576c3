//! The tables of `code`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    code_entries (table_name, code, valid_from) {
        table_name -> Text,
        code -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        name_sv -> Text,
        name_en -> Text,
        verified -> Bool,
        note -> Nullable<Text>,
        least_days -> Nullable<Integer>,
        most_days -> Nullable<Integer>,
    }
}
