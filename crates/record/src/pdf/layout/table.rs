//! Tables: the head on every page, rows kept whole where they fit on a page.

use super::super::paper::{
    BOTTOM, FAINT, HEAD, INK, INNER, LINE, PAD_X, PAD_Y, Pen, RULE, SIDE, SIGNATURE, TOP,
};
use super::Sheet;
use super::blocks::{Lines, height, indent};
use crate::model::{Align, Column, RowHeight, Table};

/// A column on paper.
struct Place {
    x: f32,
    width: f32,
    align: Align,
}

/// The head of a table, ready to be drawn.
struct Head {
    cells: Vec<Lines>,
    tall: f32,
}

impl Sheet<'_> {
    /// A table; what does not fit goes on below its head on the next page.
    pub(super) fn table(&mut self, table: &Table) {
        let places = places(&table.columns);
        let head = self.head(&table.columns, &places);
        self.need(head.tall + 40.0);
        self.put_head(&head, &places);
        let least = match table.height {
            RowHeight::Signature => SIGNATURE,
            RowHeight::Text => 0.0,
        };
        for row in &table.rows {
            let cells = row.iter().zip(&places);
            let cells = cells.map(|(cell, place)| self.cell(cell, place.width - 2.0 * PAD_X));
            let cells: Vec<Lines> = cells.collect();
            self.row(cells, least, &head, &places);
        }
    }

    fn head(&mut self, columns: &[Column], places: &[Place]) -> Head {
        let (zh, en) = (Pen::new(8.5, INK).bold(), Pen::new(7.0, FAINT));
        let mut cells = Vec::new();
        for (column, place) in columns.iter().zip(places) {
            let width = place.width - 2.0 * PAD_X;
            let mut lines = Lines::new();
            for (pen, words) in [(zh, &column.name.zh), (en, &column.name.en)] {
                let words = self.printable(words);
                let broken = super::wrap(self.fonts, &words, pen.size, width);
                lines.extend(broken.into_iter().map(|line| (pen, line)));
            }
            cells.push(lines);
        }
        let tall = tallest(&cells) + 2.0 * PAD_Y;
        Head { cells, tall }
    }

    fn put_head(&mut self, head: &Head, places: &[Place]) {
        self.fill(SIDE, self.y, (INNER, head.tall), HEAD);
        self.put(&head.cells, head.tall, places);
    }

    /// A row; one that is higher than a page is divided between lines.
    fn row(&mut self, mut cells: Vec<Lines>, least: f32, head: &Head, places: &[Place]) {
        let tall = (tallest(&cells) + 2.0 * PAD_Y).max(least);
        let page = BOTTOM - TOP - head.tall;
        if self.y + tall > BOTTOM && (tall <= page || self.y + 40.0 > BOTTOM) {
            self.turn();
            self.put_head(head, places);
        }
        while self.y + tallest(&cells) + 2.0 * PAD_Y > BOTTOM {
            let room = BOTTOM - self.y - 2.0 * PAD_Y;
            let piece = cells.iter_mut().map(|lines| take(lines, room)).collect::<Vec<_>>();
            self.put(&piece, BOTTOM - self.y, places);
            self.turn();
            self.put_head(head, places);
        }
        let tall = (tallest(&cells) + 2.0 * PAD_Y).max(least);
        self.put(&cells, tall, places);
    }

    /// Draws cells side by side with their rules, and goes on below.
    fn put(&mut self, cells: &[Lines], tall: f32, places: &[Place]) {
        let top = self.y;
        for (lines, place) in cells.iter().zip(places) {
            let mut y = top + PAD_Y;
            for line in lines {
                let free = indent(self.fonts, line, place.width - 2.0 * PAD_X);
                let x = place.x
                    + PAD_X
                    + match place.align {
                        Align::Centre => free / 2.0,
                        Align::Left => 0.0,
                        Align::Right => free,
                    };
                self.write(x, y + line.0.ascent(), line.0, &line.1);
                y += line.0.leading();
            }
            self.fill(place.x, top, (RULE, tall), LINE);
        }
        self.frame(SIDE, top, (INNER, tall));
        self.y += tall;
    }
}

fn places(columns: &[Column]) -> Vec<Place> {
    let whole: f32 = columns.iter().map(|column| f32::from(column.width)).sum();
    let mut x = SIDE;
    let mut places = Vec::new();
    for column in columns {
        let width = f32::from(column.width) / whole.max(1.0) * INNER;
        places.push(Place { x, width, align: column.align });
        x += width;
    }
    places
}

fn tallest(cells: &[Lines]) -> f32 {
    cells.iter().map(|lines| height(lines)).fold(0.0, f32::max)
}

/// Takes the lines that fit into `room`, at least one.
fn take(lines: &mut Lines, room: f32) -> Lines {
    let mut used = 0.0;
    let fit = lines.iter().take_while(|(pen, _)| {
        used += pen.leading();
        used <= room
    });
    let count = fit.count().max(1).min(lines.len());
    let rest = lines.split_off(count);
    std::mem::replace(lines, rest)
}
