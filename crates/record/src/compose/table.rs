//! Columns that know what they show of an item.

use crate::model::{Align, Cell, Column, RowHeight, Table, both};

/// A column, and what stands in it for one item.
pub(super) struct Show<'a, T> {
    column: Column,
    cell: Box<dyn Fn(&T) -> Cell + 'a>,
}

/// A column of text from the left.
pub(super) fn left<'a, T>(
    name: (&str, &str),
    width: u16,
    cell: impl Fn(&T) -> Cell + 'a,
) -> Show<'a, T> {
    show(name, width, Align::Left, cell)
}

/// A column of numbers.
pub(super) fn right<'a, T>(
    name: (&str, &str),
    width: u16,
    cell: impl Fn(&T) -> Cell + 'a,
) -> Show<'a, T> {
    show(name, width, Align::Right, cell)
}

/// A column of short marks.
pub(super) fn centre<'a, T>(
    name: (&str, &str),
    width: u16,
    cell: impl Fn(&T) -> Cell + 'a,
) -> Show<'a, T> {
    show(name, width, Align::Centre, cell)
}

fn show<'a, T>(
    (zh, en): (&str, &str),
    width: u16,
    align: Align,
    cell: impl Fn(&T) -> Cell + 'a,
) -> Show<'a, T> {
    Show { column: Column { name: both(zh, en), width, align }, cell: Box::new(cell) }
}

/// One row per item.
pub(super) fn rows<T>(shown: Vec<Show<'_, T>>, items: &[T], height: RowHeight) -> Table {
    let row = |item| shown.iter().map(|show| (show.cell)(item)).collect();
    let rows = items.iter().map(row).collect();
    Table { columns: shown.into_iter().map(|show| show.column).collect(), rows, height }
}
