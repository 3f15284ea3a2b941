//! Parquet: the columns that a paper has, a batch at a time.
//!
//! Only those columns are decoded. Names are those of `papers.parquet`, or BEIR's.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type,
    UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, LargeStringArray, RecordBatch, StringArray,
    StringViewArray,
};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::layout::Visit;
use super::record::{Authors, Record};

/// Rows decoded at once: about 2 MB of abstracts.
const BATCH_ROWS: usize = 2048;

const ID: [&str; 2] = ["id", "_id"];
const ABSTRACT: [&str; 3] = ["abstract", "text", "summary"];
const OTHERS: [&str; 7] = [
    "title",
    "authors",
    "categories",
    "primary_category",
    "year",
    "update_date",
    "split",
];

pub(super) fn read(path: &Path, visit: &mut Visit) -> Result<ControlFlow<()>> {
    let shown = path.display();
    let file = File::open(path)
        .with_context(|| format!("cannot open {shown}: check the path and its permissions"))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).with_context(|| {
        format!("{shown} is not a whole Parquet file: download or export it again")
    })?;
    let has = |name: &str| builder.schema().field_with_name(name).is_ok();
    if !ID.into_iter().any(has) || !(has("title") || ABSTRACT.into_iter().any(has)) {
        let columns: Vec<_> = builder
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        bail!(
            "{shown} needs a column `id` and a column `title` or `abstract`; it has {}: rename them",
            columns.join(", "),
        );
    }
    let wanted = ID
        .into_iter()
        .chain(ABSTRACT)
        .chain(OTHERS)
        .filter(|name| has(name));
    let mask = ProjectionMask::columns(builder.parquet_schema(), wanted);
    let batches = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .with_context(|| format!("cannot read {shown}: export it again"))?;

    let mut row = 0;
    for batch in batches {
        let batch = batch.with_context(|| {
            format!("{shown} is damaged after row {row}: download or export it again")
        })?;
        let columns = Columns::of(&batch).with_context(|| format!("cannot read {shown}"))?;
        for at in 0..batch.num_rows() {
            row += 1;
            if visit(row, Ok(columns.record(at)))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// One batch by the meaning of its columns; absent ones are `None`.
struct Columns<'a> {
    id: Vec<Text<'a>>,
    title: Option<Text<'a>>,
    abstract_: Vec<Text<'a>>,
    authors: Option<Text<'a>>,
    categories: Option<Text<'a>>,
    primary_category: Option<Text<'a>>,
    year: Option<Year<'a>>,
    update_date: Option<Text<'a>>,
    split: Option<Text<'a>>,
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self> {
        let text = |name: &str| {
            batch
                .column_by_name(name)
                .map(|c| Text::of(name, c))
                .transpose()
        };
        let texts = |names: &[&str]| {
            names
                .iter()
                .filter_map(|&name| text(name).transpose())
                .collect::<Result<Vec<_>>>()
        };
        Ok(Self {
            id: texts(&ID)?,
            title: text("title")?,
            abstract_: texts(&ABSTRACT)?,
            authors: text("authors")?,
            categories: text("categories")?,
            primary_category: text("primary_category")?,
            year: batch.column_by_name("year").map(Year::of).transpose()?,
            update_date: text("update_date")?,
            split: text("split")?,
        })
    }

    fn record(&self, at: usize) -> Record {
        let one = |column: &Option<Text>| column.as_ref().map_or("", |c| c.at(at)).to_owned();
        let first = |columns: &[Text]| {
            let values = columns.iter().map(|column| column.at(at));
            values
                .into_iter()
                .find(|value| !value.is_empty())
                .unwrap_or_default()
                .to_owned()
        };
        Record {
            id: first(&self.id),
            title: one(&self.title),
            abstract_: first(&self.abstract_),
            authors: Authors::Text(one(&self.authors)),
            categories: one(&self.categories),
            primary_category: one(&self.primary_category),
            year: self.year.as_ref().and_then(|year| year.at(at)),
            update_date: one(&self.update_date),
            split: one(&self.split),
        }
    }
}

/// A column of text in one of Arrow's three forms.
enum Text<'a> {
    Short(&'a StringArray),
    Large(&'a LargeStringArray),
    View(&'a StringViewArray),
}

impl<'a> Text<'a> {
    fn of(name: &str, column: &'a ArrayRef) -> Result<Self> {
        None.or_else(|| column.as_string_opt().map(Self::Short))
            .or_else(|| column.as_string_opt().map(Self::Large))
            .or_else(|| column.as_string_view_opt().map(Self::View))
            .with_context(|| {
                format!(
                    "column `{name}` is {}, not text: export it as string",
                    column.data_type()
                )
            })
    }

    /// The text of a row; empty where it is null.
    fn at(&self, row: usize) -> &'a str {
        match self {
            Self::Short(column) if column.is_valid(row) => column.value(row),
            Self::Large(column) if column.is_valid(row) => column.value(row),
            Self::View(column) if column.is_valid(row) => column.value(row),
            _ => "",
        }
    }
}

/// A column of years, in any integer type, as text, or as the floats that a null makes of them.
enum Year<'a> {
    Number(Vec<Option<i64>>),
    Text(Text<'a>),
}

impl<'a> Year<'a> {
    fn of(column: &'a ArrayRef) -> Result<Self> {
        let floats = || {
            let years = column.as_primitive_opt::<Float64Type>()?;
            Some(
                years
                    .iter()
                    .map(|year| year.map(|year| year as i64))
                    .collect(),
            )
        };
        let numbers = integers::<Int32Type>(column)
            .or_else(|| integers::<Int64Type>(column))
            .or_else(|| integers::<Int16Type>(column))
            .or_else(|| integers::<Int8Type>(column))
            .or_else(|| integers::<UInt8Type>(column))
            .or_else(|| integers::<UInt16Type>(column))
            .or_else(|| integers::<UInt32Type>(column))
            .or_else(|| integers::<UInt64Type>(column))
            .or_else(floats);
        numbers.map_or_else(
            || Text::of("year", column).map(Self::Text),
            |n| Ok(Self::Number(n)),
        )
    }

    fn at(&self, row: usize) -> Option<i64> {
        match self {
            Self::Number(years) => years[row],
            Self::Text(years) => years.at(row).trim().parse().ok(),
        }
    }
}

fn integers<T>(column: &ArrayRef) -> Option<Vec<Option<i64>>>
where
    T: ArrowPrimitiveType,
    T::Native: TryInto<i64>,
{
    let column = column.as_primitive_opt::<T>()?;
    Some(
        column
            .iter()
            .map(|value| value.and_then(|value| value.try_into().ok()))
            .collect(),
    )
}
