//! Works on the jobs whose files lie here.
