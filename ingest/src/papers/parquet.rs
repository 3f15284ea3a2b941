//! Parquet: the columns that a paper has, a batch at a time.
//!
//! Only those columns are decoded. The schema that Arrow leaves in a file is not looked at: without
//! it a column has the plainest type that holds it, so no dictionaries and no views.

use std::borrow::Cow;
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use arrow_array::cast::AsArray as _;
use arrow_array::types::{
    ArrowTemporalType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, ListArray, RecordBatch, StringArray};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReaderBuilder};

use super::fields::{self, Field, Named};
use super::layout::Visit;
use super::record::Record;
use super::value::Value;

/// Rows decoded at once, at most.
const MAX_BATCH_ROWS: usize = 2048;
/// Bytes that a batch of average rows holds, at most: abstracts may be books.
const BATCH_BYTES: u64 = 8 << 20;

pub(super) fn read(path: &Path, n_bytes: &AtomicU64, visit: &mut Visit) -> Result<ControlFlow<()>> {
    let shown = path.display();
    let file = File::open(path)
        .with_context(|| format!("cannot open {shown}: check the path and its permissions"))?;
    let file_len = file
        .metadata()
        .with_context(|| format!("cannot open {shown}"))?
        .len();
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options)
        .with_context(|| {
            format!("{shown} is not a whole Parquet file: download or export it again")
        })?;
    let columns = builder.schema().fields();
    let names: Vec<&str> = columns
        .iter()
        .map(|column| column.name().as_str())
        .collect();
    if !fields::suffice(names.iter().copied()) {
        bail!("{shown} {}", fields::needed(&names));
    }
    let wanted = names
        .iter()
        .enumerate()
        .filter(|(_, name)| fields::named(name).is_some());
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted.map(|(at, _)| at));
    let batch_rows = batch_rows(&builder, &mask);
    let n_rows: i64 = builder.metadata().file_metadata().num_rows();
    let batches = builder
        .with_projection(mask)
        .with_batch_size(batch_rows)
        .build()
        .with_context(|| format!("cannot read {shown}: export it again"))?;

    let mut row = 0;
    for batch in batches {
        let batch = batch.with_context(|| {
            format!("{shown} is damaged after row {row}: download or export it again")
        })?;
        let columns = columns_of(&batch).with_context(|| format!("cannot read {shown}"))?;
        let before = share(file_len, row, n_rows);
        for at in 0..batch.num_rows() {
            row += 1;
            let mut record = Record::default();
            for (named, column) in &columns {
                record.offer(*named, column.at(at));
            }
            if visit(row, Ok(record))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        n_bytes.fetch_add(share(file_len, row, n_rows) - before, Ordering::Relaxed);
    }
    Ok(ControlFlow::Continue(()))
}

/// The part of a file that `row` of `n_rows` rows stand for.
fn share(file_len: u64, row: u64, n_rows: i64) -> u64 {
    (file_len as u128 * row as u128 / (n_rows.max(1) as u128)).min(file_len as u128) as u64
}

/// Rows of [`BATCH_BYTES`] where the widest row group is taken for the measure.
fn batch_rows(builder: &ParquetRecordBatchReaderBuilder<File>, mask: &ProjectionMask) -> usize {
    let groups = builder.metadata().row_groups().iter();
    let bytes_a_row = groups.map(|group| {
        let columns = group.columns().iter().enumerate();
        let bytes: i64 = columns
            .filter(|(at, _)| mask.leaf_included(*at))
            .map(|(_, column)| column.uncompressed_size().max(0))
            .sum();
        bytes as u64 / (group.num_rows().max(1) as u64)
    });
    let widest = bytes_a_row.max().unwrap_or_default().max(1);
    ((BATCH_BYTES / widest) as usize).clamp(1, MAX_BATCH_ROWS)
}

/// The columns of a batch that say something of a paper.
fn columns_of(batch: &RecordBatch) -> Result<Vec<(Named, Column<'_>)>> {
    let schema = batch.schema_ref();
    let mut columns = Vec::new();
    let mut unreadable = Vec::new();
    for (field, array) in schema.fields().iter().zip(batch.columns()) {
        let Some(named) = fields::named(field.name()) else {
            continue;
        };
        match Column::of(named.field, array) {
            Some(column) => columns.push((named, column)),
            // A comment of a strange type is not missed.
            None if matches!(named.field, Field::Comments | Field::Keywords | Field::Date) => {}
            None => unreadable.push((named.field, field.name(), array.data_type())),
        }
    }
    // A number of a category beside its name is not missed either, but nobody reads on without any
    // title.
    let is_read = |wanted| {
        let mut read = columns.iter();
        read.any(|(named, column)| named.field == wanted && !matches!(column, Column::Nothing))
    };
    for (field, name, data_type) in unreadable {
        ensure!(
            is_read(field),
            "column `{name}` is {data_type}, not text: export it as string"
        );
    }
    Ok(columns)
}

/// A column in one of the types that its field may have.
enum Column<'a> {
    Nothing,
    Text(&'a StringArray),
    Texts(&'a ListArray, &'a StringArray),
    Whole(Vec<Option<i64>>),
    Dates(Vec<Option<String>>),
}

impl<'a> Column<'a> {
    fn of(field: Field, column: &'a ArrayRef) -> Option<Self> {
        if let Some(texts) = column.as_string_opt() {
            return Some(Self::Text(texts));
        }
        if column.data_type().is_null() {
            return Some(Self::Nothing);
        }
        match field {
            Field::Id => whole_numbers(column).map(Self::Whole),
            Field::Year => whole_numbers(column)
                .or_else(|| floats(column))
                .map(Self::Whole)
                .or_else(|| dates(column).map(Self::Dates)),
            Field::Date => dates(column)
                .map(Self::Dates)
                .or_else(|| whole_numbers(column).map(Self::Whole)),
            Field::Authors | Field::Categories | Field::PrimaryCategory | Field::Keywords => {
                let lists: &ListArray = column.as_list_opt()?;
                Some(Self::Texts(lists, lists.values().as_string_opt()?))
            }
            _ => None,
        }
    }

    fn at(&self, row: usize) -> Value<'a> {
        match self {
            Self::Nothing => Value::Null,
            Self::Text(column) => text(column, row),
            Self::Texts(lists, _) if lists.is_null(row) => Value::Null,
            Self::Texts(lists, texts) => {
                let [start, end] = [row, row + 1].map(|at| lists.value_offsets()[at] as usize);
                Value::List((start..end).map(|at| text(texts, at)).collect())
            }
            Self::Whole(numbers) => numbers[row].map_or(Value::Null, Value::Whole),
            Self::Dates(dates) => match &dates[row] {
                Some(date) => Value::Text(Cow::Owned(date.clone())),
                None => Value::Null,
            },
        }
    }
}

fn text(column: &StringArray, row: usize) -> Value<'_> {
    if column.is_valid(row) {
        Value::Text(Cow::Borrowed(column.value(row)))
    } else {
        Value::Null
    }
}

fn whole_numbers(column: &ArrayRef) -> Option<Vec<Option<i64>>> {
    integers::<Int64Type>(column)
        .or_else(|| integers::<Int32Type>(column))
        .or_else(|| integers::<Int16Type>(column))
        .or_else(|| integers::<Int8Type>(column))
        .or_else(|| integers::<UInt8Type>(column))
        .or_else(|| integers::<UInt16Type>(column))
        .or_else(|| integers::<UInt32Type>(column))
        .or_else(|| integers::<UInt64Type>(column))
}

fn integers<T>(column: &ArrayRef) -> Option<Vec<Option<i64>>>
where
    T: ArrowPrimitiveType,
    T::Native: TryInto<i64>,
{
    let column = column.as_primitive_opt::<T>()?;
    let whole = column
        .iter()
        .map(|value| value.and_then(|value| value.try_into().ok()));
    Some(whole.collect())
}

/// What a null makes of a column of whole numbers in pandas.
fn floats(column: &ArrayRef) -> Option<Vec<Option<i64>>> {
    let whole = |value: f64| Some(value as i64).filter(|_| value.fract() == 0.0);
    if let Some(column) = column.as_primitive_opt::<Float64Type>() {
        return Some(column.iter().map(|value| value.and_then(whole)).collect());
    }
    let column = column.as_primitive_opt::<Float32Type>()?;
    Some(
        column
            .iter()
            .map(|value| value.and_then(|value| whole(f64::from(value))))
            .collect(),
    )
}

fn dates(column: &ArrayRef) -> Option<Vec<Option<String>>> {
    dates_of::<Date32Type>(column)
        .or_else(|| dates_of::<TimestampMillisecondType>(column))
        .or_else(|| dates_of::<TimestampMicrosecondType>(column))
        .or_else(|| dates_of::<TimestampNanosecondType>(column))
}

fn dates_of<T>(column: &ArrayRef) -> Option<Vec<Option<String>>>
where
    T: ArrowTemporalType,
    i64: From<T::Native>,
{
    let column = column.as_primitive_opt::<T>()?;
    let date = |row| {
        column
            .is_valid(row)
            .then(|| Some(column.value_as_date(row)?.to_string()))
            .flatten()
    };
    Some((0..column.len()).map(date).collect())
}
