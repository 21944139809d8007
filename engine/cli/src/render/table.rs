//! Tables: columns with titles, as wide as what is in them.

use super::{QUIET, STRONG, pad, paint};

/// A column: its title, and whether what is in it only explains.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// The title.
    pub title: &'static str,
    /// Whether it is written without emphasis.
    pub is_quiet: bool,
}

/// Rows of cells under titles. A column in which no row has anything is left out.
pub(crate) fn table(columns: &[Column], rows: &[Vec<String>]) -> String {
    let cell = |row: &[String], column: usize| row.get(column).cloned().unwrap_or_default();
    let used: Vec<usize> = (0..columns.len()).filter(|i| rows.iter().any(|row| !cell(row, *i).is_empty())).collect();
    let width = |i: usize| {
        let cells = rows.iter().map(|row| cell(row, i).chars().count());
        cells.chain([columns[i].title.chars().count()]).max().unwrap_or(0)
    };
    let line = |text: &dyn Fn(usize) -> String, style: &dyn Fn(usize, String) -> String| {
        let mut out = String::new();
        for (number, &i) in used.iter().enumerate() {
            let is_last = used[number + 1..].iter().all(|&later| text(later).is_empty());
            let padded = if is_last { text(i) } else { pad(&text(i), width(i)) };
            out.push_str(&format!("{}{}", if number > 0 { "  " } else { "" }, style(i, padded)));
            if is_last {
                break;
            }
        }
        format!("{out}\n")
    };
    let mut out = line(&|i| columns[i].title.to_owned(), &|_, text| paint(STRONG, text));
    for row in rows {
        out.push_str(&line(&|i| cell(row, i), &|i, text| if columns[i].is_quiet { paint(QUIET, text) } else { text }));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_empty_ones_are_left_out() {
        let columns = ["A", "LONG", "NONE", "D"].map(|title| Column { title, is_quiet: false });
        let rows = [["ä", "x", "", ""], ["bcd", "", "", "y"]].map(|row| row.map(String::from).to_vec());
        let plain = table(&columns, &rows).replace(&format!("{STRONG}"), "").replace(&format!("{STRONG:#}"), "");
        assert_eq!(plain, "A    LONG  D\nä    x\nbcd        y\n");
    }
}
