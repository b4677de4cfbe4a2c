//! Facts and notes.

use super::super::font::Fonts;
use super::super::paper::{FAINT, HEAD, INK, INNER, LINE, PAD_X, PAD_Y, Pen, RULE, SIDE};
use super::Sheet;
use crate::model::{Cell, Fact};

/// Width of the name of a fact.
const NAME: f32 = 118.0;

/// Lines that are broken to the width of where they stand.
pub(super) type Lines = Vec<(Pen, String)>;

/// How high lines are.
pub(super) fn height(lines: &[(Pen, String)]) -> f32 {
    lines.iter().map(|(pen, _)| pen.leading()).sum()
}

impl Sheet<'_> {
    /// Facts, two side by side.
    pub(super) fn facts(&mut self, facts: &[Fact]) {
        let half = INNER / 2.0;
        for pair in facts.chunks(2) {
            let texts: Vec<(Lines, Lines)> =
                pair.iter().map(|fact| self.fact(fact, half)).collect();
            let tallest = texts.iter().map(|(name, value)| height(name).max(height(value)));
            let tall = tallest.fold(0.0, f32::max) + 2.0 * PAD_Y;
            self.need(tall);
            let top = self.y;
            for (x, (name, value)) in [SIDE, SIDE + half].into_iter().zip(&texts) {
                self.fill(x, top, (NAME, tall), HEAD);
                self.lines(x + PAD_X, top + PAD_Y, name);
                self.lines(x + NAME + PAD_X, top + PAD_Y, value);
                self.frame(x, top, (half, tall));
                self.fill(x + NAME, top, (RULE, tall), LINE);
            }
            self.y += tall;
        }
    }

    fn fact(&mut self, fact: &Fact, half: f32) -> (Lines, Lines) {
        let name = vec![
            (Pen::new(9.0, INK), self.printable(&fact.name.zh)),
            (Pen::new(7.0, FAINT), self.printable(&fact.name.en)),
        ];
        (name, self.cell(&fact.value, half - NAME - 2.0 * PAD_X))
    }

    /// Paragraphs, each with a rule at its side.
    pub(super) fn notes(&mut self, notes: &[Cell]) {
        for note in notes {
            let lines = self.cell(note, INNER - 8.0);
            self.need(height(&lines));
            for line in lines {
                let tall = line.0.leading();
                self.need(tall);
                self.fill(SIDE, self.y, (1.0, tall), LINE);
                self.lines(SIDE + 8.0, self.y, &[line]);
                self.y += tall;
            }
            self.y += 4.0;
        }
    }

    /// The lines of a cell, broken to its width.
    pub(super) fn cell(&mut self, cell: &Cell, width: f32) -> Lines {
        cell.iter().flat_map(|line| self.broken(line, width)).collect()
    }

    /// Writes lines below each other from `top`.
    pub(super) fn lines(&mut self, x: f32, top: f32, lines: &[(Pen, String)]) {
        let mut top = top;
        for (pen, text) in lines {
            self.write(x, top + pen.ascent(), *pen, text);
            top += pen.leading();
        }
    }

    /// Rules around a box.
    pub(super) fn frame(&mut self, x: f32, y: f32, (width, height): (f32, f32)) {
        self.fill(x, y, (width, RULE), LINE);
        self.fill(x, y + height, (width + RULE, RULE), LINE);
        self.fill(x, y, (RULE, height), LINE);
        self.fill(x + width, y, (RULE, height), LINE);
    }
}

/// Where a line begins so that it ends at the right edge or stands in the middle.
pub(super) fn indent(fonts: &Fonts, (pen, text): &(Pen, String), width: f32) -> f32 {
    (width - fonts.width(text) * pen.size).max(0.0)
}
